package rootfs

import (
	"fmt"
	"net"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// source is a tree with every kind of file.
func source(t *testing.T) string {
	dir := tree(t, map[string]string{
		"s/f": "1", "s/sub/g": "2", "s/sub/deep/h": "3", "s/empty/": "", "s/l": "->/etc/passwd",
		"single": "4", "s/hard1": "5", "link": "->s", "flink": "->/single", "chain": "->flink", "dangling": "->none",
	})
	must(t, os.Link(filepath.Join(dir, "s/hard1"), filepath.Join(dir, "s/sub/hard2")))
	must(t, unix.Mkfifo(filepath.Join(dir, "s/pipe"), 0o600))
	for name, st := range map[string][3]int{"s": {8, 9, 0o711}, "s/f": {1000, 2000, 0o4755}, "s/sub": {3, 4, 0o1777}, "s/sub/g": {5, 6, 0o600}, "single": {7, 7, 0o444}} {
		must(t, os.Lchown(filepath.Join(dir, name), st[0], st[1]))
		must(t, unix.Chmod(filepath.Join(dir, name), uint32(st[2])))
	}
	for _, name := range []string{"s", "s/f", "s/sub", "s/sub/deep", "s/sub/g", "single", "s/pipe"} {
		setTime(t, filepath.Join(dir, name), late)
	}
	return dir
}

func ptr(n uint32) *uint32 { return &n }

func copied(t *testing.T, before map[string]string, src, dst string, c Copy) ([]string, int, error) {
	t.Helper()
	from := openRoot(t, source(t))
	var n int
	got, err := written(t, before, func(w *Writer) (err error) { n, err = w.Tree(from, src, dst, c); return err })
	return got, n, err
}

func TestTreeCopies(t *testing.T) {
	globs := func(patterns ...string) func(string) bool {
		return func(rel string) bool {
			for _, p := range patterns {
				if ok, _ := path.Match(p, rel); ok {
					return true
				}
			}
			return false
		}
	}
	whole := []string{
		`"d" 040711 8:9 late`, `"d/empty" 040755 0:0 early`, `"d/f" 104755 1000:2000 late 1`, `"d/hard1" 100644 0:0 early 5`,
		`"d/l" 120777 0:0 early -> /etc/passwd`, `"d/pipe" 010600 0:0 late`, `"d/sub" 041777 3:4 late`, `"d/sub/deep" 040755 0:0 late`,
		`"d/sub/deep/h" 100644 0:0 early 3`, `"d/sub/g" 100600 5:6 late 2`, `"d/sub/hard2" 100644 0:0 early 5`,
	}
	owned := strings.NewReplacer(" 8:9 ", " 1:2 ", " 0:0 ", " 1:2 ", " 3:4 ", " 1:2 ", " 5:6 ", " 1:2 ", " 1000:2000 ", " 1:2 ")
	var chowned []string
	for _, line := range whole {
		chowned = append(chowned, owned.Replace(line))
	}
	tests := []struct {
		name     string
		before   map[string]string
		src, dst string
		copy     Copy
		want     []string
		n        int
	}{
		{"a folder as it is", nil, "/s", "/d", Copy{Parent: folder}, whole, 10},
		{"a folder behind a link", nil, "/link/", "/d", Copy{Parent: folder}, whole, 10},
		{"with another owner", nil, "/s", "/d", Copy{Parent: folder, UID: ptr(1), GID: ptr(2)}, chowned, 10},
		{"with another mode", nil, "/s/sub/deep", "/d", Copy{Parent: folder, Mode: ptr(0o4711)},
			[]string{`"d" 044711 0:0 late`, `"d/h" 104711 0:0 early 3`}, 1},
		{"below new parents", nil, "/s/sub/deep", "/p/q", Copy{Parent: folder},
			[]string{`"p" 040750 3:4 late`, `"p/q" 040755 0:0 late`, `"p/q/h" 100644 0:0 early 3`}, 1},
		{"a file", nil, "/single", "/x", Copy{Parent: folder}, []string{`"x" 100444 7:7 late 4`}, 1},
		{"a file into a folder", map[string]string{"x/": ""}, "/single", "/x", Copy{Parent: folder, Into: true},
			[]string{`"x" 040755 0:0 early`, `"x/single" 100444 7:7 late 4`}, 1},
		{"the file that a link leads to", nil, "/chain", "/x", Copy{Parent: folder}, []string{`"x" 100444 7:7 late 4`}, 1},
		{"the file that a link leads to, under the link's name", nil, "/flink", "/x", Copy{Parent: folder, Into: true},
			[]string{`"x" 040750 3:4 late`, `"x/flink" 100444 7:7 late 4`}, 1},
		{"a link inside a folder stays one", nil, "/s", "/d", Copy{Parent: folder, Selected: globs("l")},
			[]string{`"d" 040750 3:4 late`, `"d/l" 120777 0:0 early -> /etc/passwd`}, 1},
		{"merged into an existing folder", map[string]string{"d/f": "old", "d/mine": "mine", "d/sub/mine": "mine"}, "/s", "/d",
			Copy{Parent: folder, Selected: globs("f", "sub", "sub/g")},
			[]string{`"d" 040755 0:0 early`, `"d/f" 104755 1000:2000 late 1`, `"d/mine" 100644 0:0 early mine`, `"d/sub" 041777 3:4 late`,
				`"d/sub/g" 100600 5:6 late 2`, `"d/sub/mine" 100644 0:0 early mine`}, 3},
		{"folders on the way to a selected file get the source's metadata", nil, "/s", "/d", Copy{Parent: folder, Selected: globs("sub/deep/h")},
			[]string{`"d" 040750 3:4 late`, `"d/sub" 041777 3:4 late`, `"d/sub/deep" 040755 0:0 late`, `"d/sub/deep/h" 100644 0:0 early 3`}, 1},
		{"an unselected folder is searched", nil, "/s", "/d", Copy{Parent: folder, Selected: globs("none")}, []string{`"d" 040750 3:4 late`}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, n, err := copied(t, tt.before, tt.src, tt.dst, tt.copy)
			must(t, err)
			if diff := cmp.Diff(tt.want, got); diff != "" || n != tt.n {
				t.Errorf("%d entries\n%s", n, diff)
			}
		})
	}
}

