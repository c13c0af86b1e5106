package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/config/gittest"
)

func TestInputsOfACommitAlone(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"a": "1", "out/b": "2"})
	gittest.Write(t, dir, map[string]string{"a": "changed"})
	r := openRepo(t, dir)
	in := NewInputs(headTree(t, r))
	text, err := in.Read(t.Context(), TemplateData, "./a")
	if err != nil || string(text) != "1" {
		t.Errorf("got %q, %v", text, err)
	}
	if found := uncommitted(t, in, ""); len(found) > 0 {
		t.Errorf("changes %v", found)
	}
	if _, err := in.Read(t.Context(), TemplateData, "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	added, err := in.Added(t.Context(), "out")
	if err != nil || len(added) != 1 || added[0].Path != "out/b" {
		t.Errorf("added %v, %v", added, err)
	}
	if err := in.Policy.EnvAllowed("HOME"); err == nil {
		t.Error("a variable is allowed")
	}
}

func TestInputsWriteNothingIntoTheRepository(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{
		"a": "1", ".gitignore": "out\n",
		"strake-giterminism.yaml": "giterminismConfigVersion: 1\nconfig: {dockerfile: {allowContextAddFiles: [out]}}\n",
	})
	// The time of a file in the index is old: git would like to renew it.
	gittest.Write(t, dir, map[string]string{"a": "1", "out/x": "built", "out/link@": "x"})
	before := gitFiles(t, dir)
	r := openRepo(t, dir)
	for _, opts := range []InputOptions{{}, {Dev: true}, {Loose: true}} {
		in := inputs(t, r, opts)
		uncommitted(t, in, "")
		if _, err := in.Read(t.Context(), TemplateData, "a"); err != nil {
			t.Error(err)
		}
		if _, err := in.Added(t.Context(), "out"); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(before, gitFiles(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// TestInputsWithOddNames has names that need quoting somewhere.
func TestInputsWithOddNames(t *testing.T) {
	names := []string{"new\nline", `quote"d`, `back\slash`, " space ", "tab\t", "latin-\xe9", "ünï", "-dash", ":(top)x", "*"}
	files := map[string]string{
		".gitignore":              "ignored\n",
		"strake-giterminism.yaml": "giterminismConfigVersion: 1\nconfig: {dockerfile: {allowContextAddFiles: [ignored]}}\n",
	}
	for _, name := range names {
		files["kept/"+name+"/f"] = "1"
		files["changed/"+name+"/f"] = "1"
	}
	dir := gittest.Repo(t, files)
	for _, name := range names {
		gittest.Write(t, dir, map[string]string{"changed/" + name + "/f": "2", "ignored/" + name + "/f": name, "new/" + name + "/f": "3"})
	}
	r := openRepo(t, dir)
	in := inputs(t, r, InputOptions{})
	if n := len(uncommitted(t, in, "")); n != 2*len(names) {
		t.Errorf("%d changes", n)
	}
	for _, name := range names {
		if _, err := in.Read(t.Context(), TemplateData, "kept/"+name+"/f"); err != nil {
			t.Error(err)
		}
		for _, part := range []string{"changed/", "new/"} {
			if found := uncommitted(t, in, part+name); len(found) != 1 {
				t.Errorf("%q: %v", part+name, found)
			}
			_, err := in.Read(t.Context(), TemplateData, part+name+"/f")
			if err == nil || !strings.Contains(err.Error(), "must be committed") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: %v", part+name, err)
			}
		}
		added, err := in.Added(t.Context(), "ignored/"+name)
		if err != nil || len(added) != 1 {
			t.Errorf("%q: added %v, %v", name, added, err)
			continue
		}
		if got := content(t, r, in.Tree.With(added), added[0].Path); got != name {
			t.Errorf("%q: content %q", name, got)
		}
	}
}

func TestWhatIsNoFileIsNotRead(t *testing.T) {
	policy := "giterminismConfigVersion: 1\nconfig:\n  dockerfile: {allowUncommitted: ['*'], allowContextAddFiles: ['*']}\n"
	dir := gittest.Repo(t, map[string]string{"werf-giterminism.yaml": policy, "to-fifo@": "fifo"})
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o644); err != nil {
		t.Skip("skipped: no named pipes here")
	}
	gittest.Write(t, dir, map[string]string{"secret@": "/etc/passwd", "folder@": "/etc", "up@": "../../../../etc"})
	r := openRepo(t, dir)
	in := inputs(t, r, InputOptions{})
	for _, name := range []string{"fifo", "to-fifo", "secret", "folder/passwd", "up/passwd", "../x", "/etc/passwd", ".git/config"} {
		if text, err := in.Read(t.Context(), DockerfileFile, name); err == nil {
			t.Errorf("%s: read %q", name, text)
		}
	}
	for _, name := range []string{"fifo", "folder/passwd", "../x", "/etc/passwd"} {
		if added, err := in.Added(t.Context(), name); err == nil {
			t.Errorf("%s: added %v", name, added)
		}
	}
	added, err := in.Added(t.Context(), "secret")
	if err != nil || len(added) != 1 || added[0].Mode != ModeSymlink {
		t.Errorf("a link is added as a link: %v, %v", added, err)
	}
}

func TestPolicyFileThatIsNoFile(t *testing.T) {
	tests := map[string]struct {
		change func(path string) error
		want   string
	}{
		"fifo":   {func(path string) error { return syscall.Mkfifo(path, 0o644) }, ""}, // git does not see it
		"folder": {func(path string) error { return os.Mkdir(path, 0o755) }, ""},
		"huge":   {func(path string) error { return os.WriteFile(path, make([]byte, maxPolicy+1), 0o644) }, "more than the limit"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := gittest.Repo(t, map[string]string{"a": "1"})
			if err := test.change(filepath.Join(dir, "werf-giterminism.yaml")); err != nil {
				t.Fatal(err)
			}
			gittest.Commit(t, dir, nil)
			_, err := openRepo(t, dir).Inputs(t.Context(), InputOptions{})
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Error(err)
			}
		})
	}
}

