package dockerfile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/config/configtest"
	"github.com/strakebuild/strake/config/gittest"
)

// addedContext opens the context app of a repository whose work tree has build
// output, with these paths added.
func addedContext(t *testing.T, opts config.InputOptions, add ...string) (*Context, error) {
	t.Helper()
	dir := gittest.Repo(t, map[string]string{
		".gitignore": "bin\n", "app/.dockerignore": "bin\nsrc\n", "app/src/a": "a", "app/f": "f", "outside": "o",
		"werf-giterminism.yaml": "giterminismConfigVersion: 1\nconfig: {dockerfile: {allowContextAddFiles: [app/bin/**, app/f, app/src, app/none]}}\n",
	})
	gittest.Write(t, dir, map[string]string{"app/bin/tool*": "tool", "app/bin/sub/data": "data", "app/f": "changed", "app/new": "new"})
	var names []config.String
	for i, name := range add {
		names = append(names, config.String{Value: name, Pos: config.Pos{File: "strake.yaml", Line: i + 1, Col: 1}})
	}
	return OpenContext(t.Context(), configtest.Inputs(t, dir, opts), "app", "app/Dockerfile", names...)
}

func TestContextWithAddedFiles(t *testing.T) {
	tests := []struct {
		name string
		add  []string
		find string
		want string // mode and path of what is found
		err  string
	}{
		{"a folder", []string{"bin"}, "bin", "dir sub, 644 sub/data, 755 tool", ""},
		{"a file", []string{"bin/tool"}, "bin", "755 tool", ""},
		{"a pattern", []string{"bin/tool"}, "bin/t*", "755 tool", ""},
		{"in place of a committed file", []string{"f"}, "f", "644 f", ""},
		{"a changed file that is not added", nil, "f", "", `the file "app/f" must be committed`},
		{"whatever the ignore file says", []string{"src"}, "src", "644 a", ""},
		{"beside new files", []string{"bin", "f"}, ".", "", `the untracked file "app/new" must be committed`},
		{"not allowed", []string{"new"}, "new", "", `strake.yaml:1:1: contextAddFile "app/new" not allowed by giterminism`},
		{"not there", []string{"none"}, "none", "", `strake.yaml:1:1: contextAddFile "app/none" not found in the work tree`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := addedContext(t, config.InputOptions{}, test.add...)
			got := ""
			if err == nil {
				got, err = found(t, c, test.find)
			}
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("error %v", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func found(t *testing.T, c *Context, source string) (string, error) {
	t.Helper()
	sources, err := c.find(t.Context(), source)
	var list []string
	for _, s := range sources {
		for _, f := range s.Files {
			mode := map[uint32]string{config.ModeDir: "dir", config.ModeFile: "644", config.ModeExec: "755"}[f.Mode]
			list = append(list, mode+" "+f.Path)
			if len(f.OID) != 40 && f.Mode != config.ModeDir {
				t.Errorf("%s has the OID %q", f.Path, f.OID)
			}
		}
	}
	return strings.Join(list, ", "), err
}

func TestAddedFilesWithTheWorkTree(t *testing.T) {
	for name, opts := range map[string]config.InputOptions{"dev": {Dev: true}, "loose": {Loose: true}} {
		t.Run(name, func(t *testing.T) {
			c, err := addedContext(t, opts, "bin")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := found(t, c, "bin/sub"); err != nil || got != "644 data" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
