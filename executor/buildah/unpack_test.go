package buildah

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.podman.io/storage/pkg/archive"
	"go.podman.io/storage/pkg/unshare"
	"golang.org/x/sys/unix"

	"github.com/strakebuild/strake/planner"
)

// archived writes a tar archive. A header without a type is a file with its
// Linkname as content; members without a time have that of files from git.
func archived(t *testing.T, headers ...tar.Header) string {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range headers {
		content := ""
		if h.Typeflag == 0 {
			h.Typeflag, content, h.Linkname = tar.TypeReg, h.Linkname, ""
			h.Size = int64(len(content))
		}
		if h.ModTime.IsZero() {
			h.ModTime = earliest
		}
		if h.Mode == 0 {
			h.Mode = 0o644
		}
		if h.Typeflag == tar.TypeXGlobalHeader { // holds nothing else
			h.Mode, h.ModTime = 0, time.Time{}
		}
		must(t, w.WriteHeader(&h))
		_, err := io.WriteString(w, content)
		must(t, err)
	}
	must(t, w.Close())
	return out.String()
}

func unpack(name string, data string) planner.Op {
	return planner.Op{Copy: &planner.Copy{Dest: "/out", Unpack: true, Sources: []planner.Source{text(name, data)}}}
}

func TestUnpack(t *testing.T) {
	b := open(t, nil)
	base := ground(t, b)
	later := earliest.Add(24 * time.Hour)
	long := strings.Repeat("long/", 60) + "name"
	note := tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": strings.Repeat("commit", 200)}}
	tests := []struct {
		name    string
		headers []tar.Header
		want    []string
	}{
		{"files, folders and links", []tar.Header{
			{Name: "./", Typeflag: tar.TypeDir, Mode: 0o700},
			{Name: "d/", Typeflag: tar.TypeDir, Mode: 0o1750, Uid: 3, Gid: 4},
			{Name: "d/f", Linkname: "1", Mode: 0o4755, Uid: 5, Gid: 6},
			{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "/d/f", Mode: 0o777},
			{Name: "p", Typeflag: tar.TypeFifo, Mode: 0o600},
			{Name: "late", Linkname: "2", ModTime: later},
		}, []string{"out 040755 0:0", "out/d 041750 3:4", "out/d/f 104755 5:6 1", "out/l 120777 0:0 -> /d/f", "out/late 100644 0:0 2 (other time)", "out/p 010600 0:0"}},
		{"folders that no member names", []tar.Header{{Name: "a/b/f", Linkname: "1"}}, []string{"out 040755 0:0", "out/a 040755 0:0", "out/a/b 040755 0:0", "out/a/b/f 100644 0:0 1"}},
		{"a folder after its files", []tar.Header{{Name: "d/f", Linkname: "1"}, {Name: "d", Typeflag: tar.TypeDir, Mode: 0o700}}, []string{"out 040755 0:0", "out/d 040700 0:0", "out/d/f 100644 0:0 1"}},
		{"the same name twice", []tar.Header{{Name: "f", Linkname: "1"}, {Name: "f", Linkname: "22"}}, []string{"out 040755 0:0", "out/f 100644 0:0 22"}},
		{"absolute names", []tar.Header{{Name: "/etc/passwd", Linkname: "mine"}}, []string{"out 040755 0:0", "out/etc 040755 0:0", "out/etc/passwd 100644 0:0 mine"}},
		{"names that go down and up", []tar.Header{{Name: "a/../b/./f", Linkname: "1"}}, []string{"out 040755 0:0", "out/b 040755 0:0", "out/b/f 100644 0:0 1"}},
		{"a long name first", []tar.Header{{Name: long, Linkname: "1", Format: tar.FormatPAX}}, nil},
		{"a long name of GNU tar first", []tar.Header{{Name: long, Linkname: "1", Format: tar.FormatGNU}}, nil},
		{"the note that git writes first", []tar.Header{note, {Name: "f", Linkname: "1"}},
			[]string{"out 040755 0:0", "out/f 100644 0:0 1"}},
		{"a link and then a file through it", []tar.Header{{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "/run"}, {Name: "l/f", Linkname: "1"}},
			[]string{"out 040755 0:0", "out/l 120777 0:0 -> /run", "run 040755 0:0", "run/f 100644 0:0 1"}},
		{"a link out of the root and a file through it", []tar.Header{{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "../../../../../../tmp"}, {Name: "l2", Typeflag: tar.TypeSymlink, Linkname: "../../../../../../run"}, {Name: "l2/f", Linkname: "1"}},
			[]string{"out 040755 0:0", "out/l 120777 0:0 -> ../../../../../../tmp", "out/l2 120777 0:0 -> ../../../../../../run", "run 040755 0:0", "run/f 100644 0:0 1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := step(tt.name, base, unpack("a.tar", archived(t, tt.headers...)))
			mustBuild(t, b, s)
			if tt.want == nil {
				if data, err := os.ReadFile(filepath.Join(layerDir(t, b, s), "out", long)); string(data) != "1" {
					t.Error(err)
				}
				return
			}
			if diff := cmp.Diff(tt.want, entries(t, layerDir(t, b, s))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnpackKeepsHardLinksAndAttributes(t *testing.T) {
	b := open(t, nil)
	capability := "\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	s := step("attributes", nil, unpack("a.tar", archived(t,
		tar.Header{Name: "a", Linkname: "1", PAXRecords: map[string]string{"SCHILY.xattr.user.note": "kept", "SCHILY.xattr.security.capability": capability, "SCHILY.xattr.user.overlay.opaque": "y", "SCHILY.xattr.trusted.x": "no"}},
		tar.Header{Name: "d/b", Typeflag: tar.TypeLink, Linkname: "a"},
	)))
	mustBuild(t, b, s)
	publish(t, b, image("attributes", s))
	dir := unpacked(t, export(t, b, "localhost/test/attributes"))
	var one, two unix.Stat_t
	must(t, unix.Lstat(dir+"/out/a", &one))
	must(t, unix.Lstat(dir+"/out/d/b", &two))
	if one.Ino != two.Ino {
		t.Error("a hard link became a file of its own")
	}
	for name, want := range map[string]string{"user.note": "kept", "security.capability": capability, "user.overlay.opaque": "", "trusted.x": ""} {
		value := make([]byte, 100)
		n, err := unix.Getxattr(dir+"/out/a", name, value)
		if got := string(value[:max(n, 0)]); got != want || (err == nil) != (want != "") {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
}

func TestUnpackKnowsCompressions(t *testing.T) {
	plain := archived(t, tar.Header{Name: "f", Linkname: "1"})
	compressed := map[string]string{"tar": plain}
	for name, kind := range map[string]archive.Compression{"tar.gz": archive.Gzip, "tar.zst": archive.Zstd} {
		var out bytes.Buffer
		w, err := archive.CompressStream(&out, kind)
		must(t, err)
		_, err = io.WriteString(w, plain)
		must(t, errors.Join(err, w.Close()))
		compressed[name] = out.String()
	}
	for _, name := range []string{"tar.bz2", "tar.xz"} { // what Go libraries do not write
		data, err := os.ReadFile("testdata/one-file." + name)
		must(t, err)
		compressed[name] = string(data)
	}
	b := open(t, nil)
	for name, data := range compressed {
		t.Run(name, func(t *testing.T) {
			s := step(name, nil, unpack("a", data)) // the name of the file says nothing
			mustBuild(t, b, s)
			if diff := cmp.Diff([]string{"out 040755 0:0", "out/f 100644 0:0 1"}, entries(t, layerDir(t, b, s))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnpackCopiesWhatIsNoArchive(t *testing.T) {
	b := open(t, nil)
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	io.WriteString(w, strings.Repeat("a text that is compressed", 100))
	must(t, w.Close())
	for name, data := range map[string]string{
		"text": "a text", "empty": "", "long": strings.Repeat("long text\n", 1000), "zero.bin": strings.Repeat("\x00", 4096),
		"text.gz": zipped.String(), "broken.gz": "\x1f\x8b\x08\x00broken", "broken.xz": "\xfd7zXZ\x00broken", "broken.zst": "\x28\xb5\x2f\xfdbroken",
		"broken.bz2": "BZh9broken", "random": strings.Repeat("\x01\xff\x80", 700),
	} {
		s := step(name, nil, planner.Op{Copy: &planner.Copy{Dest: "/out/", Unpack: true, Sources: []planner.Source{text(name, data)}}})
		mustBuild(t, b, s)
		if got, err := os.ReadFile(filepath.Join(layerDir(t, b, s), "out", name)); string(got) != data || err != nil {
			t.Errorf("%s: %.20q, %v", name, got, err)
		}
	}
}

func TestUnpackWithOwnerAndMode(t *testing.T) {
	b := open(t, nil)
	op := unpack("a.tar", archived(t, tar.Header{Name: "d/", Typeflag: tar.TypeDir, Mode: 0o755, Uid: 9}, tar.Header{Name: "d/f", Linkname: "1", Uid: 9, Gid: 9}))
	op.Copy.Owner, op.Copy.Mode = planner.Owner{User: "7", Group: "8"}, octal(0o710)
	s := step("owned", nil, op)
	mustBuild(t, b, s)
	if diff := cmp.Diff([]string{"out 040755 7:8", "out/d 040710 7:8", "out/d/f 100710 7:8 1"}, entries(t, layerDir(t, b, s))); diff != "" {
		t.Error(diff)
	}
}

// TestUnpackStaysInside unpacks archives that try to reach files of the host. The
// links among them lead to a folder that exists on the host and not in the image.
func TestUnpackStaysInside(t *testing.T) {
	b := open(t, nil)
	base := ground(t, b)
	host := t.TempDir()
	canary := filepath.Join(host, "canary")
	must(t, os.WriteFile(canary, []byte("untouched"), 0o644))
	up := strings.Repeat("../", 30) + host[1:]
	link := func(target string) tar.Header {
		return tar.Header{Name: "l", Typeflag: tar.TypeSymlink, Linkname: target}
	}
	before := snapshot(t, host)
	tests := []struct {
		name    string
		headers []tar.Header
		want    string
	}{
		{"dot dots", []tar.Header{{Name: "../f", Linkname: "x"}}, `member "../f" leads out of the archive`},
		{"many dot dots", []tar.Header{{Name: "a/" + up + "/canary", Linkname: "x"}}, "leads out of the archive"},
		{"a folder above", []tar.Header{{Name: "..", Typeflag: tar.TypeDir}}, `member ".." leads out of the archive`},
		{"a hard link to dot dots", []tar.Header{{Name: "h", Typeflag: tar.TypeLink, Linkname: "../../etc/passwd"}}, `member "../../etc/passwd" leads out of the archive`},
		{"a hard link to the host", []tar.Header{{Name: "h", Typeflag: tar.TypeLink, Linkname: canary}}, "no such file or directory"},
		{"a hard link through a link", []tar.Header{link(host), {Name: "h", Typeflag: tar.TypeLink, Linkname: "l/canary"}}, "no such file or directory"},
		{"a file through an absolute link", []tar.Header{link(host), {Name: "l/canary", Linkname: "x"}}, "/out/l exists in the image and is not a directory"},
		{"a file through a climbing link", []tar.Header{link(up), {Name: "l/canary", Linkname: "x"}}, "/out/l exists in the image and is not a directory"},
		{"a file over a link to a file", []tar.Header{link(canary), {Name: "l", Linkname: "x"}}, ""},
		{"a folder over a link", []tar.Header{link(host), {Name: "l", Typeflag: tar.TypeDir}}, "/out/l exists in the image and is not a directory"},
		{"a link to a process", []tar.Header{link("/proc/self/root"), {Name: "l/canary", Linkname: "x"}}, "/out/l exists in the image and is not a directory"},
		{"a link to its folder", []tar.Header{{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "."}, {Name: "l/l/l/f", Linkname: "x"}}, ""},
		{"a deletion", []tar.Header{{Name: "../out/.wh.f", Linkname: ""}}, "leads out of the archive"},
		{"a name that means a deletion", []tar.Header{{Name: "d/.wh.f", Linkname: ""}}, `member "d/.wh.f": names that begin with .wh. cannot be stored in a layer`},
		{"a folder whose name means one", []tar.Header{{Name: ".wh.d/f", Linkname: ""}}, ".wh."},
		{"an unknown kind of member", []tar.Header{{Name: "f", Typeflag: 'Z'}}, `f: unknown type of member 'Z'`},
		{"a file in place of a folder", []tar.Header{{Name: "d/", Typeflag: tar.TypeDir, Mode: 0o755}, {Name: "d", Linkname: "x"}}, "the image has a directory of this name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := build(t, b, step(tt.name, base, unpack("evil.tar", archived(t, tt.headers...))))
			if (err == nil) != (tt.want == "") || (err != nil && !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if diff := cmp.Diff(before, snapshot(t, host)); diff != "" {
				t.Errorf("the host changed: %s", diff)
			}
		})
	}
	if data, err := os.ReadFile(canary); err != nil || string(data) != "untouched" {
		t.Errorf("%q, %v", data, err)
	}
}

func TestUnpackOfACutArchiveIsAnError(t *testing.T) {
	b := open(t, nil)
	whole := archived(t, tar.Header{Name: "f", Linkname: strings.Repeat("x", 5000)})
	for _, n := range []int{600, 3000, 5100} {
		if _, err := build(t, b, step("cut", nil, unpack("a.tar", whole[:n]))); err == nil || !strings.Contains(err.Error(), "unpacking a.tar: ") {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestUnpackBoundsWhatItReads(t *testing.T) {
	r := &bounded{r: strings.NewReader("123456789"), left: 8}
	if data, err := io.ReadAll(r); err == nil || !strings.Contains(err.Error(), "more than 16 GiB") {
		t.Errorf("%q, %v", data, err)
	}
	r = &bounded{r: strings.NewReader("12345678"), left: 8}
	if data, err := io.ReadAll(r); err != nil || len(data) != 8 {
		t.Errorf("%q, %v", data, err)
	}
}

func TestUnpackSparseFilesAndDevices(t *testing.T) {
	b := open(t, nil)
	dir := t.TempDir()
	must(t, os.WriteFile(dir+"/holes", nil, 0o644))
	must(t, os.Truncate(dir+"/holes", 1<<20))
	gnu := output(t, program(t, "tar", "tar"), "-C", dir, "--sparse", "--format=gnu", "-cf", "-", "holes")
	s := step("sparse", nil, unpack("a.tar", gnu))
	mustBuild(t, b, s)
	if info, err := os.Stat(layerDir(t, b, s) + "/out/holes"); err != nil || info.Size() != 1<<20 {
		t.Errorf("%v, %v", info, err)
	}
	device := step("device", nil, unpack("a.tar", archived(t, tar.Header{Name: "null", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3, Mode: 0o666})))
	_, err := build(t, b, device)
	if unshare.IsRootless() {
		if err == nil || !strings.Contains(err.Error(), "writing /out/null: operation not permitted") {
			t.Errorf("a device without the right to make one: %v", err)
		}
		return
	}
	must(t, err)
	if got := entries(t, layerDir(t, b, device)); !slices.Contains(got, "out/null 020666 0:0") {
		t.Errorf("%q", got)
	}
}
