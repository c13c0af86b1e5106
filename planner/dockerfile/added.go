package dockerfile

import (
	"context"
	"path"
	"strings"

	"github.com/strakebuild/strake/config"
)

// add puts files of the work tree into the context, in place of those with the
// same names.
func (c *Context) add(ctx context.Context, in *config.Inputs, names []config.String) error {
	var all []config.Entry
	for _, name := range names {
		entries, err := in.Added(ctx, path.Join(c.dir, name.Value))
		if err != nil {
			return &config.Error{Pos: name.Pos, Message: err.Error()}
		}
		all = append(all, entries...)
	}
	if len(all) == 0 {
		return nil
	}
	for _, e := range all {
		inside, _ := c.inside(e.Path)
		for ; inside != "." && inside != ""; inside = path.Dir(inside) {
			c.added[inside] = true
		}
	}
	c.tree = c.tree.With(all)
	return nil
}

// committed is nil unless files that a source stands for differ from the work
// tree; name is a path or pattern of the context.
func (c *Context) committed(name string) error {
	found, err := c.tree.Uncommitted(c.dir, func(rel string) bool {
		return !c.added[rel] && selects(name, rel) && !c.rules.ignoresFile(rel)
	})
	if err != nil {
		return err
	}
	return config.BuildInputs(found)
}

// selects reports whether a path is one that a source stands for, or in it.
func selects(source, name string) bool {
	if source == "" || source == name || strings.HasPrefix(name, source+"/") {
		return true
	}
	for ; name != "."; name = path.Dir(name) {
		if ok, err := path.Match(source, name); ok && err == nil {
			return true
		}
	}
	return false
}
