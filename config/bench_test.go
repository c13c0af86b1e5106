package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func thousandImages() string {
	var text strings.Builder
	text.WriteString("configVersion: 1\nproject: large\n")
	for i := range 500 {
		fmt.Fprintf(&text, "---\nimage: web-%d\ndockerfile: Dockerfile\ncontext: backend\nargs:\n  N: %d\n", i, i)
		fmt.Fprintf(&text, "dependencies:\n  - from: app-%d\n    imports:\n      - {type: ImageName, targetBuildArg: APP}\n", i)
		fmt.Fprintf(&text, "---\nimage: app-%d\nfrom: alpine:3\ngit:\n  - add: /backend\n    to: /app\n    includePaths: [Dockerfile]\n", i)
		text.WriteString("shell:\n  install:\n    - make\n    - make install\nimageSpec:\n  config:\n    cmd: [/app]\n")
	}
	return text.String()
}

func BenchmarkLoad1000(b *testing.B) {
	tree := memoryTree(map[string]string{"strake.yaml": thousandImages(), "backend/Dockerfile": "FROM scratch\n"})
	for b.Loop() {
		if _, err := Load(b.Context(), NewInputs(tree), LoadOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkYAML1000 is what BenchmarkLoad1000 is measured against: the nodes of
// the same file.
func BenchmarkYAML1000(b *testing.B) {
	text := []byte(thousandImages())
	for b.Loop() {
		decoder := yaml.NewDecoder(bytes.NewReader(text))
		for {
			var doc yaml.Node
			if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func TestThousandImagesAreAllLoaded(t *testing.T) {
	tree := memoryTree(map[string]string{"strake.yaml": thousandImages(), "backend/Dockerfile": "FROM scratch\n"})
	p, err := Load(t.Context(), NewInputs(tree), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Images) != 1000 || len(p.Warnings) > 0 {
		t.Errorf("%d images, %v", len(p.Images), p.Warnings)
	}
}
