package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/strakebuild/strake/config/gittest"
)

// FuzzPolicy looks for giterminism files that make the reader panic.
func FuzzPolicy(f *testing.F) {
	archives, _ := filepath.Glob("testdata/giterminism/*.txtar")
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if strings.Contains(file.Name, "giterminism.y") {
				f.Add(file.Data)
			}
		}
	}
	f.Add([]byte("config: &a {stapel: *a}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, errs := parsePolicy("werf-giterminism.yaml", text)
		if len(errs) > 0 {
			return
		}
		for use := range fileKeys {
			p.allowsFile(use, "a/b")
		}
		p.EnvAllowed("A")
		p.SecretFileAllowed("/a")
	})
}

func TestEveryKeyOfAPolicyHasAUse(t *testing.T) {
	for key, shape := range policyShape {
		text := "giterminismConfigVersion: 1\n"
		parts := strings.Split(string(key), ".")
		if shape != versionKey {
			value := map[keyShape]string{flagKey: "true", listKey: "[x]"}[shape]
			text += strings.Join(parts, ": {") + ": " + value + strings.Repeat("}", len(parts)-1) + "\n"
		}
		p, errs := parsePolicy("p", []byte(text))
		if len(errs) > 0 {
			t.Errorf("%s: %v", key, errs)
		}
		if shape == flagKey && !p.flags[key] || shape == listKey && cmp.Diff([]string{"x"}, p.lists[key]) != "" {
			t.Errorf("%s is not read from %q", key, text)
		}
	}
}

func TestCloseEndsTheSearchForChanges(t *testing.T) {
	tmp := t.TempDir()
	bare := t.TempDir()
	gittest.Git(t, gittest.Repo(t, map[string]string{"a": "1"}), "clone", "--quiet", "--bare", ".", bare)
	t.Setenv("GIT_DIR", bare)
	t.Setenv("TMPDIR", tmp)
	tree := t.TempDir()
	r, err := OpenWorkTree(t.Context(), tree, tree)
	if err != nil {
		t.Fatal(err)
	}
	in := inputs(t, r, InputOptions{})
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	in.Uncommitted("", nil) // ends
	left, _ := filepath.Glob(filepath.Join(tmp, "strake-*"))
	if len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	if _, err := os.Stat(filepath.Join(bare, "index")); err == nil {
		t.Error("the repository was written")
	}
}

func TestLayKeepsWhatIsAbove(t *testing.T) {
	file := func(names ...string) []Entry {
		var list []Entry
		for _, name := range names {
			list = append(list, Entry{Path: name, Mode: ModeFile})
		}
		return list
	}
	tests := []struct {
		name        string
		over, under []Entry
		want        string
	}{
		{"beside each other", file("a"), file("b/c"), "a b/ b/c"},
		{"a file above a folder", file("a"), file("a/b/c", "d"), "a d"},
		{"a folder above a file", file("a/b"), file("a"), "a/ a/b"},
		{"the same name", file("a"), file("a"), "a"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, e := range lay(test.over, test.under) {
				name := e.Path
				if e.IsDir() {
					name += "/"
				}
				got = append(got, name)
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
