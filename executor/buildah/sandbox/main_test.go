package sandbox

import (
	"bytes"
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

	"go.podman.io/storage/pkg/reexec"
	"go.podman.io/storage/pkg/unshare"

	"github.com/strakebuild/strake/executor/buildah/rootfs"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == probeExecutable {
		probe()
		return
	}
	if reexec.Init() {
		return
	}
	unshare.MaybeReexecUsingUserNamespace(false)
	if dir := os.Getenv(victimVariable); dir != "" {
		victim(dir)
		return
	}
	code := m.Run()
	if dir, err := lower(); err == nil {
		os.RemoveAll(filepath.Dir(dir))
	}
	os.Exit(code)
}

// probe is what this program does when it comes to run inside a sandbox.
func probe() {
	self, err := os.Open("/proc/self/exe")
	if err == nil && (readOnly(self) || sealed(self)) {
		fmt.Println("protected")
		return
	}
	fmt.Println("open:", err)
}

const probeExecutable = "probe-executable"

var tools = strings.Fields(`sh cat ls mkdir rm sleep id env wc readlink grep mount umount mknod hostname setsid kill
	unshare chroot date ip wget adjtimex stat head sort touch true pwd od tr`)

// files are a root file system with busybox, in a folder that nobody changes.
func files(t testing.TB) string {
	t.Helper()
	dir, err := lower()
	if errors.Is(err, os.ErrNotExist) {
		missing(t, "/bin/busybox: install the package busybox-static")
	}
	must(t, err)
	return dir
}

var lower = sync.OnceValues(func() (string, error) {
	data, err := os.ReadFile("/bin/busybox")
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "strake-sandbox-test-")
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "files")
	var errs []error
	for _, d := range []string{"bin", "proc", "sys", "dev", "tmp", "usr", "etc", "opt/dir"} {
		errs = append(errs, os.MkdirAll(filepath.Join(dir, d), 0o755))
	}
	for _, name := range tools {
		errs = append(errs, os.Symlink("busybox", filepath.Join(dir, "bin", name)))
	}
	write := func(name, text string, mode os.FileMode) {
		errs = append(errs, os.WriteFile(filepath.Join(dir, name), []byte(text), mode))
	}
	write("bin/busybox", string(data), 0o755)
	write("opt/script", "#!/bin/sh\necho script $1\n", 0o755)
	write("opt/plain", "echo plain $1\n", 0o755)
	write("opt/data", "echo data\n", 0o644)
	write("etc/bound", "", 0o644)
	return dir, errors.Join(append(errs, os.Symlink("/opt/dir", filepath.Join(dir, "link")))...)
})

// missing skips a test, or fails it where nothing may be skipped.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("STRAKE_TEST_REQUIRE") == "1" {
		t.Fatal("missing: " + what)
	}
	t.Skip("missing: " + what)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// spec is a Spec that runs a shell script in a root of its own.
func spec(t testing.TB, script string) *Spec {
	t.Helper()
	s, err := specIn(files(t), t.TempDir(), script)
	must(t, err)
	t.Cleanup(func() { s.Root.Close() })
	return s
}

func specIn(lower, dir, script string) (*Spec, error) {
	l := rootfs.Layers{User: unshare.IsRootless(), Lower: []string{lower}, Upper: dir + "/upper", Work: dir + "/work", Point: dir + "/point"}
	for _, d := range []string{l.Upper, l.Work, l.Point} {
		if err := os.Mkdir(d, 0o755); err != nil {
			return nil, err
		}
	}
	root, err := rootfs.Mount(l)
	if err != nil {
		return nil, err
	}
	filter, err := Filter()
	return &Spec{
		Root: root.File(), MountPoint: l.Point, Args: []string{"/bin/sh", "-c", script},
		Env: []string{"PATH=/bin"}, Dir: "/", Filter: filter,
	}, err
}

// run runs a Spec and returns what it printed.
func run(t testing.TB, s *Spec) (string, int, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	read, write, err := os.Pipe()
	must(t, err)
	defer read.Close()
	s.Stdout, s.Stderr = write, write
	var out bytes.Buffer
	copied := make(chan struct{})
	go func() { io.Copy(&out, read); close(copied) }()
	code, err := Run(ctx, s)
	write.Close()
	<-copied
	return out.String(), code, err
}

// printed is what a script prints that succeeds.
func printed(t testing.TB, s *Spec) string {
	t.Helper()
	out, code, err := run(t, s)
	if code != 0 || err != nil {
		t.Fatalf("exit code %d, %v\n%s", code, err, out)
	}
	return out
}

// processes counts the processes of this machine whose arguments contain text.
func processes(t testing.TB, text string) int {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	must(t, err)
	n := 0
	for _, path := range paths {
		data, _ := os.ReadFile(path)
		if strings.Contains(string(bytes.ReplaceAll(data, []byte{0}, []byte{' '})), text) {
			n++
		}
	}
	return n
}
