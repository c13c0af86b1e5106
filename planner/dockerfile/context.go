package dockerfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/planner/recipe"
)

// Context is the files that COPY and ADD can see: a folder of a commit without
// what an ignore file takes out, and with files that are added to it.
type Context struct {
	tree    *config.Tree
	dir     string         // from the repository root, "" for the root
	ignore  string         // path of the ignore file in use, "" for none
	rules   rules          // of the ignore file
	entries []config.Entry // paths relative to dir, sorted by their bytes
	added   map[string]bool
}

// OpenContext lists a folder of what is built. The ignore file is the one named
// after the Dockerfile ("build.Dockerfile.dockerignore"), else ".dockerignore" in
// dir. Both paths are relative to the repository root. The paths of add, relative
// to dir, are taken from the work tree, whatever the ignore file says.
func OpenContext(ctx context.Context, in *config.Inputs, dir, dockerfile string, add ...config.String) (*Context, error) {
	root, err := in.Tree.Resolve(ctx, dir)
	if err != nil {
		return nil, err
	}
	if !root.IsDir() {
		return nil, fmt.Errorf("%s is not a folder", dir)
	}
	c := &Context{tree: in.Tree, dir: root.Path, added: map[string]bool{}}
	if c.ignore, c.rules, err = readIgnore(ctx, in, root.Path, dockerfile); err != nil {
		return nil, err
	}
	if err := c.add(ctx, in, add); err != nil {
		return nil, err
	}
	c.entries, err = c.filter(relative(c.tree.Under(c.dir), c.dir))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.ignore, err)
	}
	return c, nil
}

// relative returns entries with their paths relative to a folder that they are
// all below.
func relative(entries []config.Entry, dir string) []config.Entry {
	if dir == "" {
		return entries
	}
	out := make([]config.Entry, len(entries))
	for i, e := range entries {
		e.Path = e.Path[len(dir)+1:]
		out[i] = e
	}
	return out
}

// describe names the context in messages.
func (c *Context) describe() string {
	if c.dir == "" {
		return "the context (the root of the repository)"
	}
	return "the context (" + c.dir + ")"
}

// find returns what a source of COPY or ADD stands for: one Source, or for a
// wildcard any number.
func (c *Context) find(ctx context.Context, source string) ([]recipe.Source, error) {
	name := strings.TrimPrefix(path.Clean("/"+source), "/")
	if err := c.committed(name); err != nil {
		return nil, err
	}
	if !strings.ContainsAny(name, "*?[") {
		found, err := c.source(ctx, source, name)
		if err != nil {
			return nil, err
		}
		return []recipe.Source{found}, nil
	}
	var out []recipe.Source
	for _, e := range c.entries {
		ok, err := path.Match(name, e.Path)
		if err != nil {
			return nil, fmt.Errorf("%s is not a valid pattern", source)
		}
		if !ok {
			continue
		}
		found, err := c.source(ctx, source, e.Path)
		if err != nil {
			return nil, err
		}
		out = append(out, found)
	}
	return out, nil
}

// source returns the file or folder of a name, after following links.
func (c *Context) source(ctx context.Context, written, name string) (recipe.Source, error) {
	e, err := c.resolve(ctx, written, name)
	if err != nil {
		return recipe.Source{}, err
	}
	out := recipe.Source{Name: written, Root: path.Join(c.dir, e.Path), Dir: e.IsDir()}
	if !e.IsDir() {
		out.Files, err = c.files([]config.Entry{e}, path.Dir(e.Path))
		if err == nil {
			out.Files[0].Path = path.Base(name)
			err = checkWhiteout(out.Files[0].Path)
		}
		return out, err
	}
	out.Files, err = c.files(c.under(e.Path), e.Path)
	return out, err
}

// resolve follows links from a name. The path of the result is relative to the
// context, "" for its root.
func (c *Context) resolve(ctx context.Context, written, name string) (config.Entry, error) {
	e, err := c.tree.Resolve(ctx, path.Join(c.dir, name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return e, fmt.Errorf("%s is not in %s", written, c.describe())
	case err != nil:
		return e, err
	}
	inside, ok := c.inside(e.Path)
	if !ok {
		return e, fmt.Errorf("%s leads outside %s", written, c.describe())
	}
	e.Path = inside
	if !c.has(e) {
		return e, fmt.Errorf("%s is excluded by %s", written, c.ignore)
	}
	if inside != name {
		return e, c.committed(inside)
	}
	return e, nil
}

// inside makes a path of the repository relative to the context.
func (c *Context) inside(full string) (string, bool) {
	if c.dir == "" || full == c.dir {
		return strings.TrimPrefix(full, c.dir), true
	}
	return strings.CutPrefix(full, c.dir+"/")
}

// has reports whether the ignore file leaves an entry, or something below it.
func (c *Context) has(e config.Entry) bool {
	if e.Path == "" {
		return true
	}
	i := c.search(e.Path)
	if i < len(c.entries) && c.entries[i].Path == e.Path {
		return true
	}
	return e.IsDir() && len(c.under(e.Path)) > 0
}

// under returns what is below a folder.
func (c *Context) under(dir string) []config.Entry {
	if dir == "" {
		return c.entries
	}
	return c.entries[c.search(dir+"/"):c.search(dir+"0")] // '0' follows '/'
}

func (c *Context) search(name string) int {
	return sort.Search(len(c.entries), func(i int) bool { return c.entries[i].Path >= name })
}

// files makes what is written of entries, with their paths relative to a folder.
// Folders are listed so that one whose files are all ignored still exists.
func (c *Context) files(entries []config.Entry, dir string) ([]recipe.File, error) {
	if dir == "." {
		dir = ""
	}
	out := make([]recipe.File, len(entries))
	for i, e := range entries {
		name := e.Path
		e.Path = path.Join(c.dir, name)
		if err := c.tree.Usable(e); err != nil {
			return nil, fmt.Errorf("%w, or exclude it with .dockerignore", err)
		}
		name = strings.TrimPrefix(name[len(dir):], "/")
		if err := checkWhiteout(name); err != nil {
			return nil, err
		}
		out[i] = recipe.File{Path: name, Mode: e.Mode, OID: e.OID}
		if e.IsDir() {
			out[i].OID = "" // it would change with files that are left out
		}
	}
	return out, nil
}
