package config

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/config/gittest"
)

// workTree lists the files of the work tree.
func workTree(t *testing.T, r *Repo) *Tree {
	t.Helper()
	c, err := r.WorkTree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return listTree(t, r, c)
}

func paths(entries []Entry) []string {
	var list []string
	for _, e := range entries {
		list = append(list, e.Path)
	}
	return list
}

// gitFiles gives the contents of all files of the repository's own folder.
func gitFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(filepath.Join(dir, ".git"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestWorkTreeShowsWhatACommitWouldHold(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"kept": "1", "changed": "1", "removed": "1", ".gitignore": "*.log\n"})
	gittest.Write(t, dir, map[string]string{"changed": "22", "new/file": "3", "x.log": "no", "tool*": "x"})
	if err := os.Remove(filepath.Join(dir, "removed")); err != nil {
		t.Fatal(err)
	}
	r := openRepo(t, dir)
	before := gitFiles(t, dir)
	tree := workTree(t, r)
	want := []string{".gitignore", "changed", "kept", "new", "new/file", "tool"}
	if diff := cmp.Diff(want, paths(tree.Under(""))); diff != "" {
		t.Error(diff)
	}
	if got := content(t, r, tree, "changed") + content(t, r, tree, "new/file") + content(t, r, tree, "kept"); got != "2231" {
		t.Errorf("contents %q", got)
	}
	if diff := cmp.Diff(before, gitFiles(t, dir)); diff != "" {
		t.Errorf("the repository was written:\n%s", diff)
	}
	if c := tree.Commit(); c.ID != "" || !c.Time.Equal(time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("commit %+v", c)
	}
	id := gittest.Commit(t, dir, nil)
	if got := strings.TrimSpace(gittest.Git(t, dir, "rev-parse", id+"^{tree}")); got != tree.Commit().Tree {
		t.Errorf("tree %s, committed %s", tree.Commit().Tree, got)
	}
}

func TestWorkTreeWithoutIgnoredChanges(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"a": "1", "b": "1", "dir/f": "1", "gone": "1", "odd[1]": "1"})
	gittest.Write(t, dir, map[string]string{"a": "2", "b": "2", "dir/f": "2", "dir/new": "2", "new.log": "2", "sub/new.log": "2", "odd[1]": "2"})
	if err := os.Remove(filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	r := openRepo(t, dir)
	c, err := r.WorkTree(t.Context(), "a", "dir", "**/*.log", "gone", `odd\[1\]`)
	if err != nil {
		t.Fatal(err)
	}
	tree := listTree(t, r, c)
	got := map[string]string{}
	for _, e := range tree.Under("") {
		if !e.IsDir() {
			got[e.Path] = content(t, r, tree, e.Path)
		}
	}
	want := map[string]string{"a": "1", "b": "2", "dir/f": "1", "gone": "1", "odd[1]": "1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWorkTreeOfASparseCheckout(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"a": "1", "in/b": "1", "out/c": "1"})
	gittest.Git(t, dir, "sparse-checkout", "set", "in")
	gittest.Write(t, dir, map[string]string{"in/b": "2", "out/new": "3"})
	r := openRepo(t, dir)
	tree := workTree(t, r)
	for path, want := range map[string]string{"a": "1", "in/b": "2", "out/c": "1", "out/new": "3"} {
		if got := content(t, r, tree, path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

func TestWorkTreeOfARepositoryWithoutCommit(t *testing.T) {
	dir := t.TempDir()
	gittest.Git(t, dir, "init", "--quiet")
	gittest.Write(t, dir, map[string]string{"a": "1"})
	r := openRepo(t, dir)
	tree := workTree(t, r)
	if got := content(t, r, tree, "a"); got != "1" || tree.Commit().Time.Year() != 1980 {
		t.Errorf("content %q, time %v", got, tree.Commit().Time)
	}
}

func TestWorkTreeSeesAChangeOfTheSameSizeAndTime(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"b": "1"})
	gittest.Git(t, dir, "config", "core.trustctime", "false")
	path, index := filepath.Join(dir, "a"), filepath.Join(dir, ".git", "index")
	when := time.Now().Add(-time.Hour)
	for _, text := range []string{"1", "2"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
		if text == "1" {
			gittest.Git(t, dir, "add", "a")
		}
	}
	// As if the file had been changed in the moment the index was written.
	if err := os.Chtimes(index, when, when); err != nil {
		t.Fatal(err)
	}
	r := openRepo(t, dir)
	if got := content(t, r, workTree(t, r), "a"); got != "2" {
		t.Errorf("got %q, the state of the commit", got)
	}
}

func TestWorkTreeCanBeReadAgain(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	r := openRepo(t, dir)
	content(t, r, headTree(t, r), "a")
	for _, text := range []string{"two", "three"} {
		gittest.Write(t, dir, map[string]string{"a": text})
		if got := content(t, r, workTree(t, r), "a"); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
}

func TestWorkTreeOfALinkedWorkTree(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	linked := filepath.Join(t.TempDir(), "linked: \"tree\"")
	gittest.Git(t, dir, "worktree", "add", "--quiet", "-b", "linked", linked)
	gittest.Write(t, linked, map[string]string{"b": "2"})
	r := openRepo(t, linked)
	tree := workTree(t, r)
	if got := content(t, r, tree, "a") + content(t, r, tree, "b"); got != "12" {
		t.Errorf("got %q", got)
	}
}

func TestCloseRemovesTheTemporaryObjects(t *testing.T) {
	tmp := t.TempDir()
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	gittest.Write(t, dir, map[string]string{"b": "2"})
	t.Setenv("TMPDIR", tmp)
	r, err := OpenRepo(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	workTree(t, r)
	if left, _ := os.ReadDir(tmp); len(left) == 0 {
		t.Error("the objects are not in the temporary folder")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(tmp); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}

func TestWorkTreeRunsNoHook(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	mark := filepath.Join(t.TempDir(), "ran")
	gittest.Write(t, dir, map[string]string{".git/hooks/post-index-change*": "#!/bin/sh\ntouch " + mark + "\n", "b": "2"})
	r := openRepo(t, dir)
	workTree(t, r)
	if _, err := os.Stat(mark); err == nil {
		t.Error("a hook was run")
	}
}

func TestQuoteAlternate(t *testing.T) {
	got := quoteAlternate("/a:b\"c\\d")
	if want := []byte(`"/a:b\"c\\d"`); !bytes.Equal([]byte(got), want) {
		t.Errorf("got %s, want %s", got, want)
	}
}
