package config

import (
	"context"
	"fmt"
	"strings"

	"github.com/strakebuild/strake/schema"
)

// checker compares what the sections of a file say with each other and with the
// tree. It adds nothing where decoding found a fault already.
type checker struct {
	project     *Project
	inputs      *Inputs
	tree        *Tree
	dockerfiles *Tree // with what may be uncommitted or comes from elsewhere
	partial     bool  // sections are missing: an unknown name proves nothing
	images      map[string]*Image
	names       []string
	taken       map[Pos]bool    // places with a fault
	offers      int             // how often a name was suggested
	seen        map[any]bool    // bodies that are checked: several names share one
	selections  map[string]bool // see selectsSome
	errs        Errors
}

// check returns the faults of decoding and its own. The error is for what is not
// the fault of the file.
func check(ctx context.Context, d *decoder, in *Inputs) (Errors, error) {
	c := &checker{
		project: d.project, inputs: in, tree: in.Tree, dockerfiles: in.View(DockerfileFile), partial: d.broken, errs: d.errs,
		taken: map[Pos]bool{}, images: map[string]*Image{}, seen: map[any]bool{}, selections: map[string]bool{},
	}
	for _, err := range d.errs {
		c.taken[err.Pos] = true
	}
	c.collectNames()
	c.meta(c.project)
	for _, img := range c.project.Images {
		c.references(img)
		c.base(img)
		c.platforms(img)
		if err := c.body(ctx, img); err != nil {
			return nil, err
		}
	}
	c.cycles()
	c.project.Warnings = c.project.Warnings.Sorted()
	return c.errs, nil
}

// body checks what several names of one section share.
func (c *checker) body(ctx context.Context, img *Image) error {
	var body any = img.Stapel
	if img.Dockerfile != nil {
		body = img.Dockerfile
	}
	if c.seen[body] {
		return nil
	}
	c.seen[body] = true
	c.targets(img)
	c.secrets(img)
	c.spec(img.ImageSpec)
	c.policy(img)
	if img.Dockerfile != nil {
		return c.dockerfile(ctx, img.Dockerfile)
	}
	c.stapel(img.Stapel)
	return nil
}

func (c *checker) stapel(s *Stapel) {
	c.gitMappings(s)
	c.imports(s)
	c.mounts(s)
	c.stageDependencies(s)
}

func (c *checker) fail(pos Pos, format string, args ...any) {
	if !c.taken[pos] {
		c.taken[pos] = true
		c.errs = append(c.errs, &Error{Pos: pos, Message: plainLine(format, args...)})
	}
}

func (c *checker) collectNames() {
	for _, img := range c.project.Images {
		name := img.Name.Value
		if name == "" {
			continue // an image without a name in a project without one, which is reported
		}
		if first, again := c.images[name]; again {
			if first.Name.Pos == img.Name.Pos && first.Pos == img.Pos {
				c.fail(img.Name.Pos, "the matrix makes several images with the name %q: write a value of it into the name, such as ${{ matrix.NAME }}", name)
			}
			if first.Name.Pos.sameSource(img.Name.Pos) {
				c.fail(img.Name.Pos, "the template makes several images with the name %q here", name)
				continue
			}
			c.fail(img.Name.Pos, "the image name %q is given twice; first at %s", name, first.Name.Pos.from(img.Name.Pos))
			continue
		}
		c.images[name] = img
		c.names = append(c.names, name)
		if img.Nameless && len(c.project.Images) > 1 {
			c.fail(img.Name.Pos, "only the sole image of a project can be without a name: write image: NAME")
		}
		if strings.Contains(name, "${{") {
			c.fail(img.Name.Pos, "the image name %s has a value that is not known: ${{ vars.NAME }} and ${{ matrix.NAME }} can stand here", name)
		}
	}
}

// references checks the images that an image names.
func (c *checker) references(img *Image) {
	for _, use := range uses(img) {
		name := use.Image.Value
		switch {
		case name == "" || c.taken[use.Image.Pos]:
		case name == img.Name.Value && use.Kind != UseFrom:
			c.fail(use.Image.Pos, "the image %q refers to itself", name)
		case c.partial || c.images[name] != nil || use.Kind == UseFrom:
		case use.Kind == UseImport && !hasTagOrDigest(name):
			c.fail(use.Image.Pos, "there is no image %q in the project; an external image needs a tag or digest%s", name, c.suggest(name))
		case use.Kind != UseImport:
			c.fail(use.Image.Pos, "there is no image %q in the project%s", name, c.suggest(name))
		}
	}
}

// maxOffers bounds the work for a file with very many unknown names.
const maxOffers = 100

// suggest offers the nearest name, or a short list of all.
func (c *checker) suggest(name string) string {
	if c.offers++; c.offers > maxOffers {
		return ""
	}
	return otherImages(name, c.names)
}

// otherImages offers the nearest of the names of images, or all if they are few.
func otherImages(name string, names []string) string {
	if near := meant(name, names); near != "" || len(names) > 20 {
		return near
	}
	return "; images: " + strings.Join(names, ", ")
}

// meant offers the nearest name.
func meant(name string, names []string) string {
	if near, ok := schema.Nearest(name, names); ok {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
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
	include, exclude := c.globs(f.Include), c.globs(f.Exclude)
	return include && exclude
}

func (c *checker) globs(masks []String) bool {
	ok := true
	for _, m := range masks {
		if err := checkGlob(m.Value); err != nil {
			c.fail(m.Pos, "%v", err)
			ok = false
		}
	}
	return ok
}
