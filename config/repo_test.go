package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
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

// content reads the blob at a path without following links.
func content(t testing.TB, r *Repo, tree *Tree, name string) string {
	t.Helper()
	e, ok := tree.Lookup(name)
	if !ok {
		t.Fatalf("%s is not in the tree", name)
	}
	body, size, err := r.Open(context.Background(), e.OID)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil || int64(len(text)) != size {
		t.Fatalf("reading %s: %d bytes of %d, error %v", name, len(text), size, err)
	}
	return string(text)
}

func TestHeadGivesIDTreeAndTime(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	id := gittest.Commit(t, dir, map[string]string{"a": "2"})
	got, err := openRepo(t, dir).Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tree := strings.TrimSpace(gittest.Git(t, dir, "rev-parse", "HEAD^{tree}"))
	want := Commit{ID: id, Tree: tree, Time: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOpenFindsTheRepositoryUpwards(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"sub/deep/a": "1"})
	r := openRepo(t, filepath.Join(dir, "sub", "deep"))
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	if r.Root() != root || r.Prefix() != "sub/deep" {
		t.Errorf("root %q, prefix %q", r.Root(), r.Prefix())
	}
	if got := openRepo(t, dir).Prefix(); got != "" {
		t.Errorf("prefix of the root: %q", got)
	}
}

func TestOpenIgnoresTheRepositoryOfAHook(t *testing.T) {
	other := gittest.Repo(t, map[string]string{"other": "1"})
	dir := gittest.Repo(t, map[string]string{"mine": "1"})
	t.Setenv("GIT_DIR", filepath.Join(other, ".git"))
	t.Setenv("GIT_INDEX_FILE", filepath.Join(other, ".git", "index"))
	if _, ok := headTree(t, openRepo(t, dir)).Lookup("mine"); !ok {
		t.Error("another repository was read")
	}
}

func TestOpenExplainsWhatIsWrong(t *testing.T) {
	bare := t.TempDir()
	gittest.Git(t, bare, "init", "--quiet", "--bare")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ dir, want string }{
		"no repository": {t.TempDir(), "is not in a git repository"},
		"bare":          {bare, "without a work tree"},
		"no folder":     {filepath.Join(t.TempDir(), "gone"), "no such file"},
		"a file":        {file, "is not a folder"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := OpenRepo(t.Context(), test.dir)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want something with %q", err, test.want)
			}
		})
	}
}

func TestOpenSaysHowToInstallGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := OpenRepo(t.Context(), t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "install git") {
		t.Errorf("got %v", err)
	}
}

func TestHeadWithoutCommit(t *testing.T) {
	dir := t.TempDir()
	gittest.Git(t, dir, "init", "--quiet")
	if _, err := openRepo(t, dir).Head(t.Context()); !errors.Is(err, ErrNoCommit) {
		t.Errorf("got %v", err)
	}
}

func TestOpenStreamsSmallAndLargeBlobs(t *testing.T) {
	files := map[string]string{"small": "hello", "large": strings.Repeat("0123456789", smallBlob/4), "empty": ""}
	r := openRepo(t, gittest.Repo(t, files))
	tree := headTree(t, r)
	for name, want := range files {
		if got := content(t, r, tree, name); got != want {
			t.Errorf("%s: got %d bytes, want %d", name, len(got), len(want))
		}
	}
}

