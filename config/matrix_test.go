package config

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/strakebuild/strake/config/gittest"
)

func TestMatricesTogetherAreBounded(t *testing.T) {
	numbers := "[0"
	for i := 1; i < 30; i++ {
		numbers += fmt.Sprintf(", %d", i)
	}
	numbers += "]"
	section := func(args string) string {
		return "---\nimage: a-${{ matrix.a }}-${{ matrix.b }}\ndockerfile: Dockerfile\nmatrix: {a: " + numbers + ", b: " + numbers + "}\nargs: " + args + "\n"
	}
	for name, args := range map[string]string{
		"values": "{" + manyKeys(400) + "}",
		"text":   "{k: \"${{ matrix.a }}" + strings.Repeat("x", 100_000) + "\"}",
	} {
		t.Run(name, func(t *testing.T) {
			dir := gittest.Repo(t, map[string]string{"strake.yaml": "configVersion: 1\nproject: p\n" + section(args), "Dockerfile": "FROM scratch\n"})
			_, err := Load(context.Background(), allowing(headTree(t, openRepo(t, dir))), LoadOptions{})
			if err == nil || !strings.Contains(err.Error(), "strake.yaml:6:9: the matrices of the project make more than 500000 values or 64 MiB of text") {
				t.Errorf("got %.200v", err)
			}
		})
	}
}

func TestVariablesTogetherAreBounded(t *testing.T) {
	text := "configVersion: 1\nproject: p\nvars:\n  v: " + strings.Repeat("x", 1<<20) + "\n---\nimage: a\ndockerfile: Dockerfile\nargs: {k: \"" + strings.Repeat("${{ vars.v }}", 100) + "\"}\n"
	dir := gittest.Repo(t, map[string]string{"strake.yaml": text, "Dockerfile": "FROM scratch\n"})
	_, err := Load(context.Background(), allowing(headTree(t, openRepo(t, dir))), LoadOptions{})
	if want := "variables make more than 64 MiB of text: write less with them"; err == nil || strings.Count(err.Error(), want) != 1 {
		t.Errorf("got %.300v", err)
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: 1, ", i)
	}
	return b.String()
}
