package config

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Read returns the content of a file for a purpose. Symbolic links are followed
// inside the repository. In the normal mode every link on the way and the file
// itself has to be as in the commit, or to be allowed by the policy.
//
// The error wraps fs.ErrNotExist when there is no such file, also when git
// ignores it; ErrOutside when a link leaves the repository. Files over 64 MiB are
// refused.
func (in *Inputs) Read(ctx context.Context, use Purpose, name string) ([]byte, error) {
	name = cleanDir(name)
	view := in.View(use)
	g := &guard{in: in, use: use, asked: name}
	w := walk{tree: view, name: name}
	if in.repo != nil {
		w.guard = g
	}
	e, err := w.follow(ctx)
	switch {
	case err != nil:
		return nil, err
	case !e.IsRegular():
		return nil, fmt.Errorf("reading %s: it is %s: %s", name, kindOf(e.Mode), notAFile)
	case g.content != nil:
		return g.content, nil
	}
	content, err := view.read(ctx, e.OID, maxFile)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return content, nil
}

// Source returns the text of a file that a fault has a position in, as it was
// read.
func (in *Inputs) Source(ctx context.Context, name string) ([]byte, error) {
	committed, _ := in.Tree.Lookup(name)
	for _, use := range []Purpose{ProjectFile, TemplateFile, DockerfileFile} {
		view := in.View(use)
		if e, ok := view.Lookup(name); ok && e != committed {
			return view.ReadFile(ctx, name)
		}
	}
	return in.Tree.ReadFile(ctx, name)
}

// guard decides on every link and file on the way to one that is asked for.
type guard struct {
	in      *Inputs
	use     Purpose
	asked   string
	link    Entry  // the last one followed
	content []byte // of the last file, if it was read
}

// visit is nil for an entry that may be used.
func (g *guard) visit(ctx context.Context, e Entry) error {
	if g.content = nil; g.in.strict && !e.IsDir() && !strings.HasPrefix(e.OID, onDiskOID) {
		if err := g.committed(ctx, e); err != nil {
			return g.explain(err)
		}
	}
	if e.Mode == ModeSymlink {
		g.link = e
	}
	return nil
}

// committed is nil for an entry that is the same in the work tree.
func (g *guard) committed(ctx context.Context, e Entry) error {
	local, ok := g.in.Tree.Lookup(e.Path)
	if !ok || local != e {
		return g.hidden(e.Path)
	}
	same, err := g.same(ctx, e)
	if same || err != nil {
		return err
	}
	all, err := g.in.Tree.changes.wait()
	if err != nil {
		return err
	}
	i, found := slices.BinarySearchFunc(all, e.Path, func(c Change, name string) int { return strings.Compare(c.Path, name) })
	if !found {
		return nil // git sees no difference: line ends, sparse checkouts
	}
	return g.refuse(all[i])
}

// hidden refuses a file of another repository in whose place the work tree has
// one that is not committed.
func (g *guard) hidden(name string) error {
	found, err := g.in.Tree.Uncommitted(name, nil)
	if err != nil || len(found) == 0 {
		return err
	}
	return g.refuse(found[0])
}

func (g *guard) refuse(c Change) error { return fmt.Errorf("%s%s", c, g.in.advise(g.use, c)) }

// same compares a file or link with the work tree byte by byte, which is faster
// than to wait for git's answer about all files.
func (g *guard) same(ctx context.Context, e Entry) (bool, error) {
	disk, ok := g.in.repo.onDisk(e.Path)
	if !ok || disk.Mode != e.Mode {
		return false, nil
	}
	want, err := g.in.Tree.read(ctx, e.OID, maxFile)
	if err != nil {
		return false, fmt.Errorf("reading %s: %w", e.Path, err)
	}
	got, err := g.in.repo.readDisk(e.Path, maxFile)
	if err != nil || !bytes.Equal(got, want) {
		return false, nil // git knows better
	}
	g.content = want
	return true, nil
}

// absent says why there is nothing at a path, or finds it in the work tree when
// that is allowed.
func (g *guard) absent(name string) (Entry, error) {
	e, ok := g.in.repo.onDisk(name)
	if !ok {
		return Entry{}, g.missing(name, "")
	}
	if e.IsDir() || g.in.Policy.allowsFile(g.use, name) {
		return e, nil // a folder leads to a file that is decided on
	}
	found, err := g.in.Tree.Uncommitted(name, nil)
	switch {
	case err != nil:
		return Entry{}, err
	case len(found) > 0:
		return Entry{}, g.explain(g.refuse(found[0]))
	}
	why := ": git ignores it"
	if permission := g.in.permission(g.use, []Change{{Path: name}}); permission != "" {
		why += "; remove it from .gitignore, or add " + permission
	}
	return Entry{}, g.missing(name, why)
}

func (g *guard) missing(name, why string) error {
	if g.link.Path != "" {
		return absentError{fmt.Sprintf("symlink %q check failed: commit tree entry %q not found in the repository%s", g.link.Path, name, why)}
	}
	if name != g.asked && why == "" {
		name = g.asked // a folder on the way is missing
	}
	return absentError{fmt.Sprintf("the file %q not found in the project git repository%s", path.Clean(name), why)}
}

// explain tells through which link a refused file was reached.
func (g *guard) explain(err error) error {
	switch {
	case g.link.Path == "":
		return err
	case strings.HasPrefix(g.link.OID, onDiskOID):
		return fmt.Errorf("accepted file %q check failed: the link target should be also accepted by giterminism config: %w", g.link.Path, err)
	}
	return fmt.Errorf("symlink %q check failed: %w", g.link.Path, err)
}
