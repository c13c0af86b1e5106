package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/strakebuild/strake/schema"
)

// imports checks the imports of an image.
func (c *checker) imports(s *Stapel) {
	for i := range s.Imports {
		f := &s.Imports[i].Files
		c.masks(f)
		if f.Add.Value == "/" && len(f.Include) == 0 {
			c.fail(f.Add.Pos, "import: all of an image cannot be imported: name the parts in includePaths")
		}
	}
	c.stages(s)
}

// dockerfile checks that the context and the Dockerfile are in the project.
func (c *checker) dockerfile(ctx context.Context, d *Dockerfile) error {
	if d.Path.Value == "" || !c.inside(d.Context, "context", d.Context.Value) {
		return nil
	}
	if !c.inside(d.Path, "dockerfile", path.Join(d.Context.Value, d.Path.Value)) {
		return nil
	}
	dir := path.Join(c.project.Dir, d.Context.Value)
	if dir == "." {
		dir = ""
	}
	found, err := c.tree.Resolve(ctx, dir)
	if err != nil || !found.IsDir() {
		return c.explain(d.Context, "context", dir, err, "folder", c.near(dir, true))
	}
	name := path.Join(dir, d.Path.Value)
	file, err := c.dockerfiles.Resolve(ctx, name)
	if err == nil && file.IsRegular() {
		return nil
	}
	return c.explain(d.Path, "dockerfile", name, err, "file", c.nearDockerfile(dir, d))
}

// inside reports whether a path from the project folder stays in it.
func (c *checker) inside(at String, key, name string) bool {
	if name != ".." && !strings.HasPrefix(name, "../") {
		return true
	}
	c.fail(at.Pos, "%s: the path leads out of the project folder: want one inside it", key)
	return false
}

// explain says why a path cannot be used. An error that is not about the path is
// returned.
func (c *checker) explain(at String, key, name string, err error, want, hint string) error {
	switch {
	case err == nil:
		c.fail(at.Pos, "%s: %s is not a %s", key, name, want)
	case errors.Is(err, ErrOutside):
		c.fail(at.Pos, "%s: %s leads out of the repository through a symbolic link", key, name)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case c.tree.onDisk(name):
		c.fail(at.Pos, "%s: %s", key, c.tree.notCommitted(name))
	default:
		c.fail(at.Pos, "%s: there is no %s %s in the repository%s", key, want, name, hint)
	}
	return nil
}

// nearDockerfile offers the path that was most likely meant.
func (c *checker) nearDockerfile(dir string, d *Dockerfile) string {
	// A path from the project folder is a common slip.
	fromProject := path.Join(c.project.Dir, d.Path.Value)
	if e, ok := c.tree.Lookup(fromProject); ok && e.IsRegular() && strings.HasPrefix(fromProject, dir+"/") {
		return fmt.Sprintf("; the path is relative to context: write %s", fromProject[len(dir)+1:])
	}
	return c.near(path.Join(dir, d.Path.Value), false)
}

// near offers the name in the same folder that is most like the one of a path
// that is missing.
func (c *checker) near(name string, folders bool) string {
	parent := path.Dir(name)
	if parent == "." {
		parent = ""
	}
	var names []string
	for _, e := range c.tree.Under(parent) {
		if path.Dir(e.Path) == path.Clean(parent) && e.IsDir() == folders {
			names = append(names, path.Base(e.Path))
		}
	}
	if near, ok := schema.Nearest(path.Base(name), names); ok {
		return fmt.Sprintf("; did you mean %s?", path.Join(parent, near))
	}
	return ""
}

// gitMappings checks the mappings of an image.
func (c *checker) gitMappings(s *Stapel) {
	for i := range s.Git {
		m := &s.Git[i]
		switch {
		case !c.masks(&m.Files) || m.Add.Value == "":
		case m.Remote != nil:
			c.remote(m)
		default:
			c.mapping(m)
		}
	}
}

// mapping checks that a mapping of the project's repository brings something.
func (c *checker) mapping(m *GitMapping) {
	name := strings.Trim(m.Add.Value, "/")
	e, ok := c.tree.Lookup(name)
	switch {
	case !ok && c.tree.onDisk(name):
		c.fail(m.Add.Pos, "git: %s", c.tree.notCommitted(name))
	case !ok:
		c.fail(m.Add.Pos, "git: there is no file or folder /%s in the repository%s", name, c.nearAny(name))
	case !e.IsDir():
		c.mappedFile(m)
	case !c.selectsSome(m, e):
		c.fail(selecting(m), "git: no file of /%s is selected", name)
	}
}

func (c *checker) nearAny(name string) string {
	if hint := c.near(name, true); hint != "" {
		return strings.Replace(hint, "mean ", "mean /", 1)
	}
	return strings.Replace(c.near(name, false), "mean ", "mean /", 1)
}

// mappedFile checks a mapping of a single file.
func (c *checker) mappedFile(m *GitMapping) {
	for _, list := range [][]String{m.Include, m.Exclude} {
		if len(list) > 0 {
			c.fail(list[0].Pos, "git: %s is a file: includePaths and excludePaths are for folders", m.Add.Value)
		}
	}
	if m.To.Value == "/" {
		c.fail(m.To.Pos, "git: the file %s cannot become the root folder: give the path that it gets", m.Add.Value)
	}
}

// selectsSome reports whether the masks leave a file of the folder. Many images
// ask the same, and each answer may take a walk through all files.
func (c *checker) selectsSome(m *GitMapping, dir Entry) bool {
	matcher := m.Matcher()
	key := fmt.Sprintf("%q %q %q", dir.Path, matcher.include, matcher.exclude)
	some, known := c.selections[key]
	if !known {
		some = c.findSelected(matcher, dir)
		c.selections[key] = some
	}
	return some
}

func (c *checker) findSelected(matcher Matcher, dir Entry) bool {
	for _, e := range c.tree.Under(dir.Path) {
		rel := strings.TrimPrefix(e.Path[len(dir.Path):], "/")
		if !e.IsDir() && matcher.Match(rel) {
			return true
		}
	}
	return false
}

// selecting is the value by which a mapping selects nothing.
func selecting(m *GitMapping) Pos {
	switch {
	case len(m.Include) > 0:
		return m.Include[0].Pos
	case len(m.Exclude) > 0:
		return m.Exclude[0].Pos
	case m.Add.Pos != Pos{}:
		return m.Add.Pos
	}
	return m.Pos
}
