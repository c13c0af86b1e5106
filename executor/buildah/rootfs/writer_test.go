package rootfs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// written is a folder with something in it, after f wrote to it.
func written(t *testing.T, before map[string]string, f func(w *Writer) error) ([]string, error) {
	t.Helper()
	dir := tree(t, before)
	w := NewWriter(openRoot(t, dir))
	err := f(w)
	must(t, w.Close())
	return list(t, dir), err
}

func text(s string) *strings.Reader { return strings.NewReader(s) }

var (
	file   = Meta{Mode: 0o640, UID: 1000, GID: 2000, Time: late}
	folder = Meta{Mode: 0o750, UID: 3, GID: 4, Time: late}
)

func TestWriterWritesEveryKindOfFile(t *testing.T) {
	tests := []struct {
		name   string
		before map[string]string
		write  func(w *Writer) error
		want   []string
	}{
		{"file with new parents", nil,
			func(w *Writer) error { return w.File("/a/b/f", file, folder, text("hi")) },
			[]string{`"a" 040750 3:4 late`, `"a/b" 040750 3:4 late`, `"a/b/f" 100640 1000:2000 late hi`}},
		{"setuid, setgid and sticky bits", nil,
			func(w *Writer) error {
				m := Meta{Mode: 0o7755, UID: 5, GID: 6, Time: late}
				return errors.Join(w.File("/f", m, folder, text("")), w.Mkdir("/d", m))
			},
			[]string{`"d" 047755 5:6 late`, `"f" 107755 5:6 late `}},
		{"no permission at all", nil,
			func(w *Writer) error {
				return errors.Join(w.File("/d/f", Meta{Time: late}, Meta{Time: late}, text("x")), w.File("/d/g", Meta{Time: late}, folder, text("y")))
			},
			[]string{`"d" 040000 0:0 late`, `"d/f" 100000 0:0 late x`, `"d/g" 100000 0:0 late y`}},
		{"an existing folder keeps its owner, mode and time", map[string]string{"a/old": "1"},
			func(w *Writer) error {
				return errors.Join(w.File("/a/new", file, folder, text("2")), w.Mkdir("/a", folder))
			},
			[]string{`"a" 040755 0:0 early`, `"a/new" 100640 1000:2000 late 2`, `"a/old" 100644 0:0 early 1`}},
		{"metadata of an existing folder, set before and after its files", map[string]string{"a/old": "1", "b/": ""},
			func(w *Writer) error {
				return errors.Join(w.SetDir("/a", folder), w.File("/a/new", file, folder, text("2")), w.File("/b/new", file, folder, text("2")), w.SetDir("/b", folder))
			},
			[]string{`"a" 040750 3:4 late`, `"a/new" 100640 1000:2000 late 2`, `"a/old" 100644 0:0 early 1`, `"b" 040750 3:4 late`, `"b/new" 100640 1000:2000 late 2`}},
		{"the last metadata of a folder holds", map[string]string{"a/": ""},
			func(w *Writer) error {
				return errors.Join(w.SetDir("/a", folder), w.SetDir("/a", Meta{Mode: 0o700, Time: early}))
			},
			[]string{`"a" 040700 0:0 early`}},
		{"a file in place of a file", map[string]string{"f": "longer than before"},
			func(w *Writer) error { return w.File("/f", file, folder, text("new")) },
			[]string{`"f" 100640 1000:2000 late new`}},
		{"a file in place of a link leaves the target alone", map[string]string{"f": "->t", "t": "target"},
			func(w *Writer) error { return w.File("/f", file, folder, text("new")) },
			[]string{`"f" 100640 1000:2000 late new`, `"t" 100644 0:0 early target`}},
		{"a link in place of a file and of a link", map[string]string{"f": "x", "l": "->f"},
			func(w *Writer) error {
				return errors.Join(w.Symlink("/f", "/a", file, folder), w.Symlink("/l", "b", file, folder))
			},
			[]string{`"f" 120777 1000:2000 late -> /a`, `"l" 120777 1000:2000 late -> b`}},
		{"links are followed in parents", map[string]string{"run/": "", "var/run": "->/run", "up": "->../../run"},
			func(w *Writer) error {
				return errors.Join(w.File("/var/run/f", file, folder, text("1")), w.File("/up/g", file, folder, text("2")), w.Mkdir("/var/run", folder))
			},
			[]string{`"run" 040755 0:0 early`, `"run/f" 100640 1000:2000 late 1`, `"run/g" 100640 1000:2000 late 2`,
				`"up" 120777 0:0 early -> ../../run`, `"var" 040755 0:0 early`, `"var/run" 120777 0:0 early -> /run`}},
		{"a FIFO", nil,
			func(w *Writer) error { return w.Special("/p", unix.S_IFIFO, 0, file, folder) },
			[]string{`"p" 010640 1000:2000 late`}},
		{"paths that are not clean", nil,
			func(w *Writer) error { return w.File("../x/../../f", file, folder, text("")) },
			[]string{`"f" 100640 1000:2000 late `}},
		{"times before 1970 and far away", nil,
			func(w *Writer) error {
				m := Meta{Mode: 0o600, Time: early.AddDate(-100, 0, 0)}
				return errors.Join(w.File("/f", m, m, text("")), w.Mkdir("/zero", Meta{Mode: 0o700}))
			},
			[]string{`"f" 100600 0:0 now `, `"zero" 040700 0:0 now`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := written(t, tt.before, tt.write)
			must(t, err)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWriterRefuses(t *testing.T) {
	before := map[string]string{"d/f": "kept", "file": "kept", "link": "->file", "dangling": "->none"}
	tests := []struct {
		name  string
		write func(w *Writer) error
		want  string
	}{
		{"a file in place of a folder", func(w *Writer) error { return w.File("/d", file, folder, text("")) }, "writing /d: the image has a directory of this name"},
		{"a link in place of a folder", func(w *Writer) error { return w.Symlink("/d", "x", file, folder) }, "writing /d: the image has a directory of this name"},
		{"a FIFO in place of a folder", func(w *Writer) error { return w.Special("/d", unix.S_IFIFO, 0, file, folder) }, "writing /d: the image has a directory of this name"},
		{"a hard link in place of a folder", func(w *Writer) error { return w.Link("/d", "/file", folder) }, "linking /d: the image has a directory of this name"},
		{"a folder in place of a file", func(w *Writer) error { return w.Mkdir("/file", folder) }, "/file exists in the image and is not a directory"},
		{"a folder in place of a link to a file", func(w *Writer) error { return w.Mkdir("/link", folder) }, "/link exists in the image and is not a directory"},
		{"a folder in place of a dangling link", func(w *Writer) error { return w.Mkdir("/dangling", folder) }, "/dangling exists in the image and is not a directory"},
		{"a file below a file", func(w *Writer) error { return w.File("/file/x/y", file, folder, text("")) }, "/file exists in the image and is not a directory"},
		{"a name that is too long", func(w *Writer) error { return w.File("/"+strings.Repeat("x", 256), file, folder, text("")) }, "file name too long"},
		{"a hard link to what is not there", func(w *Writer) error { return w.Link("/l", "/none", folder) }, "open /none: no such file or directory"},
		{"content that cannot be read", func(w *Writer) error { return w.File("/f", file, folder, brokenReader{}) }, "writing /f: it broke"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := written(t, before, tt.write)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if !strings.Contains(strings.Join(got, "\n"), "\"d/f\" 100644 0:0 early kept\n\"dangling\"") {
				t.Errorf("files changed:\n%s", strings.Join(got, "\n"))
			}
		})
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("it broke") }

func TestWriterKeepsOddNames(t *testing.T) {
	for _, name := range []string{"new\nline", "\xff\xfe", strings.Repeat("n", 255), strings.Repeat("é", 127), " ", "-rf", `back\slash`, "*", "a:b,c=d"} {
		got, err := written(t, nil, func(w *Writer) error {
			return errors.Join(w.File("/"+name+"/"+name, file, folder, text("x")), w.Symlink("/"+name+"/l", name, file, folder))
		})
		want := []string{
			fmt.Sprintf("%q 040750 3:4 late", name), fmt.Sprintf("%q 100640 1000:2000 late x", name+"/"+name),
			fmt.Sprintf("%q 120777 1000:2000 late -> %s", name+"/l", name),
		}
		less := func(a, b string) bool { return a < b }
		if diff := cmp.Diff(want, got, cmpSorted(less)); diff != "" || err != nil {
			t.Errorf("%q: %v\n%s", name, err, diff)
		}
	}
}

func TestWriterLinksAreOneFile(t *testing.T) {
	dir := tree(t, map[string]string{"old": "->f", "d/": ""})
	w := NewWriter(openRoot(t, dir))
	must(t, w.File("/d/a", file, folder, text("x")))
	must(t, w.Link("/new/b", "/d/a", folder))
	must(t, w.Link("/old", "/d/a", folder))
	must(t, w.Symlink("/s", "d/a", file, folder))
	must(t, w.Link("/s2", "/s", folder))
	must(t, w.Close())
	for _, name := range []string{"new/b", "old"} {
		if inodeOf(t, filepath.Join(dir, name)) != inodeOf(t, filepath.Join(dir, "d/a")) {
			t.Errorf("%s is another file", name)
		}
	}
	if inodeOf(t, filepath.Join(dir, "s2")) != inodeOf(t, filepath.Join(dir, "s")) {
		t.Error("a link to a symbolic link is another file")
	}
}

func TestWriterSetsAttributes(t *testing.T) {
	dir := t.TempDir()
	w := NewWriter(openRoot(t, dir))
	capability := []byte{1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} // cap_net_bind_service=ep
	attrs := map[string][]byte{"user.note": []byte("a\x00b"), "user.empty": {}, "security.capability": capability}
	m := Meta{Mode: 0o755, UID: 7, GID: 8, Time: late, Xattrs: attrs}
	must(t, w.File("/f", m, folder, text("x")))
	must(t, w.SetDir("/d", Meta{Mode: 0o755, Time: late, Xattrs: map[string][]byte{"user.note": []byte("dir")}}))
	must(t, w.Close())
	for _, name := range []string{"f", "d"} {
		f, err := os.Open(filepath.Join(dir, name))
		must(t, err)
		defer f.Close()
		want := attrs
		if name == "d" {
			want = map[string][]byte{"user.note": []byte("dir")}
		}
		if diff := cmp.Diff(want, xattrs(int(f.Fd()))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestWriterMakesDevices(t *testing.T) {
	rootOnly(t, "making device nodes")
	got, err := written(t, nil, func(w *Writer) error {
		return errors.Join(w.Special("/c", unix.S_IFCHR, unix.Mkdev(1, 3), file, folder), w.Special("/b", unix.S_IFBLK, unix.Mkdev(7, 300), file, folder))
	})
	must(t, err)
	if diff := cmp.Diff([]string{`"b" 060640 1000:2000 late 7:300`, `"c" 020640 1000:2000 late 1:3`}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWriterNamesOwnersThatAUserCannotGive(t *testing.T) {
	if data, err := os.ReadFile("/proc/self/uid_map"); err != nil || strings.Contains(string(data), "4294967295") {
		t.Skip("needs a user namespace: the superuser of the host may give any owner")
	}
	for name, write := range map[string]func(w *Writer, m Meta) error{
		"file":   func(w *Writer, m Meta) error { return w.File("/x", m, folder, text("")) },
		"folder": func(w *Writer, m Meta) error { return w.Mkdir("/x", m) },
		"link":   func(w *Writer, m Meta) error { return w.Symlink("/x", "y", m, folder) },
	} {
		_, err := written(t, nil, func(w *Writer) error { return write(w, Meta{Mode: 0o644, UID: 9_999_999}) })
		if err == nil || !strings.Contains(err.Error(), "/x: owner 9999999:0 is outside the ids") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
