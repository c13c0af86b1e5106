package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

const (
	maxFile  = 64 << 20 // bytes that ReadFile returns at most
	maxHops  = 40       // symbolic links followed for one path
	maxLink  = 4096     // bytes of a link's target
	notAFile = "not a regular file"
)

var (
	errLarge = errors.New("more than the limit")
	errHops  = errors.New("too many levels of symbolic links")
)

// ErrOutside says that a path or a symbolic link leaves the tree.
var ErrOutside = errors.New("points outside the repository")

// ReadFile returns the content of the file at a path. Symbolic links are
// followed inside the tree. The error wraps fs.ErrNotExist when there is nothing
// at the path, ErrOutside when a link leaves the tree; files over 64 MiB are
// refused.
func (t *Tree) ReadFile(ctx context.Context, name string) ([]byte, error) {
	e, err := t.Resolve(ctx, name)
	if err != nil {
		return nil, err
	}
	if !e.IsRegular() {
		return nil, fmt.Errorf("reading %s: %s", name, notAFile)
	}
	content, err := t.read(ctx, e.OID, maxFile)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return content, nil
}

// read returns the content of a blob of at most limit bytes.
func (t *Tree) read(ctx context.Context, oid string, limit int64) ([]byte, error) {
	body, size, err := t.blobs.Open(ctx, oid)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	if size > limit {
		return nil, fmt.Errorf("it has %d bytes, %w of %d", size, errLarge, limit)
	}
	content := make([]byte, size)
	if _, err := io.ReadFull(body, content); err != nil {
		return nil, err
	}
	return content, nil
}

// Resolve returns the entry that a path leads to after following symbolic links,
// which is never a link itself. Its errors are those of ReadFile.
func (t *Tree) Resolve(ctx context.Context, name string) (Entry, error) {
	if e, ok := t.Lookup(name); ok && e.Mode != ModeSymlink {
		return e, nil
	}
	w := walk{tree: t, name: name}
	return w.follow(ctx)
}

// walk follows one path, part by part.
type walk struct {
	tree  *Tree
	name  string // as asked for
	guard *guard // decides what may be used; nil allows all
	hops  int
	done  string // followed so far: a folder of the tree
	todo  string
}

func (w *walk) follow(ctx context.Context) (Entry, error) {
	w.todo = w.name
	if strings.HasPrefix(w.todo, "/") {
		return Entry{}, fmt.Errorf("reading %s: %w", w.name, ErrOutside)
	}
	at, _ := w.tree.Lookup("")
	var err error
	for w.todo != "" {
		part, rest, _ := strings.Cut(w.todo, "/")
		w.todo = rest
		if at, err = w.step(ctx, at, part); err != nil {
			return Entry{}, w.fault(err)
		}
	}
	return at, nil
}

// fault names the path that was asked for. A guard does that itself.
func (w *walk) fault(err error) error {
	if w.guard != nil && !errors.Is(err, ErrOutside) && !errors.Is(err, errHops) {
		return err
	}
	return fmt.Errorf("reading %s: %w", w.name, err)
}

// step goes from the folder at to its part.
func (w *walk) step(ctx context.Context, at Entry, part string) (Entry, error) {
	if part == "" || part == "." {
		return at, nil
	}
	if !at.IsDir() {
		return w.absent(path.Join(w.done, part))
	}
	if part == ".." {
		return w.up()
	}
	e, ok := w.tree.Lookup(path.Join(w.done, part))
	var err error
	if !ok {
		e, err = w.absent(path.Join(w.done, part))
	}
	if err == nil && w.guard != nil {
		err = w.guard.visit(ctx, e)
	}
	if err != nil {
		return Entry{}, err
	}
	if e.Mode == ModeSymlink {
		return w.link(ctx, at, e)
	}
	w.done = e.Path
	return e, nil
}

func (w *walk) absent(name string) (Entry, error) {
	if w.guard != nil {
		return w.guard.absent(name)
	}
	return Entry{}, fs.ErrNotExist
}

func (w *walk) up() (Entry, error) {
	if w.done == "" {
		return Entry{}, ErrOutside
	}
	w.done = path.Dir(w.done)
	if w.done == "." {
		w.done = ""
	}
	e, _ := w.tree.Lookup(w.done)
	return e, nil
}

// link puts the target of a symbolic link in front of what is left to follow.
func (w *walk) link(ctx context.Context, at, e Entry) (Entry, error) {
	if w.hops++; w.hops > maxHops {
		return Entry{}, errHops
	}
	target, err := w.tree.read(ctx, e.OID, maxLink)
	if err != nil {
		return Entry{}, fmt.Errorf("following the symbolic link %s: %w", e.Path, err)
	}
	if len(target) == 0 || target[0] == '/' {
		return Entry{}, fmt.Errorf("the symbolic link %s to %q: %w", e.Path, target, ErrOutside)
	}
	w.todo = string(target) + "/" + w.todo
	return at, nil
}
