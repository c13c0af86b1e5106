package gittest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEqualFilesGiveEqualCommits(t *testing.T) {
	files := map[string]string{"a/b": "1", "run*": "#!/bin/sh\n", "link@": "a/b"}
	first, second := Repo(t, files), Repo(t, files)
	if a, b := Git(t, first, "rev-parse", "HEAD"), Git(t, second, "rev-parse", "HEAD"); a != b {
		t.Errorf("%s and %s", a, b)
	}
	got := Git(t, first, "ls-files", "--format=%(objectmode) %(path)")
	if want := "100644 a/b\n120000 link\n100755 run\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCommitTakesWhatTheTestChanged(t *testing.T) {
	dir := Repo(t, map[string]string{"a": "1", "b@": "a"})
	if err := os.Remove(filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	id := Commit(t, dir, map[string]string{"b": "2"})
	if got := strings.Fields(Git(t, dir, "ls-tree", "--name-only", id)); len(got) != 1 || got[0] != "b" {
		t.Errorf("got %q", got)
	}
	if again := Commit(t, dir, nil); again == id {
		t.Error("no commit was made")
	}
}