func TestTreeRefuses(t *testing.T) {
	tests := []struct {
		name     string
		before   map[string]string
		src, dst string
		want     string
	}{
		{"a missing source", nil, "/none", "/d", "open /none: no such file or directory"},
		{"a dangling link", nil, "/dangling", "/d", "open /dangling: no such file or directory"},
		{"a folder in place of a file", map[string]string{"d": ""}, "/s", "/d", "/d exists in the image and is not a directory"},
		{"a subfolder in place of a file", map[string]string{"d/sub": ""}, "/s", "/d", "/d/sub exists in the image and is not a directory"},
		{"a file in place of a folder", map[string]string{"d/f/": ""}, "/s", "/d", "writing /d/f: the image has a directory of this name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, _, err := copied(t, tt.before, tt.src, tt.dst, Copy{}); err == nil || err.Error() != tt.want {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

func TestTreeKeepsHardLinksWithinOneCopy(t *testing.T) {
	from := openRoot(t, source(t))
	dir := t.TempDir()
	w := NewWriter(openRoot(t, dir))
	for _, dst := range []string{"/a", "/b"} {
		_, err := w.Tree(from, "/s", dst, Copy{})
		must(t, err)
	}
	must(t, w.Close())
	first, second := inodeOf(t, filepath.Join(dir, "a/hard1")), inodeOf(t, filepath.Join(dir, "a/sub/hard2"))
	if other := inodeOf(t, filepath.Join(dir, "b/hard1")); first != second || first == other {
		t.Errorf("inodes %d, %d and %d", first, second, other)
	}
}

func TestTreeKeepsAttributes(t *testing.T) {
	src, dst := tree(t, map[string]string{"s/d/f": "x"}), t.TempDir()
	want := map[string][]byte{}
	for i := range 40 { // more than one small list holds, less than an ext4 block
		want[fmt.Sprintf("user.%060d", i)] = []byte{byte(i)}
	}
	for key, value := range want {
		for _, name := range []string{"s/d", "s/d/f"} {
			must(t, unix.Setxattr(filepath.Join(src, name), key, value, 0))
		}
	}
	w := NewWriter(openRoot(t, dst))
	_, err := w.Tree(openRoot(t, src), "/s", "/", Copy{})
	must(t, err)
	must(t, w.Close())
	for _, name := range []string{"d", "d/f"} {
		f, err := os.Open(filepath.Join(dst, name))
		must(t, err)
		defer f.Close()
		if diff := cmp.Diff(want, xattrs(int(f.Fd()))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestTreeLeavesAttributesOfOverlaysBehind(t *testing.T) {
	src := tree(t, map[string]string{"f": "x"})
	must(t, unix.Setxattr(filepath.Join(src, "f"), "user.overlay.origin", []byte("1"), 0))
	must(t, unix.Setxattr(filepath.Join(src, "f"), "user.overlaid", []byte("2"), 0))
	f, err := os.Open(filepath.Join(src, "f"))
	must(t, err)
	defer f.Close()
	if diff := cmp.Diff(map[string][]byte{"user.overlaid": []byte("2")}, xattrs(int(f.Fd()))); diff != "" {
		t.Error(diff)
	}
}

func TestTreeCopiesDevicesAndLeavesSocketsOut(t *testing.T) {
	src := tree(t, map[string]string{"f": "x"})
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(src, "sock"), Net: "unix"})
	must(t, err)
	defer l.Close()
	want := []string{`"f" 100644 0:0 early x`}
	if os.Getuid() == 0 && unix.Mknod(filepath.Join(src, "null"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))) == nil {
		must(t, unix.Chmod(filepath.Join(src, "null"), 0o666))
		setTime(t, filepath.Join(src, "null"), late)
		want = append(want, `"null" 020666 0:0 late 1:3`)
	}
	got, err := written(t, nil, func(w *Writer) error {
		n, err := w.Tree(openRoot(t, src), "/", "/", Copy{})
		if n != len(want) {
			t.Errorf("%d entries", n)
		}
		return err
	})
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
