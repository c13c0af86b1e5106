package config

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strakebuild/strake/config/gittest"
)

// remoteHost gives a test a cache and a git setup of its own and returns the
// folder of the cache.
func remoteHost(t testing.TB) string {
	t.Helper()
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	return filepath.Join(cache, "strake", "git")
}

func text(value string) String { return String{Value: value} }

// project opens a repository with one file.
func projectRepo(t testing.TB) *Repo {
	t.Helper()
	return openRepo(t, gittest.Repo(t, map[string]string{"strake.yaml": "project: demo\n"}))
}

func head(t testing.TB, dir string) string {
	t.Helper()
	return strings.TrimSpace(gittest.Git(t, dir, "rev-parse", "HEAD"))
}

func TestFetchReadsTheFilesOfACommit(t *testing.T) {
	tests := map[string]func(t *testing.T, r *Repo, dir string) string{
		"absolute path": func(_ *testing.T, _ *Repo, dir string) string { return dir },
		"file URL":      func(_ *testing.T, _ *Repo, dir string) string { return "file://" + dir },
		"relative path": func(t *testing.T, r *Repo, dir string) string {
			rel, err := filepath.Rel(r.Root(), dir)
			if err != nil {
				t.Fatal(err)
			}
			return rel
		},
	}
	for name, address := range tests {
		t.Run(name, func(t *testing.T) {
			remoteHost(t)
			r := projectRepo(t)
			dir := gittest.Repo(t, map[string]string{"a": "old"})
			old := head(t, dir)
			commit := gittest.Commit(t, dir, map[string]string{"a": "new", "sub/\xff\n": "odd name"})
			remote := GitRemote{URL: text(address(t, r, dir))}
			for id, want := range map[string]string{old: "old", commit: "new"} {
				tree, err := r.Fetch(t.Context(), remote, id)
				if err != nil {
					t.Fatal(err)
				}
				if got := content(t, r, tree, "a"); got != want || tree.Commit().ID != id {
					t.Errorf("%s: got %q, commit %q", id, got, tree.Commit().ID)
				}
				if id == commit && content(t, r, tree, "sub/\xff\n") != "odd name" {
					t.Error("the odd name")
				}
			}
			if got := content(t, r, headTree(t, r), "strake.yaml"); got != "project: demo\n" {
				t.Errorf("own file: %q", got)
			}
		})
	}
}

func TestFetchOfACachedCommitNeedsNoOtherSide(t *testing.T) {
	remoteHost(t)
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	commit := head(t, dir)
	remote := GitRemote{URL: text(dir)}
	if _, err := projectRepo(t).Fetch(t.Context(), remote, commit); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	r := projectRepo(t)
	tree, err := r.Fetch(t.Context(), remote, commit)
	if err != nil {
		t.Fatal(err)
	}
	if got := content(t, r, tree, "a"); got != "1" {
		t.Errorf("got %q", got)
	}
}

