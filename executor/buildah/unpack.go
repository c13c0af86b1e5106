package buildah

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"go.podman.io/storage/pkg/archive"
	"golang.org/x/sys/unix"

	"github.com/strakebuild/strake/executor/buildah/rootfs"
	"github.com/strakebuild/strake/planner"
)

// Bounds of one archive, so that a small file cannot fill the disk.
const (
	maxUnpackBytes   = 16 << 30
	maxUnpackEntries = 5_000_000
)

// unpack extracts an archive below the destination. It reports false, having
// written nothing, when the file is no archive.
func (p *placing) unpack(ctx context.Context, f planner.File) (bool, error) {
	content, err := p.content(ctx, f)
	if err != nil {
		return false, fmt.Errorf("reading %s: %w", f.Path, err)
	}
	defer content.Close()
	plain, err := archive.DecompressStream(content)
	if err != nil {
		return false, nil // not one of the compressions, or damaged: a plain file
	}
	defer plain.Close()
	in := bufio.NewReaderSize(plain, 64<<10)
	if !isTar(in) {
		return false, nil
	}
	if err := p.writer.Mkdir(p.op.Dest, p.parents()); err != nil {
		return true, err
	}
	return true, p.extract(ctx, f, in)
}

// isTar reports whether the checksum of a first member's header is right. The
// member itself may be longer than what can be looked at, as the notes are that
// git and long names put first.
func isTar(in *bufio.Reader) bool {
	const size, from, to = 512, 148, 156 // of a header, and its checksum in it
	head, _ := in.Peek(size)
	if len(head) < size {
		return false
	}
	want, err := strconv.ParseInt(strings.Trim(string(head[from:to]), " \x00"), 8, 64)
	if err != nil {
		return false
	}
	sum := int64(' ') * (to - from)
	for i, c := range head {
		if i < from || i >= to {
			sum += int64(c)
		}
	}
	return sum == want
}

func (p *placing) extract(ctx context.Context, f planner.File, in io.Reader) error {
	tr := tar.NewReader(&bounded{r: in, left: maxUnpackBytes})
	for n := 0; ; n++ {
		h, err := tr.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("unpacking %s: %w", f.Path, err)
		}
		if n == maxUnpackEntries {
			return fmt.Errorf("unpacking %s: more than %d entries", f.Path, maxUnpackEntries)
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if err := p.member(h, tr); err != nil {
			return fmt.Errorf("unpacking %s: %w", f.Path, err)
		}
	}
}

// member writes one member. Its name must stay below the destination; links in
// its parents are followed inside the image.
func (p *placing) member(h *tar.Header, content io.Reader) error {
	dest, err := p.memberPath(h.Name)
	if err != nil {
		return err
	}
	m := p.memberMeta(h)
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse:
		return p.writer.File(dest, m, p.parents(), content)
	case tar.TypeDir:
		if err := p.writer.Mkdir(dest, m); err != nil || dest == rootfs.Clean(p.op.Dest) {
			return err
		}
		return p.writer.SetDir(dest, m)
	case tar.TypeSymlink:
		return p.writer.Symlink(dest, h.Linkname, m, p.parents())
	case tar.TypeLink:
		old, err := p.memberPath(h.Linkname)
		if err != nil {
			return err
		}
		return p.writer.Link(dest, old, p.parents())
	case tar.TypeFifo:
		return p.writer.Special(dest, unix.S_IFIFO, 0, m, p.parents())
	case tar.TypeChar, tar.TypeBlock:
		return p.device(h, dest, m)
	case tar.TypeXGlobalHeader:
		return nil
	}
	return fmt.Errorf("%s: unknown type of member %q", h.Name, h.Typeflag)
}

func (p *placing) device(h *tar.Header, dest string, m rootfs.Meta) error {
	kind := uint32(unix.S_IFCHR)
	if h.Typeflag == tar.TypeBlock {
		kind = unix.S_IFBLK
	}
	return p.writer.Special(dest, kind, unix.Mkdev(uint32(h.Devmajor), uint32(h.Devminor)), m, p.parents())
}

func (p *placing) memberPath(name string) (string, error) {
	clean := path.Clean(name)
	if clean == ".." || strings.HasPrefix(clean, "../") {
		return "", fmt.Errorf("member %q leads out of the archive", name)
	}
	if strings.Contains("/"+clean, "/.wh.") {
		return "", fmt.Errorf("member %q: names that begin with .wh. cannot be stored in a layer", name)
	}
	return path.Join(p.op.Dest, clean), nil
}

func (p *placing) memberMeta(h *tar.Header) rootfs.Meta {
	m := rootfs.Meta{Mode: uint32(h.Mode) & 0o7777, UID: uint32(h.Uid), GID: uint32(h.Gid), Time: h.ModTime}
	if p.op.Owner != (planner.Owner{}) {
		m.UID, m.GID = p.uid, p.gid
	}
	for key, value := range h.PAXRecords {
		name, ok := strings.CutPrefix(key, "SCHILY.xattr.")
		if !ok || (name != "security.capability" && !strings.HasPrefix(name, "user.")) {
			continue
		}
		if m.Xattrs == nil {
			m.Xattrs = map[string][]byte{}
		}
		m.Xattrs[name] = []byte(value)
	}
	return p.withMode(m)
}

// bounded fails when more than left bytes are read.
type bounded struct {
	r    io.Reader
	left int64
}

// Read reads until the bound is passed.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n, errors.New("the archive unpacks to more than 16 GiB")
	}
	return n, err
}
