package config

import (
	"context"
	"fmt"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/strakebuild/strake/schema"
)

// checker compares what the sections of a file say with each other and with the
// tree. It adds nothing where decoding found a fault already.
type checker struct {
	project *Project
	tree    *Tree
	partial bool // sections are missing: an unknown name proves nothing
	images  map[string]*Image
	names   []string
	taken   map[Pos]bool
	errs    Errors
}

// check returns the faults of decoding and its own. The error is for what is not
// the fault of the file.
func check(ctx context.Context, d *decoder, t *Tree) (Errors, error) {
	c := &checker{project: d.project, tree: t, partial: d.broken, errs: d.errs, taken: map[Pos]bool{}, images: map[string]*Image{}}
	for _, err := range d.errs {
		c.taken[err.Pos] = true
	}
	c.collectNames()
	for _, img := range c.project.Images {
		c.references(img)
		c.targets(img)
		if err := c.files(ctx, img); err != nil {
			return nil, err
		}
	}
	c.cycles()
	return c.errs, nil
}

func (c *checker) fail(pos Pos, format string, args ...any) {
	if !c.taken[pos] {
		c.errs = append(c.errs, &Error{Pos: pos, Message: fmt.Sprintf(format, args...)})
	}
}

func (c *checker) collectNames() {
	for _, img := range c.project.Images {
		name := img.Name.Value
		if first, again := c.images[name]; again {
			c.fail(img.Name.Pos, "the image name %q is given twice; first at line %d", name, first.Name.Pos.Line)
			continue
		}
		c.images[name] = img
		c.names = append(c.names, name)
	}
}

// references checks the images that an image names.
func (c *checker) references(img *Image) {
	for _, use := range uses(img) {
		switch {
		case use.Image.Value == "":
		case use.Image.Value == img.Name.Value && use.Kind == UseFrom:
			c.fail(use.Image.Pos, "the image %q is built on itself; for an external image write %s:latest or another tag", img.Name.Value, img.Name.Value)
		case use.Image.Value == img.Name.Value:
			c.fail(use.Image.Pos, "the image %q refers to itself", img.Name.Value)
		case use.Kind != UseFrom && !c.partial && c.images[use.Image.Value] == nil:
			c.fail(use.Image.Pos, "there is no image %q in the project%s", use.Image.Value, c.suggest(use.Image.Value))
		}
	}
}

// suggest offers the nearest name, or a short list of all.
func (c *checker) suggest(name string) string {
	if near, ok := schema.Nearest(name, c.names); ok {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	if len(c.names) > 20 {
		return ""
	}
	return "; images: " + strings.Join(c.names, ", ")
}

// targets checks that each variable gets one value.
func (c *checker) targets(img *Image) {
	key, from := "targetEnv", map[string]int{}
	if img.Dockerfile != nil {
		key = "targetBuildArg"
		for _, arg := range img.Dockerfile.Args {
			from[arg.Name.Value] = arg.Name.Pos.Line
		}
	}
	for _, dep := range img.Dependencies {
		for _, imp := range dep.Imports {
			name := imp.Target.Value
			if name == "" {
				continue
			}
			if line, again := from[name]; again {
				c.fail(imp.Target.Pos, "%s: %q has a value already, from line %d", key, name, line)
				continue
			}
			from[name] = imp.Target.Pos.Line
		}
	}
}

// masks checks that globs can be understood and reports whether all can.
func (c *checker) masks(f *Files) bool {
	ok := true
	for _, list := range [][]String{f.Include, f.Exclude} {
		for _, m := range list {
			if !doublestar.ValidatePattern(m.Value) {
				c.fail(m.Pos, "the glob %q cannot be understood: a bracket or brace is not closed, or it ends in a backslash", m.Value)
				ok = false
			}
		}
	}
	return ok
}
