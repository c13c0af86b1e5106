package buildah

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/strakebuild/strake/executor/buildah/rootfs"
	"github.com/strakebuild/strake/planner"
)

// placing is one Copy being carried out: what was resolved in the image.
type placing struct {
	*work
	op       *planner.Copy
	uid, gid uint32
}

func (w *work) copy(ctx context.Context, op *planner.Copy) error {
	if err := w.open(); err != nil {
		return err
	}
	uid, gid, err := w.owner(op.Owner)
	if err != nil {
		return err
	}
	filled := *op
	filled.Dest, filled.Paths = w.replace.Replace(op.Dest), w.texts(op.Paths)
	p := &placing{work: w, op: &filled, uid: uid, gid: gid}
	if op.From != nil || op.Scratch {
		return p.fromStep()
	}
	for _, src := range op.Sources {
		if err := p.source(ctx, src); err != nil {
			return fmt.Errorf("copying %s: %w", src.Name, err)
		}
	}
	return nil
}

// parents is what missing folders above a destination get.
func (p *placing) parents() rootfs.Meta {
	return rootfs.Meta{Mode: 0o755, UID: p.uid, GID: p.gid, Time: p.b.opts.FileTime}
}

func (p *placing) source(ctx context.Context, src planner.Source) error {
	if !src.Dir {
		return p.single(ctx, src)
	}
	if err := p.writer.Mkdir(p.op.Dest, p.parents()); err != nil {
		return err
	}
	for _, f := range src.Files {
		if err := p.file(ctx, f, path.Join(p.op.Dest, f.Path)); err != nil {
			return err
		}
	}
	return nil
}

func (p *placing) single(ctx context.Context, src planner.Source) error {
	f := src.Files[0]
	if p.op.Unpack && isFile(f) {
		done, err := p.unpack(ctx, f)
		if done || err != nil {
			return err
		}
	}
	dest := p.op.Dest
	if p.intoDir() {
		dest = path.Join(dest, path.Base(f.Path))
	}
	return p.file(ctx, f, dest)
}

func isFile(f planner.File) bool { return f.Mode&0o170000 == 0o100000 }

// intoDir reports whether the destination is a folder that takes files.
func (p *placing) intoDir() bool {
	return strings.HasSuffix(p.op.Dest, "/") || p.root.IsDir(p.op.Dest)
}

// file writes one file, link or folder as git knows it.
func (p *placing) file(ctx context.Context, f planner.File, dest string) error {
	m := p.parents()
	switch f.Mode {
	case 0o040000:
		return p.writer.Mkdir(dest, p.withMode(m))
	case 0o100755:
		m.Mode = 0o755
	default:
		m.Mode = 0o644
	}
	content, err := p.content(ctx, f)
	if err != nil {
		return fmt.Errorf("reading %s: %w", f.Path, err)
	}
	defer content.Close()
	if f.Mode == 0o120000 {
		target, err := io.ReadAll(content)
		if err != nil {
			return fmt.Errorf("reading %s: %w", f.Path, err)
		}
		return p.writer.Symlink(dest, string(target), m, p.parents())
	}
	return p.writer.File(dest, p.withMode(m), p.parents(), content)
}

func (p *placing) withMode(m rootfs.Meta) rootfs.Meta {
	if p.op.Mode != nil {
		m.Mode = *p.op.Mode
	}
	return m
}

func (p *placing) content(ctx context.Context, f planner.File) (io.ReadCloser, error) {
	if f.OID == "" {
		return io.NopCloser(bytes.NewReader([]byte(p.replace.Replace(string(f.Data))))), nil
	}
	r, _, err := p.b.opts.Blobs.Open(ctx, f.OID)
	return r, err
}

// fromStep copies out of the file system of another step.
func (p *placing) fromStep() error {
	src, err := p.openSource()
	if err != nil {
		return err
	}
	defer src.Close()
	n := 0
	for _, pattern := range p.op.Paths {
		found, err := src.Glob(pattern)
		if err != nil {
			return err
		}
		if len(found) == 0 && p.op.MustMatch {
			return fmt.Errorf("%s: no such file in %s", pattern, p.sourceName())
		}
		for _, name := range found {
			copied, err := p.tree(src, name)
			if err != nil {
				return fmt.Errorf("copying %s from %s: %w", name, p.sourceName(), err)
			}
			n += copied
		}
	}
	if n == 0 && p.op.MustMatch && len(p.op.Include)+len(p.op.Exclude) > 0 {
		return fmt.Errorf("%s of %s: no file is selected", strings.Join(p.op.Paths, ", "), p.sourceName())
	}
	return nil
}

func (p *placing) sourceName() string {
	if p.op.From == nil {
		return "an empty image"
	}
	if p.op.From.Base != nil {
		return "image " + p.op.From.Base.Ref
	}
	return p.op.From.Image
}

func (p *placing) tree(src *rootfs.Root, name string) (int, error) {
	c := rootfs.Copy{Parent: p.parents(), Mode: p.op.Mode, Into: p.intoDir()}
	if !p.op.KeepOwner {
		c.UID, c.GID = &p.uid, &p.gid
	}
	if len(p.op.Include)+len(p.op.Exclude) > 0 {
		c.Selected = p.op.Selects
	}
	return p.writer.Tree(src, name, p.op.Dest, c)
}

// openSource mounts what a copy reads from, read-only.
func (p *placing) openSource() (*rootfs.Root, error) {
	dir, err := p.b.run.dir()
	if err != nil {
		return nil, err
	}
	id, err := p.b.layerOf(p.op.From)
	if err != nil {
		return nil, err
	}
	lower, err := p.b.layerDirs(id)
	if err != nil {
		return nil, err
	}
	if len(lower) < 2 {
		lower = append(lower, dir+"/root")
	}
	if len(lower) < 2 {
		return rootfs.Open(dir + "/root")
	}
	return rootfs.Mount(rootfs.Layers{Lower: lower, User: p.b.user, Point: dir + "/root"})
}
