package config

import (
	"gopkg.in/yaml.v3"

	"github.com/strakebuild/strake/schema"
)

// rewrite resolves what sections take from elsewhere: variables, other sections
// and the values of a matrix.
func (r *reading) rewrite() {
	r.applyVars()
	r.resolveExtends()
	r.expandMatrices()
	for _, doc := range r.docs {
		r.dropEmpty(doc)
		doc.kind = schema.KindOf(doc.tree)
	}
	validate(r.docs)
}

// decode reads what the documents say. What could be understood is in the
// project, the rest in the errors.
func (r *reading) decode(file string) *decoder {
	d := &decoder{
		sources: &r.sources, broken: r.broken, errs: r.errs, reported: map[[2]int]bool{},
		project: &Project{
			File: file, Dir: r.opts.Dir, Vars: r.vars, Warnings: r.warnings,
			sources: &r.sources, origins: map[string]map[Pos][]Origin{},
		},
	}
	for _, doc := range r.docs {
		d.document(doc)
	}
	if d.meta == nil && !d.broken {
		d.fail(Pos{File: file, Line: 1, Col: 1}, "there is no project section: add a document with configVersion: 1 and project: NAME")
	}
	if r.opts.Name != "" {
		d.project.Name = String{Value: r.opts.Name}
	}
	return d
}

// decoder collects what the documents of a project say.
type decoder struct {
	sources  *sources
	project  *Project
	reported map[[2]int]bool // places with a fault in the shape
	meta     *yaml.Node      // the key configVersion of the project section
	broken   bool            // a part of the project could not be read, so names may be missing
	errs     Errors
	visit    func(section *yaml.Node, key string) // for tests: told of each key asked for
}

func (d *decoder) fail(pos Pos, format string, args ...any) {
	d.errs = append(d.errs, &Error{Pos: pos, Message: plainLine(format, args...)})
}

func (d *decoder) pos(n *yaml.Node) Pos {
	if d.sources == nil {
		return Pos{Line: n.Line, Col: n.Column}
	}
	return d.sources.pos(n.Line, n.Column)
}

// document decodes one document by its kind.
func (d *decoder) document(doc *document) {
	if doc.kind == schema.Unknown {
		d.unknown(doc.tree)
		return
	}
	for _, v := range doc.violations {
		// Sections that come from one share their faults.
		if at := [2]int{v.Line, v.Col}; !d.reported[at] {
			d.fail(d.sources.pos(v.Line, v.Col), "%s", v.Message)
		}
	}
	for _, v := range doc.violations {
		d.reported[[2]int{v.Line, v.Col}] = true
	}
	if doc.skipped {
		return
	}
	known := len(d.project.Images)
	d.section(section{d: d, node: doc.tree}, doc.kind)
	for _, img := range d.project.Images[known:] {
		d.project.origins[img.Name.Value] = doc.origins
	}
}

func (d *decoder) section(s section, kind schema.Kind) {
	switch kind {
	case schema.Meta:
		d.metaSection(s)
	case schema.DockerfileImage:
		d.images(s, Image{Dockerfile: dockerfile(s), Dependencies: dependencies(s, "targetBuildArg")})
	case schema.StapelImage:
		d.images(s, Image{Stapel: stapel(s), Dependencies: dependencies(s, "targetEnv")})
	}
}

// unknown reports a document that is neither a project section nor an image.
func (d *decoder) unknown(n *yaml.Node) {
	d.broken = true
	if n.Kind != yaml.MappingNode {
		d.fail(d.pos(n), "a document must be a mapping: the project section (configVersion) or an image (image)")
		return
	}
	for i := 0; i < len(n.Content); i += 2 {
		if key := n.Content[i]; schema.HasKey(schema.Meta, key.Value) {
			d.fail(d.pos(key), "%s is a key of the project section, which has the key configVersion", key.Value)
			return
		}
	}
	d.fail(d.pos(n), "unknown kind of section: the project section has the key configVersion, an image the key image")
}
