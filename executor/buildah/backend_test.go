package buildah

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/strakebuild/strake/executor"
	"github.com/strakebuild/strake/planner"
)

func TestMain(m *testing.M) {
	if Reexec() {
		return
	}
	if os.Geteuid() != 0 {
		if err := EnterUserNamespace(); err != nil {
			fmt.Fprintln(os.Stderr, "these tests need a user namespace:", err)
			os.Exit(1)
		}
	}
	if root := os.Getenv(helperVariable); root != "" {
		if err := helper(root); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	unix.Umask(0o077) // nothing may depend on it
	os.Exit(m.Run())
}

// memory is a Blobs that holds contents under made-up ids.
type memory map[string]string

func (m memory) Open(_ context.Context, oid string) (io.ReadCloser, int64, error) {
	text, ok := m[oid]
	if !ok {
		return nil, 0, fmt.Errorf("no blob %s", oid)
	}
	return io.NopCloser(strings.NewReader(text)), int64(len(text)), nil
}

// open makes a backend on a storage of its own.
func open(t *testing.T, blobs memory) *Backend {
	t.Helper()
	root := t.TempDir()
	b, err := Open(Options{Root: root, Blobs: blobs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.Close()
		exec.Command("umount", "-l", filepath.Join(root, "overlay")).Run()
	})
	return b
}

// busybox is a step that brings a shell, and its blobs.
func busybox(t *testing.T, blobs memory) *planner.Step {
	t.Helper()
	data, err := os.ReadFile(program(t, "busybox", "busybox-static"))
	must(t, err)
	blobs["busybox"] = string(data)
	blobs["link"] = "busybox"
	blobs["passwd"] = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:2000::/home/app:/bin/sh\n"
	blobs["group"] = "root:x:0:\nstaff:x:50:app\n"
	files := []planner.File{
		{Path: "bin", Mode: 0o040000},
		{Path: "bin/busybox", Mode: 0o100755, OID: "busybox"},
		{Path: "etc", Mode: 0o040000},
		{Path: "etc/group", Mode: 0o100644, OID: "group"},
		{Path: "etc/passwd", Mode: 0o100644, OID: "passwd"},
	}
	for _, tool := range []string{"sh", "cat", "ls", "mkdir", "rm", "sleep", "id", "stat", "touch", "ln", "chmod", "chown", "mv", "find", "head", "sort", "ps", "grep", "mount", "hostname", "mknod", "echo", "env", "wc", "readlink", "ip", "kill", "md5sum", "mkfifo", "tr", "cp", "tar", "seq", "wget", "pwd"} {
		files = append(files, planner.File{Path: "bin/" + tool, Mode: 0o120000, OID: "link"})
	}
	return step("busybox", nil, planner.Op{Copy: &planner.Copy{Dest: "/", Sources: []planner.Source{{Name: ".", Dir: true, Files: files}}}})
}

var serial atomic.Int64

func step(name string, parent *planner.Step, ops ...planner.Op) *planner.Step {
	return &planner.Step{
		Key: planner.Key(fmt.Sprintf("%064x", serial.Add(1)+1<<20)), Image: name, Name: name, Pos: "strake.yaml:1:1",
		Parent: parent, Ops: ops, Platform: "linux/amd64",
	}
}

func sh(script string) planner.Op {
	return planner.Op{Run: &planner.Run{Args: []string{"/bin/sh", "-c", script}, Env: []string{"PATH=/bin"}}}
}

// build carries a step out and commits it; it returns what was printed.
func build(t *testing.T, b *Backend, s *planner.Step) (string, error) {
	t.Helper()
	var out bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	l, err := b.Build(ctx, s, executor.Input{Output: &out})
	if err != nil {
		return out.String(), err
	}
	return out.String(), l.Commit(ctx)
}

func mustBuild(t *testing.T, b *Backend, s *planner.Step) string {
	t.Helper()
	out, err := build(t, b, s)
	if err != nil {
		t.Fatalf("building %s: %v\n%s", s.Name, err, out)
	}
	return out
}
