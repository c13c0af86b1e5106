package stapel

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/config/configtest"
	"github.com/strakebuild/strake/config/gittest"
)

func TestUncommittedFilesOfMappings(t *testing.T) {
	const project = "project: p\nconfigVersion: 1\n---\nimage: app\nfrom: busybox\ngit:\n"
	tests := []struct{ name, mapping, write, want string }{
		{"changed", "{add: /src, to: /a}", "src/a", `strake.yaml:7:9: the file "src/a" must be committed`},
		{"new", "{add: /src, to: /a}", "src/new", `strake.yaml:7:9: the untracked file "src/new" must be committed`},
		{"not included", "{add: /src, to: /a, includePaths: a}", "src/new", ""},
		{"excluded", "{add: /src, to: /a, excludePaths: new}", "src/new", ""},
		{"elsewhere", "{add: /src, to: /a}", "srcnew", ""},
		{"a file", "{add: /src/a, to: /a}", "src/a", `strake.yaml:7:9: the file "src/a" must be committed`},
		{"beside a file", "{add: /src/a, to: /a}", "src/b", ""},
		{"the whole repository", "{to: /a}", "src/b", `strake.yaml:7:3: the untracked file "src/b" must be committed`},
		{"in another mapping", "{add: /, to: /a}\n- {add: /src, to: /a/src}", "src/a", `strake.yaml:8:9: the file "src/a" must be committed`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := gittest.Repo(t, map[string]string{"strake.yaml": project + "- " + test.mapping + "\n", "src/a": "1", "src/c": "1"})
			_, loaded := configtest.Load(t, dir)
			gittest.Write(t, dir, map[string]string{test.write: "new"})
			_, err := Stages(loaded.Images[0], configtest.Inputs(t, dir, config.InputOptions{}).Tree)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
				t.Errorf("got %v", err)
			}
			if _, err := Stages(loaded.Images[0], configtest.Inputs(t, dir, config.InputOptions{Dev: true}).Tree); err != nil {
				t.Errorf("with the work tree: %v", err)
			}
		})
	}
}

func TestSubmoduleThatIsNotHere(t *testing.T) {
	tests := []struct {
		masks string
		used  bool
	}{
		{"", true},
		{", includePaths: src", false},
		{", includePaths: [src, mod]", true},
		{", includePaths: [src, mod/sub/f]", true},
		{", includePaths: [src, 'mod/*/f']", true},
		{", includePaths: [src, '*/sub']", true},
		{", includePaths: '**/*.go'", true},
		{", includePaths: '{mod/a,src}'", true},
		{", includePaths: '*.go'", false},
		{", includePaths: mo", false},
		{", excludePaths: mod", false},
		{", includePaths: [src, mod/sub], excludePaths: mod", false},
	}
	for _, test := range tests {
		t.Run(test.masks, func(t *testing.T) {
			dir := gittest.Repo(t, map[string]string{
				"strake.yaml": "project: p\nconfigVersion: 1\n---\nimage: app\nfrom: busybox\ngit:\n- {add: /, to: /a" + test.masks + "}\n",
				"src/a.go":    "1", "a.go": "1", "mo": "1",
			})
			gittest.Git(t, dir, "update-index", "--add", "--cacheinfo", "160000,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,mod")
			gittest.Git(t, dir, "commit", "--quiet", "-m", "module")
			gittest.Write(t, dir, map[string]string{"mod/keep": ""})
			if err := os.Remove(filepath.Join(dir, "mod/keep")); err != nil {
				t.Fatal(err)
			}
			in := configtest.Inputs(t, dir, config.InputOptions{})
			project, err := config.Load(t.Context(), config.NewInputs(in.Tree), config.LoadOptions{})
			if err == nil {
				_, err = Stages(project.Images[0], in.Tree)
			}
			if test.used != (err != nil && strings.Contains(err.Error(), "mod is a git submodule")) {
				t.Errorf("got %v", err)
			}
		})
	}
}