func TestFetchTogetherWithAWorkTree(t *testing.T) {
	remoteHost(t)
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	r := projectRepo(t)
	gittest.Write(t, r.Root(), map[string]string{"new": "2"})
	tree, err := r.Fetch(t.Context(), GitRemote{URL: text(dir)}, head(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.WorkTree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a, b := content(t, r, tree, "a"), content(t, r, listTree(t, r, c), "new"); a != "1" || b != "2" {
		t.Errorf("got %q and %q", a, b)
	}
}

func TestResolveRefFindsBranchTagAndDefault(t *testing.T) {
	remoteHost(t)
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	first := head(t, dir)
	gittest.Git(t, dir, "tag", "light")
	gittest.Git(t, dir, "tag", "-m", "text", "heavy")
	gittest.Git(t, dir, "branch", "both")
	second := gittest.Commit(t, dir, map[string]string{"a": "2"})
	gittest.Git(t, dir, "tag", "both")
	tests := map[string]struct {
		remote GitRemote
		want   string
	}{
		"branch":           {GitRemote{Branch: text("main")}, second},
		"light tag":        {GitRemote{Tag: text("light")}, first},
		"annotated tag":    {GitRemote{Tag: text("heavy")}, first},
		"branch both":      {GitRemote{Branch: text("both")}, first},
		"tag both":         {GitRemote{Tag: text("both")}, second},
		"default branch":   {GitRemote{}, second},
		"a commit as such": {GitRemote{Commit: text(first)}, first},
	}
	r := projectRepo(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.remote.URL = text(dir)
			got, err := r.ResolveRef(t.Context(), test.remote)
			if err != nil || got != test.want {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestRefsThatCannotBeResolved(t *testing.T) {
	remoteHost(t)
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	gittest.Git(t, dir, "tag", "v1.2")
	r := projectRepo(t)
	empty := t.TempDir()
	gittest.Git(t, empty, "init", "--quiet", "--bare")
	tests := map[string]struct {
		remote GitRemote
		want   string
	}{
		"misspelt branch":  {GitRemote{URL: text(dir), Branch: text("mian")}, `has no branch "mian"; did you mean "main"?`},
		"misspelt tag":     {GitRemote{URL: text(dir), Tag: text("v1.3")}, `has no tag "v1.3"; did you mean "v1.2"?`},
		"tag for branch":   {GitRemote{URL: text(dir), Branch: text("v1.2")}, `has no branch "v1.2"`},
		"pattern":          {GitRemote{URL: text(dir), Branch: text("ma*")}, `"ma*" cannot be the name of a branch`},
		"option":           {GitRemote{URL: text(dir), Tag: text("--all")}, `"--all" cannot be the name of a tag`},
		"range":            {GitRemote{URL: text(dir), Tag: text("a..b")}, "cannot be the name"},
		"short commit":     {GitRemote{URL: text(dir), Commit: text("abc123")}, "all 40 digits"},
		"no repository":    {GitRemote{URL: text("../gone"), Branch: text("main")}, "there is no repository at"},
		"empty repository": {GitRemote{URL: text(empty)}, "has no default branch"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := r.ResolveRef(t.Context(), test.remote)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want something with %q", err, test.want)
			}
		})
	}
}

func TestFetchOfACommitThatIsGone(t *testing.T) {
	remoteHost(t)
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	gone := gittest.Commit(t, dir, map[string]string{"a": "2"})
	gittest.Git(t, dir, "reset", "--quiet", "--hard", "HEAD^")
	gittest.Git(t, dir, "reflog", "expire", "--expire=all", "--all")
	gittest.Git(t, dir, "gc", "--quiet", "--prune=now")
	_, err := projectRepo(t).Fetch(t.Context(), GitRemote{URL: text(dir)}, gone)
	if !errors.Is(err, ErrCommitGone) {
		t.Errorf("got %v", err)
	}
}

func TestFetchOfWhatIsNoCommit(t *testing.T) {
	remoteHost(t)
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	gittest.Git(t, dir, "tag", "tree", "HEAD^{tree}")
	r := projectRepo(t)
	remote := GitRemote{URL: text(dir), Tag: text("tree")}
	id, err := r.ResolveRef(t.Context(), remote)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = r.Fetch(t.Context(), remote, id); err == nil || !strings.Contains(err.Error(), "it is not a commit") {
		t.Errorf("got %v", err)
	}
}

func TestFetchRefusesForbiddenNames(t *testing.T) {
	for _, name := range []string{"..", ".git", ".GIT"} {
		t.Run(name, func(t *testing.T) {
			remoteHost(t)
			dir := gittest.Repo(t, map[string]string{"a": "1"})
			blob := strings.TrimSpace(gittest.Git(t, dir, "rev-parse", "HEAD:a"))
			list := filepath.Join(t.TempDir(), "list")
			if err := os.WriteFile(list, []byte("100644 blob "+blob+"\t"+name+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			tree := strings.TrimSpace(gittest.Git(t, dir, "-c", "alias.mk=!git mktree <"+list, "mk"))
			commit := strings.TrimSpace(gittest.Git(t, dir, "commit-tree", "-m", "bad", tree))
			gittest.Git(t, dir, "branch", "bad", commit)
			_, err := projectRepo(t).Fetch(t.Context(), GitRemote{URL: text(dir)}, commit)
			if err == nil || !strings.Contains(err.Error(), "forbidden name") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestFetchOfAnotherObjectFormat(t *testing.T) {
	remoteHost(t)
	dir := t.TempDir()
	gittest.Git(t, dir, "init", "--quiet", "--object-format=sha256")
	commit := gittest.Commit(t, dir, map[string]string{"a": "1"})
	_, err := projectRepo(t).Fetch(t.Context(), GitRemote{URL: text(dir)}, commit)
	if err == nil || !strings.Contains(err.Error(), "another kind") {
		t.Errorf("got %v", err)
	}
	own := t.TempDir()
	gittest.Git(t, own, "init", "--quiet", "--object-format=sha256")
	gittest.Commit(t, own, map[string]string{"b": "1"})
	r := openRepo(t, own)
	tree, err := r.Fetch(t.Context(), GitRemote{URL: text(dir)}, commit)
	if err != nil {
		t.Fatal(err)
	}
	if got := content(t, r, tree, "a"); got != "1" {
		t.Errorf("got %q", got)
	}
}

func TestFetchEndsWithItsContext(t *testing.T) {
	remoteHost(t)
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	r := projectRepo(t)
	s, err := r.openRemote(t.Context(), GitRemote{URL: text(dir)})
	if err != nil {
		t.Fatal(err)
	}
	cache, err := openCache(s.address, 40)
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := cache.lock(t.Context()) // as another process
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := r.Fetch(ctx, GitRemote{URL: text(dir)}, head(t, dir))
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	unlock()
	if _, err := r.Fetch(t.Context(), GitRemote{URL: text(dir)}, head(t, dir)); err != nil {
		t.Error(err)
	}
}
