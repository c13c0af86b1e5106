package rootfs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.podman.io/storage/pkg/unshare"
	"golang.org/x/sys/unix"
)

// layers are n folders: each has a file of its own and replaces one of the
// folder below.
func layers(t *testing.T, n int) Layers {
	dir := t.TempDir()
	l := Layers{User: unshare.IsRootless(), Upper: filepath.Join(dir, "upper"), Work: filepath.Join(dir, "work"), Point: filepath.Join(dir, "point")}
	for _, d := range []string{l.Upper, l.Work, l.Point} {
		must(t, os.Mkdir(d, 0o755))
	}
	for i := range n {
		lower := filepath.Join(dir, fmt.Sprint(i))
		plant(t, filepath.Join(lower, fmt.Sprint("file", i)), false, fmt.Sprint(i))
		plant(t, filepath.Join(lower, fmt.Sprint("shared", i/2)), false, fmt.Sprint("from ", i))
		plant(t, filepath.Join(lower, "d/shared"), false, fmt.Sprint(i))
		must(t, os.Chmod(filepath.Join(lower, "d"), 0o755))
		must(t, os.Chmod(lower, 0o755))
		l.Lower = append([]string{lower}, l.Lower...)
	}
	return l
}

// mounts are the ways to mount layers.
var mounts = map[string]func(l Layers) (*Root, error){
	"as this kernel can": Mount,
	"by option": func(l Layers) (*Root, error) {
		fd, err := l.mountByOption()
		return &Root{file: os.NewFile(uintptr(fd), "root")}, err
	},
}

func TestMountShowsAllLayers(t *testing.T) {
	for name, mount := range mounts {
		for _, n := range []int{1, 2, 120} {
			t.Run(fmt.Sprint(n, " ", name), func(t *testing.T) {
				r, err := mount(layers(t, n))
				must(t, err)
				defer r.Close()
				for i := range n {
					data, err := r.ReadFile(fmt.Sprint("/file", i), 10)
					if err != nil || string(data) != fmt.Sprint(i) {
						t.Fatalf("file %d: %q, %v", i, data, err)
					}
				}
				got, err := r.ReadFile("/d/shared", 10)
				if want := fmt.Sprint(n - 1); err != nil || string(got) != want {
					t.Errorf("the topmost layer has %s; got %q, %v", want, got, err)
				}
			})
		}
	}
}

func TestMountWritesToTheUpperFolderAlone(t *testing.T) {
	var results [][]string
	for name, mount := range mounts {
		l := layers(t, 3)
		before := list(t, l.Lower[0])
		r, err := mount(l)
		must(t, err)
		w := NewWriter(r)
		must(t, errors.Join(w.File("/file0", file, folder, text("new")), w.Mkdir("/made", folder), w.Symlink("/file1", "x", file, folder)))
		must(t, w.Close())
		dir, err := r.OpenDir("/d")
		must(t, err)
		must(t, unix.Unlinkat(int(dir.Fd()), "shared", 0))
		dir.Close()
		must(t, r.Close())
		if diff := cmp.Diff(before, list(t, l.Lower[0])); diff != "" {
			t.Errorf("%s: a lower layer changed: %s", name, diff)
		}
		results = append(results, list(t, l.Upper))
	}
	want := []string{`"d" 040755 0:0 now`, `"d/shared" 020000 0:0 now 0:0`, `"file0" 100640 1000:2000 late new`, `"file1" 120777 1000:2000 late -> x`, `"made" 040750 3:4 late`}
	for _, got := range results {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestMountWithoutUpperFolderIsReadOnly(t *testing.T) {
	for name, mount := range mounts {
		l := layers(t, 2)
		l.Upper, l.Work = "", ""
		r, err := mount(l)
		must(t, err)
		if err := NewWriter(r).File("/f", file, folder, text("")); !errors.Is(err, unix.EROFS) {
			t.Errorf("%s: %v", name, err)
		}
		must(t, r.Close())
	}
}

func TestMountIsInNoMountNamespace(t *testing.T) {
	for name, mount := range mounts {
		l := layers(t, 2)
		before, err := os.ReadFile("/proc/self/mountinfo")
		must(t, err)
		r, err := mount(l)
		must(t, err)
		during, err := os.ReadFile("/proc/self/mountinfo")
		must(t, err)
		if strings.Contains(string(during), l.Point) || strings.Count(string(during), " overlay ") != strings.Count(string(before), " overlay ") {
			t.Errorf("%s: the mount is visible:\n%s", name, during)
		}
		must(t, r.Close())
		must(t, os.RemoveAll(filepath.Dir(l.Point))) // nothing is busy
	}
}

func TestMountWorksWithLongAndOddPaths(t *testing.T) {
	dir := t.TempDir()
	l := Layers{User: unshare.IsRootless(), Point: dir}
	for i := range 30 {
		lower := filepath.Join(dir, strings.Repeat("long:,\\ ", 30), fmt.Sprint(i))
		plant(t, filepath.Join(lower, fmt.Sprint("f", i)), false, "x")
		l.Lower = append(l.Lower, lower)
	}
	for name, mount := range mounts {
		r, err := mount(l)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := r.Stat("/f29"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		r.Close()
	}
}

func TestMountNamesEveryMissingFolder(t *testing.T) {
	l := layers(t, 2)
	l.Lower = append(l.Lower, "/no/such/lower")
	l.Work = "/no/such/work"
	_, err := Mount(l)
	if err == nil || !strings.Contains(err.Error(), "/no/such/lower") || !strings.Contains(err.Error(), "/no/such/work") {
		t.Error(err)
	}
}

func TestMountLeavesNoDescriptors(t *testing.T) {
	count := func() int {
		fds, err := os.ReadDir("/proc/self/fd")
		must(t, err)
		return len(fds)
	}
	l := layers(t, 5)
	l.Upper, l.Work = "", ""
	bad := l
	bad.Lower = append(bad.Lower[:5:5], "/no/such/lower")
	before := count()
	for _, mount := range mounts {
		r, err := mount(l)
		must(t, err)
		r.Close()
		if _, err := mount(bad); err == nil {
			t.Error("a missing layer is no error")
		}
	}
	if after := count(); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}
