package rootfs

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// nested is a root in a folder with a file that must never be seen.
func nested(t *testing.T) (*Root, string) {
	dir := tree(t, map[string]string{
		"passwd":               "outside",
		"etc/passwd":           "outside",
		"root/etc/passwd":      "inside",
		"root/absolute":        "->/etc/passwd",
		"root/up":              "->../../../../etc/passwd",
		"root/one":             "->two",
		"root/two":             "->/dir/three",
		"root/dir/three":       "->../../one-more",
		"root/one-more":        "->etc/passwd",
		"root/folder":          "->/etc",
		"root/parent":          "->..",
		"root/loop":            "->loop2",
		"root/loop2":           "->/loop",
		"root/self":            "->/proc/self/root/etc/passwd",
		"root/dangling":        "->/nowhere",
		"root/deep/a/b/climb":  "->../../../../../../..",
		"root/deep/a/b/dotdot": "->../..",
	})
	return openRoot(t, filepath.Join(dir, "root")), dir
}

func TestRootResolvesEveryPathInside(t *testing.T) {
	r, _ := nested(t)
	tests := []struct {
		name, path, want string
		err              error
	}{
		{"plain", "/etc/passwd", "inside", nil},
		{"without a leading slash", "etc/passwd", "inside", nil},
		{"doubled slashes", "//etc///passwd", "inside", nil},
		{"dot dot above the root", "/../../etc/passwd", "inside", nil},
		{"dot dot after a folder", "/dir/../../../passwd/../etc/passwd", "", unix.ENOENT},
		{"absolute link", "/absolute", "inside", nil},
		{"link with many dot dots", "/up", "inside", nil},
		{"chain of links", "/one", "inside", nil},
		{"link to a folder", "/folder/passwd", "inside", nil},
		{"link to the parent of the root", "/parent/etc/passwd", "inside", nil},
		{"link that climbs", "/deep/a/b/climb/etc/passwd", "inside", nil},
		{"dot dot behind a link", "/deep/a/b/dotdot/../etc/passwd", "inside", nil},
		{"loop", "/loop", "", unix.ELOOP},
		{"link to a process' root", "/self", "", unix.ENOENT},
		{"dangling link", "/dangling", "", unix.ENOENT},
		{"file as a folder", "/etc/passwd/x", "", unix.ENOTDIR},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := r.ReadFile(tt.path, 100)
			if string(got) != tt.want || !isErr(err, tt.err) {
				t.Errorf("%q, %v", got, err)
			}
			if (err != nil) != (tt.err != nil) || IsNotExist(err) != (tt.err == unix.ENOENT || tt.err == unix.ENOTDIR) {
				t.Errorf("IsNotExist is %v for %v", IsNotExist(err), err)
			}
		})
	}
}

func TestRootDoesNotFollowMagicLinks(t *testing.T) {
	r := openRoot(t, "/")
	for _, path := range []string{"/proc/self/root/etc", "/proc/self/cwd", "/proc/self/exe", "/proc/self/fd/0"} {
		if _, err := r.Stat(path); !isErr(err, unix.ELOOP) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestRootDescribesLinksAndTheirTargets(t *testing.T) {
	r, _ := nested(t)
	kind := func(st unix.Stat_t, err error) uint32 {
		must(t, err)
		return st.Mode & unix.S_IFMT
	}
	if got := kind(r.Stat("/folder")); got != unix.S_IFDIR {
		t.Errorf("Stat gives %o", got)
	}
	if got := kind(r.Lstat("/folder")); got != unix.S_IFLNK {
		t.Errorf("Lstat gives %o", got)
	}
	if !r.IsDir("/folder") || !r.IsDir("/") || r.IsDir("/absolute") || r.IsDir("/dangling") {
		t.Error("IsDir is wrong")
	}
	if got, err := r.Readlink("/folder/../up"); got != "../../../../etc/passwd" || err != nil {
		t.Errorf("Readlink gives %q, %v", got, err)
	}
	if _, err := r.Readlink("/etc"); err == nil {
		t.Error("Readlink of a folder gives no error")
	}
	if _, err := r.OpenDir("/absolute"); !isErr(err, unix.ENOTDIR) {
		t.Errorf("OpenDir of a file: %v", err)
	}
}

func isErr(err, want error) bool {
	return err == want || (err != nil && want != nil && strings.HasSuffix(err.Error(), want.Error()))
}

func TestReadFileRefusesWhatIsNoSmallRegularFile(t *testing.T) {
	dir := tree(t, map[string]string{"folder/": "", "fits": "12345678", "large": "123456789", "link": "->fifo"})
	must(t, unix.Mkfifo(filepath.Join(dir, "fifo"), 0o666))
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "s"), Net: "unix"})
	must(t, err)
	defer l.Close()
	r := openRoot(t, dir)
	tests := []struct{ path, data, err string }{
		{"/fits", "12345678", ""},
		{"/large", "", "/large is larger than 8 bytes"},
		{"/folder", "", "/folder is not a regular file"},
		{"/fifo", "", "/fifo is not a regular file"},
		{"/link", "", "/link is not a regular file"},
		{"/s", "", "open /s: no such device or address"},
		{"/none", "", "open /none: no such file or directory"},
	}
	for _, tt := range tests {
		quick(t, func() {
			data, err := r.ReadFile(tt.path, 8)
			if string(data) != tt.data || (err == nil) != (tt.err == "") || (err != nil && err.Error() != tt.err) {
				t.Errorf("%s: %q, %v", tt.path, data, err)
			}
		})
	}
}

func TestGlob(t *testing.T) {
	dir := tree(t, map[string]string{
		"a/x.txt": "", "a/y.txt": "", "a/sub/z.txt": "", "b/x.txt": "", "b/[odd]": "", "link": "->/a",
		"dangling.txt": "->/none", "out": "->../../..", "new\nline": "", "f": "",
	})
	r := openRoot(t, dir)
	tests := []struct {
		name, pattern string
		want          []string
	}{
		{"no wildcard", "/a/x.txt", []string{"/a/x.txt"}},
		{"missing", "/a/none", nil},
		{"root", "/", []string{"/"}},
		{"star", "/a/*.txt", []string{"/a/x.txt", "/a/y.txt"}},
		{"star in a folder's place", "/*/x.txt", []string{"/a/x.txt", "/b/x.txt", "/link/x.txt"}},
		{"question mark and class", "/[a-b]/?.txt", []string{"/a/x.txt", "/a/y.txt", "/b/x.txt"}},
		{"star matches no slash", "/a/*z.txt", nil},
		{"escaped", `/b/\[odd\]`, []string{"/b/[odd]"}},
		{"through a link", "/link/y*", []string{"/link/y.txt"}},
		{"a dangling link is there", "/dang*", []string{"/dangling.txt"}},
		{"below a file", "/f/*", nil},
		{"a link above the root leads to the root", "/out/f*", []string{"/out/f"}},
		{"dot dots stay inside", "/../../a/../f", []string{"/f"}},
		{"name with a newline", "/new*", []string{"/new\nline"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := r.Glob(tt.pattern)
			must(t, err)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := r.Glob("/a/[x"); err == nil || !strings.Contains(err.Error(), `"[x"`) {
		t.Errorf("a broken pattern: %v", err)
	}
}

func TestOpenNamesAMissingFolder(t *testing.T) {
	if _, err := Open("/nowhere/at/all"); !os.IsNotExist(err) || !strings.Contains(err.Error(), "/nowhere/at/all") {
		t.Error(err)
	}
}
