package config

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// ignorePositions compares what was written and not where.
var ignorePositions = cmp.Options{
	cmp.Transformer("withoutPos", func(Pos) struct{} { return struct{}{} }),
	cmpopts.IgnoreUnexported(Project{}),
	cmpopts.IgnoreFields(Project{}, "Vars", "Warnings"),
}

// ignoreWarnings leaves out what is said of the old forms that a project is not
// rendered in.
var ignoreWarnings = cmpopts.IgnoreFields(Project{}, "Warnings")

// warnings is the warnings of a project as comments.
func warnings(p *Project) string {
	var text strings.Builder
	for _, w := range p.Warnings {
		fmt.Fprintf(&text, "# %s\n", w)
	}
	return text.String()
}

func TestRenderedProjectLoadsAsTheSame(t *testing.T) {
	tree, names := testdataTree(t, "ok")
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			want, err := Load(context.Background(), allowing(tree), LoadOptions{File: name})
			if err != nil {
				t.Fatal(err)
			}
			text, err := Render(want)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{name: string(text)}
			for path, content := range sampleTree {
				files[path] = content
			}
			again := memoryTree(files)
			got, err := Load(context.Background(), allowing(again), LoadOptions{File: name})
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if diff := cmp.Diff(want, got, ignorePositions, ignoreWarnings); diff != "" {
				t.Errorf("(-loaded +rendered and loaded):\n%s\n%s", diff, text)
			}
			golden(t, goldenName("ok", name, ".render"), string(text)+warnings(want))
		})
	}
}

func TestGraphShowsUsesOnce(t *testing.T) {
	tree, _ := testdataTree(t, "ok")
	p, err := Load(context.Background(), allowing(tree), LoadOptions{File: "full.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"dot", "mermaid"} {
		text, err := Graph(p, format)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "testdata/graph."+format, string(text))
	}
	if _, err := Graph(p, "svg"); err == nil {
		t.Error("an unknown format was accepted")
	}
}
