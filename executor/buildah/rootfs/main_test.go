package rootfs

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.podman.io/storage/pkg/reexec"
	"go.podman.io/storage/pkg/unshare"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	if reexec.Init() {
		return
	}
	unshare.MaybeReexecUsingUserNamespace(false)
	unix.Umask(0o077) // nothing may depend on it
	os.Exit(m.Run())
}

var (
	early = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	late  = time.Date(2011, 2, 3, 4, 5, 6, 789, time.UTC)
)

// rootOnly skips a test that a user namespace has no rights for.
func rootOnly(t *testing.T, why string) {
	t.Helper()
	if unshare.IsRootless() {
		t.Skipf("needs root of the host: %s", why)
	}
}

// tree makes a folder. Names that end with a slash are folders, texts that begin
// with "->" are links; all modes are 0755 and 0644, all times early.
func tree(t *testing.T, entries map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range entries {
		plant(t, filepath.Join(dir, name), strings.HasSuffix(name, "/"), text)
	}
	walk(t, dir, func(path, _ string, info fs.FileInfo) {
		if info.IsDir() {
			must(t, os.Chmod(path, 0o755))
		}
		setTime(t, path, early)
	})
	return dir
}

func plant(t *testing.T, path string, folder bool, text string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	target, link := strings.CutPrefix(text, "->")
	switch {
	case folder:
		must(t, os.MkdirAll(path, 0o755))
	case link:
		must(t, os.Symlink(target, path))
	default:
		must(t, os.WriteFile(path, []byte(text), 0o644))
		must(t, os.Chmod(path, 0o644))
	}
}

func setTime(t *testing.T, path string, at time.Time) {
	t.Helper()
	ts := unix.NsecToTimespec(at.UnixNano())
	must(t, unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW))
}

// walk calls f for a folder and all in it, deepest first.
func walk(t *testing.T, dir string, f func(path, rel string, info fs.FileInfo)) {
	t.Helper()
	var paths []string
	must(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		paths = append(paths, path)
		return err
	}))
	for _, path := range slices.Backward(paths) {
		info, err := os.Lstat(path)
		must(t, err)
		rel, err := filepath.Rel(dir, path)
		must(t, err)
		f(path, rel, info)
	}
}

// list describes all in a folder: type and mode, owner, time if it is early or
// late, name, content or target.
func list(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	walk(t, dir, func(path, rel string, info fs.FileInfo) {
		if rel != "." {
			out = append(out, describe(t, path, rel, info))
		}
	})
	slices.Sort(out)
	return out
}

func describe(t *testing.T, path, rel string, info fs.FileInfo) string {
	t.Helper()
	var st unix.Stat_t
	must(t, unix.Lstat(path, &st))
	when := "now"
	for name, at := range map[string]time.Time{"early": early, "late": late} {
		if info.ModTime().Equal(at) {
			when = name
		}
	}
	text := fmt.Sprintf("%q %06o %d:%d %s", rel, st.Mode, st.Uid, st.Gid, when)
	switch info.Mode().Type() {
	case 0:
		data, err := os.ReadFile(path)
		must(t, err)
		text += " " + string(data)
	case fs.ModeSymlink:
		target, err := os.Readlink(path)
		must(t, err)
		text += " -> " + target
	case fs.ModeDevice, fs.ModeDevice | fs.ModeCharDevice:
		text += fmt.Sprintf(" %d:%d", unix.Major(st.Rdev), unix.Minor(st.Rdev))
	}
	return text
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openRoot(t *testing.T, dir string) *Root {
	t.Helper()
	r, err := Open(dir)
	must(t, err)
	t.Cleanup(func() { r.Close() })
	return r
}

// quick fails the test when f does not return at once.
func quick(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { f(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("it hangs")
	}
}

func inodeOf(t *testing.T, path string) uint64 {
	t.Helper()
	var st unix.Stat_t
	must(t, unix.Lstat(path, &st))
	return st.Ino
}

func cmpSorted(less func(a, b string) bool) cmp.Option { return cmpopts.SortSlices(less) }
