package config

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/config/gittest"
)

// openRepo opens the repository of dir for one test.
func openRepo(t testing.TB, dir string) *Repo {
	t.Helper()
	r, err := OpenRepo(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// headTree lists the files of HEAD.
func headTree(t testing.TB, r *Repo) *Tree {
	t.Helper()
	c, err := r.Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return listTree(t, r, c)
}

func listTree(t testing.TB, r *Repo, c Commit) *Tree {
	t.Helper()
	tree, err := r.Tree(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestHeadGivesIDTreeAndTime(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	id := gittest.Commit(t, dir, map[string]string{"a": "2"})
	r := openRepo(t, dir)
	got, err := r.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := Commit{ID: id, Tree: strings.TrimSpace(gittest.Git(t, dir, "rev-parse", "HEAD^{tree}")), Time: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOpenStreamsSmallAndLargeBlobs(t *testing.T) {
	large := string(make([]byte, 3*smallBlob))
	dir := gittest.Repo(t, map[string]string{"small": "hello", "large": large, "empty": ""})
	r := openRepo(t, dir)
	tree := headTree(t, r)
	for name, want := range map[string]string{"small": "hello", "large": large, "empty": ""} {
		e, ok := tree.Lookup(name)
		if !ok {
			t.Fatalf("%s is not in the tree", name)
		}
		body, size, err := r.Open(t.Context(), e.OID)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(body)
		body.Close()
		if err != nil || string(got) != want || size != int64(len(want)) {
			t.Errorf("%s: %d bytes of %d, error %v", name, len(got), size, err)
		}
	}
}
