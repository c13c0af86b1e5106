package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/config/gittest"
)

// inputs opens the inputs of a repository.
func inputs(t testing.TB, r *Repo, opts InputOptions) *Inputs {
	t.Helper()
	in, err := r.Inputs(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// withModule makes a repository with the submodule lib/mod, which has one of its
// own, and returns its folder and that of the submodule's origin.
func withModule(t *testing.T) (dir, origin string) {
	t.Helper()
	deep := gittest.Repo(t, map[string]string{"d": "deep"})
	origin = gittest.Repo(t, map[string]string{"f": "one", "sub/g": "two"})
	allow := []string{"-c", "protocol.file.allow=always", "submodule", "--quiet", "add"}
	gittest.Git(t, origin, append(allow, deep, "deep")...)
	gittest.Commit(t, origin, nil)
	dir = gittest.Repo(t, map[string]string{"a": "1"})
	gittest.Git(t, dir, append(allow, origin, "lib/mod")...)
	gittest.Git(t, dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init", "--recursive")
	gittest.Commit(t, dir, nil)
	return dir, origin
}

func uncommitted(t *testing.T, in *Inputs, dir string) []Change {
	t.Helper()
	found, err := in.Uncommitted(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestSubmoduleIsAFolder(t *testing.T) {
	dir, _ := withModule(t)
	r := openRepo(t, dir)
	for name, opts := range map[string]InputOptions{"commit": {}, "work tree": {Dev: true}} {
		t.Run(name, func(t *testing.T) {
			in := inputs(t, r, opts)
			want := []string{
				".gitmodules", "a", "lib", "lib/mod", "lib/mod/.gitmodules", "lib/mod/deep", "lib/mod/deep/d",
				"lib/mod/f", "lib/mod/sub", "lib/mod/sub/g",
			}
			if diff := cmp.Diff(want, paths(in.Tree.Under(""))); diff != "" {
				t.Error(diff)
			}
			if got := content(t, r, in.Tree, "lib/mod/f") + content(t, r, in.Tree, "lib/mod/deep/d"); got != "onedeep" {
				t.Errorf("got %q", got)
			}
			if found := uncommitted(t, in, ""); len(found) > 0 {
				t.Errorf("changes %v", found)
			}
		})
	}
}

func TestChangesInASubmodule(t *testing.T) {
	dir, _ := withModule(t)
	gittest.Write(t, dir, map[string]string{"lib/mod/f": "changed", "lib/mod/new": "3", "lib/mod/deep/d": "changed"})
	r := openRepo(t, dir)
	in := inputs(t, r, InputOptions{})
	want := []Change{{Path: "lib/mod/deep/d"}, {Path: "lib/mod/f"}, {Path: "lib/mod/new", Kind: Untracked}}
	if diff := cmp.Diff(want, uncommitted(t, in, "")); diff != "" {
		t.Error(diff)
	}
	if got := uncommitted(t, in, "lib/mod/sub"); len(got) > 0 {
		t.Errorf("changes beside the folder: %v", got)
	}
	dev := inputs(t, r, InputOptions{Dev: true})
	if got := content(t, r, dev.Tree, "lib/mod/f") + content(t, r, dev.Tree, "lib/mod/deep/d") + content(t, r, dev.Tree, "lib/mod/new"); got != "changedchanged3" {
		t.Errorf("--dev reads %q", got)
	}
}

func TestSubmoduleAtAnotherCommit(t *testing.T) {
	dir, _ := withModule(t)
	gittest.Commit(t, filepath.Join(dir, "lib/mod"), map[string]string{"f": "newer"})
	r := openRepo(t, dir)
	in := inputs(t, r, InputOptions{})
	if got := content(t, r, in.Tree, "lib/mod/f"); got != "one" {
		t.Errorf("got %q, not the bound commit", got)
	}
	want := []Change{{Path: "lib/mod", Kind: Submodule}}
	for _, part := range []string{"", "lib", "lib/mod", "lib/mod/sub"} {
		if diff := cmp.Diff(want, uncommitted(t, in, part)); diff != "" {
			t.Errorf("%q: %s", part, diff)
		}
	}
	found, err := in.Uncommitted("lib/mod", func(rel string) bool { return rel == "none" })
	if err != nil || len(found) > 0 {
		t.Errorf("no file is selected: %v, %v", found, err)
	}
	if err := BuildInputs(want); !strings.Contains(err.Error(), `the submodule "lib/mod" must be committed`) {
		t.Error(err)
	}
}

func TestSubmoduleThatIsNotHere(t *testing.T) {
	tests := map[string]func(t *testing.T, dir, origin string){
		"not checked out": func(t *testing.T, dir, _ string) {
			gittest.Git(t, dir, "submodule", "--quiet", "deinit", "--force", "lib/mod")
		},
		"commit not fetched": func(t *testing.T, dir, origin string) {
			id := gittest.Commit(t, origin, map[string]string{"f": "newer"})
			gittest.Git(t, dir, "update-index", "--cacheinfo", "160000,"+id+",lib/mod")
			gittest.Git(t, dir, "commit", "--quiet", "-m", "move")
		},
		"damaged": func(t *testing.T, dir, _ string) {
			gittest.Write(t, dir, map[string]string{"lib/mod/.git": "gitdir: nowhere\n"})
		},
		"folder removed": func(t *testing.T, dir, _ string) {
			if err := os.RemoveAll(filepath.Join(dir, "lib/mod")); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			dir, origin := withModule(t)
			change(t, dir, origin)
			in := inputs(t, openRepo(t, dir), InputOptions{})
			e, _ := in.Tree.Lookup("lib/mod")
			err := in.Tree.Usable(e)
			want := "git submodule update --init lib/mod"
			if name == "damaged" {
				want = "lib/mod is a git submodule that cannot be read: "
			}
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("entry %+v, error %v", e, err)
			}
		})
	}
}
