package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strakebuild/strake/config/gittest"
)

// seesChanges checks the inputs of a work tree whose commit has the file a with
// the text 1.
func seesChanges(t *testing.T, r *Repo) {
	t.Helper()
	in := inputs(t, r, InputOptions{})
	if text, err := in.Read(t.Context(), TemplateData, "a"); err != nil || string(text) != "1" {
		t.Errorf("a: %q, %v", text, err)
	}
	if found := uncommitted(t, in, ""); len(found) > 0 {
		t.Errorf("changes %v", found)
	}
	gittest.Write(t, r.Root(), map[string]string{"a": "2", "b": "3"})
	in = inputs(t, r, InputOptions{})
	if found := uncommitted(t, in, ""); len(found) != 2 {
		t.Errorf("changes %v", found)
	}
	if _, err := in.Read(t.Context(), TemplateData, "a"); err == nil {
		t.Error("a changed file was read")
	}
	dev := inputs(t, r, InputOptions{Dev: true})
	if got := content(t, r, dev.Tree, "a") + content(t, r, dev.Tree, "b"); got != "23" {
		t.Errorf("--dev reads %q", got)
	}
}

func TestKindsOfRepositories(t *testing.T) {
	tests := map[string]func(t *testing.T, dir string) *Repo{
		"ordinary": func(t *testing.T, dir string) *Repo { return openRepo(t, dir) },
		"linked work tree": func(t *testing.T, dir string) *Repo {
			linked := filepath.Join(t.TempDir(), "linked")
			gittest.Git(t, dir, "worktree", "add", "--quiet", "-b", "linked", linked)
			return openRepo(t, linked)
		},
		"shallow clone": func(t *testing.T, dir string) *Repo {
			gittest.Commit(t, dir, nil)
			clone := filepath.Join(t.TempDir(), "clone")
			gittest.Git(t, dir, "clone", "--quiet", "--depth=1", "file://"+dir, clone)
			return openRepo(t, clone)
		},
		"partial clone": func(t *testing.T, dir string) *Repo {
			gittest.Git(t, dir, "config", "uploadpack.allowFilter", "true")
			gittest.Git(t, dir, "config", "uploadpack.allowAnySHA1InWant", "true")
			clone := filepath.Join(t.TempDir(), "clone")
			gittest.Git(t, dir, "clone", "--quiet", "--filter=blob:none", "file://"+dir, clone)
			return openRepo(t, clone)
		},
		"detached head": func(t *testing.T, dir string) *Repo {
			gittest.Git(t, dir, "checkout", "--quiet", "--detach")
			return openRepo(t, dir)
		},
		"separate git folder": func(t *testing.T, dir string) *Repo {
			gittest.Git(t, dir, "init", "--quiet", "--separate-git-dir", filepath.Join(t.TempDir(), "git"))
			return openRepo(t, dir)
		},
		"split index": func(t *testing.T, dir string) *Repo {
			gittest.Git(t, dir, "config", "core.splitIndex", "true")
			gittest.Git(t, dir, "update-index", "--split-index")
			return openRepo(t, dir)
		},
		"named work tree": func(t *testing.T, dir string) *Repo {
			return openWorkTree(t, filepath.Join(dir, "sub"), dir)
		},
		"bare repository": func(t *testing.T, dir string) *Repo {
			bare := filepath.Join(t.TempDir(), "bare.git")
			gittest.Git(t, dir, "clone", "--quiet", "--bare", dir, bare)
			tree := t.TempDir()
			gittest.Write(t, tree, map[string]string{"a": "1", "sub/f": ""})
			t.Setenv("GIT_DIR", bare)
			return openWorkTree(t, tree, tree)
		},
	}
	for name, open := range tests {
		t.Run(name, func(t *testing.T) {
			seesChanges(t, open(t, gittest.Repo(t, map[string]string{"a": "1", "sub/f": ""})))
		})
	}
}

func TestChangesInASHA256Repository(t *testing.T) {
	dir := t.TempDir()
	gittest.Git(t, dir, "init", "--quiet", "--object-format=sha256")
	gittest.Commit(t, dir, map[string]string{"a": "1"})
	r := openRepo(t, dir)
	seesChanges(t, r)
	if c, err := r.Head(t.Context()); err != nil || len(c.ID) != 64 {
		t.Errorf("commit %+v, %v", c, err)
	}
}

func openWorkTree(t *testing.T, dir, tree string) *Repo {
	t.Helper()
	r, err := OpenWorkTree(t.Context(), dir, tree)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func TestSparseCheckoutHasNoChanges(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"a": "1", "there/f": "1", "gone/f": "1"})
	gittest.Git(t, dir, "sparse-checkout", "set", "there")
	r := openRepo(t, dir)
	in := inputs(t, r, InputOptions{})
	if found := uncommitted(t, in, ""); len(found) > 0 {
		t.Errorf("changes %v", found)
	}
	if text, err := in.Read(t.Context(), TemplateData, "gone/f"); err != nil || string(text) != "1" {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestLineEndsAreNoChange(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{".gitattributes": "*.txt text eol=crlf\n", "a.txt": "1\n2\n"})
	if err := os.Remove(filepath.Join(dir, "a.txt")); err != nil {
		t.Fatal(err)
	}
	gittest.Git(t, dir, "checkout", "--quiet", "--", "a.txt")
	if text, _ := os.ReadFile(filepath.Join(dir, "a.txt")); string(text) != "1\r\n2\r\n" {
		t.Fatalf("in the work tree: %q", text)
	}
	in := inputs(t, openRepo(t, dir), InputOptions{})
	if text, err := in.Read(t.Context(), TemplateData, "a.txt"); err != nil || string(text) != "1\n2\n" {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestWorkTreeThatCannotBeOpened(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	plain, other := t.TempDir(), t.TempDir()
	tests := map[string]struct{ dir, tree, gitDir, want string }{
		"no repository":      {plain, plain, "", "has no .git: set GIT_DIR to its repository"},
		"project outside":    {other, dir, "", "is outside the git work tree"},
		"no such folder":     {dir, filepath.Join(dir, "none"), "", "finding the git work tree"},
		"GIT_DIR is nothing": {plain, plain, filepath.Join(plain, "none"), "is not a folder"},
		"GIT_DIR is no repo": {plain, plain, other, "not in a git repository"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GIT_DIR", test.gitDir)
			_, err := OpenWorkTree(t.Context(), test.dir, test.tree)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}