func TestOpenAfterAnAbandonedReader(t *testing.T) {
	r := openRepo(t, gittest.Repo(t, map[string]string{"large": strings.Repeat("x", 4*smallBlob), "small": "hello"}))
	tree := headTree(t, r)
	e, _ := tree.Lookup("large")
	for range 3 {
		body, _, err := r.Open(t.Context(), e.OID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := body.Read(make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		body.Close()
		if got := content(t, r, tree, "small"); got != "hello" {
			t.Errorf("got %q", got)
		}
	}
}

func TestManyLargeReadersAtOnceDoNotWaitForEachOther(t *testing.T) {
	r := openRepo(t, gittest.Repo(t, map[string]string{"large": strings.Repeat("x", 2*smallBlob)}))
	e, _ := headTree(t, r).Lookup("large")
	for range 12 {
		body, _, err := r.Open(t.Context(), e.OID)
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
	}
}

func TestOpenRefusesWhatIsNoObject(t *testing.T) {
	r := openRepo(t, gittest.Repo(t, map[string]string{"a": "1"}))
	for _, oid := range []string{"", "HEAD", strings.Repeat("0", 39) + "\n", "HEAD\n" + strings.Repeat("0", 35), strings.Repeat("0", 40)} {
		if _, _, err := r.Open(t.Context(), oid); err == nil {
			t.Errorf("%q was opened", oid)
		}
	}
	if got := content(t, r, headTree(t, r), "a"); got != "1" {
		t.Errorf("got %q afterwards", got)
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	r := openRepo(t, gittest.Repo(t, map[string]string{"large": strings.Repeat("x", 8*smallBlob)}))
	e, _ := headTree(t, r).Lookup("large")
	ctx, cancel := context.WithCancel(t.Context())
	body, _, err := r.Open(ctx, e.OID)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	cancel()
	if _, err := io.Copy(io.Discard, body); !errors.Is(err, context.Canceled) {
		t.Errorf("reading: %v", err)
	}
	if _, _, err := r.Open(ctx, e.OID); !errors.Is(err, context.Canceled) {
		t.Errorf("opening: %v", err)
	}
}

func TestOpenSurvivesTheEndOfItsProcess(t *testing.T) {
	r := openRepo(t, gittest.Repo(t, map[string]string{"a": "1"}))
	tree := headTree(t, r)
	content(t, r, tree, "a")
	for _, proc := range r.blobs.idle {
		proc.cmd.Process.Kill()
	}
	if got := content(t, r, tree, "a"); got != "1" {
		t.Errorf("got %q", got)
	}
}

func TestOpenFailsAfterClose(t *testing.T) {
	r := openRepo(t, gittest.Repo(t, map[string]string{"a": "1"}))
	e, _ := headTree(t, r).Lookup("a")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Open(t.Context(), e.OID); !errors.Is(err, errClosed) {
		t.Errorf("got %v", err)
	}
}

func TestConcurrentReadersGetTheirOwnBlobs(t *testing.T) {
	files := map[string]string{}
	for i := range 40 {
		files[fmt.Sprintf("f%d", i)] = strings.Repeat(fmt.Sprintf("%d,", i), 1+i*i*300)
	}
	r := openRepo(t, gittest.Repo(t, files))
	tree := headTree(t, r)
	var wg sync.WaitGroup
	for name, want := range files {
		wg.Go(func() {
			got, err := tree.ReadFile(t.Context(), name)
			if err != nil || string(got) != want {
				t.Errorf("%s: %d bytes of %d, error %v", name, len(got), len(want), err)
			}
		})
	}
	wg.Wait()
	if n := len(r.blobs.all); n > cap(r.blobs.slots) {
		t.Errorf("%d processes are kept", n)
	}
}

func TestSHA256Repository(t *testing.T) {
	dir := t.TempDir()
	gittest.Git(t, dir, "init", "--quiet", "--object-format=sha256")
	id := gittest.Commit(t, dir, map[string]string{"a": "1"})
	r := openRepo(t, dir)
	tree := headTree(t, r)
	if got := content(t, r, tree, "a"); got != "1" || len(id) != 64 || tree.Commit().ID != id {
		t.Errorf("content %q, commit %q", got, tree.Commit().ID)
	}
}

func TestParseCommit(t *testing.T) {
	tests := map[string]struct {
		text    string
		seconds int64
		bad     bool
	}{
		"usual":          {text: "tree t\nparent p\nauthor A <a@b> 1 +0000\ncommitter C D <c@d> 1700000000 +0100\n\nmessage", seconds: 1700000000},
		"before 1970":    {text: "tree t\ncommitter C <c> -5 +0000\n\n", seconds: -5},
		"odd name":       {text: "tree t\ncommitter C > 5 <c> 7 +0000\n\n", seconds: 7},
		"in the message": {text: "tree t\n\ncommitter C <c> 7 +0000\n", bad: true},
		"no time":        {text: "tree t\ncommitter C <c>\n\n", bad: true},
		"no number":      {text: "tree t\ncommitter C <c> soon\n\n", bad: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := parseCommit(test.text)
			if (err != nil) != test.bad {
				t.Fatalf("error %v", err)
			}
			if err == nil && (c.Time.Unix() != test.seconds || c.Tree != "t") {
				t.Errorf("got %+v", c)
			}
		})
	}
}

func TestOpenExplainsAForeignOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("skipped: giving a folder to another user needs root")
	}
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	if err := os.Chown(dir, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_CONFIG_GLOBAL", "/dev/null")
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	t.Setenv("SUDO_UID", "")
	_, err := OpenRepo(t.Context(), dir)
	if err == nil || !strings.Contains(err.Error(), "belongs to another user") {
		t.Errorf("got %v", err)
	}
}