func TestInputsEndWithTheirContext(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	r := openRepo(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	in, err := r.Inputs(ctx, InputOptions{})
	cancel()
	if err == nil {
		in.Uncommitted("", nil) // an answer or an error, but it ends
	}
	if _, err := r.Inputs(ctx, InputOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestInputsWithoutACommit(t *testing.T) {
	dir := t.TempDir()
	gittest.Git(t, dir, "init", "--quiet")
	gittest.Write(t, dir, map[string]string{"a": "1"})
	r := openRepo(t, dir)
	if _, err := r.Inputs(t.Context(), InputOptions{}); !errors.Is(err, ErrNoCommit) {
		t.Errorf("got %v", err)
	}
	text, err := inputs(t, r, InputOptions{Loose: true}).Read(t.Context(), ProjectFile, "a")
	if err != nil || string(text) != "1" {
		t.Errorf("got %q, %v", text, err)
	}
}

// largeRepo makes a repository with 15,000 files, of which one is changed.
func largeRepo(b *testing.B) string {
	files := map[string]string{}
	for i := range 15000 {
		files[fmt.Sprintf("d%d/s%d/f%d.go", i%150, i%7, i)] = strings.Repeat(fmt.Sprintf("package x // %d\n", i), 20)
	}
	dir := gittest.Repo(b, files)
	gittest.Write(b, dir, map[string]string{"d0/s0/f0.go": "changed", "new": "new"})
	return dir
}

func BenchmarkInputs(b *testing.B) {
	dir := largeRepo(b)
	gittest.Write(b, dir, map[string]string{
		"strake-giterminism.yaml": "giterminismConfigVersion: 1\nconfig: {allowUncommittedTemplates: ['**/*']}\n",
	})
	gittest.Git(b, dir, "add", "--", "*giterminism.yaml")
	gittest.Git(b, dir, "commit", "--quiet", "-m", "policy")
	for name, opts := range map[string]InputOptions{"commit": {}, "dev": {Dev: true}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r, err := OpenRepo(b.Context(), dir)
				if err != nil {
					b.Fatal(err)
				}
				in := inputs(b, r, opts)
				if _, err := in.Uncommitted("", nil); err != nil {
					b.Fatal(err)
				}
				in.View(TemplateFile)
				r.Close()
			}
		})
	}
}
