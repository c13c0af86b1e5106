package config

import (
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/strakebuild/strake/schema"
)

// decode reads the documents of a project file. What could be understood is in
// the project, the rest in the errors.
func decode(file string, text []byte) *decoder {
	d := &decoder{file: file, project: &Project{File: file}}
	d.expander = expander{pos: d.sources.pos, open: map[*yaml.Node]bool{}}
	src, bad := readSource(file, text)
	if bad != nil {
		d.broken, d.errs = true, Errors{bad}
		return d
	}
	d.sources.add(src)
	nodes, bad := parseYAML(src)
	for _, n := range nodes {
		src.number(n)
	}
	docs := d.documents(nodes)
	validate(docs)
	for _, doc := range docs {
		d.document(doc)
	}
	d.errs = append(d.errs, d.expander.errs...)
	if bad != nil {
		d.broken = true
		d.errs = append(d.errs, bad)
	}
	if d.meta == nil && !d.broken {
		d.fail(Pos{File: file, Line: 1, Col: 1}, "there is no project section: add a document with configVersion: 1 and project: NAME")
	}
	return d
}

// decoder collects what the documents of a file say.
type decoder struct {
	file     string
	sources  sources
	expander expander
	project  *Project
	meta     *yaml.Node // the key configVersion of the project section
	broken   bool       // a part of the file could not be read, so names may be missing
	errs     Errors
	visit    func(section *yaml.Node, key string) // for tests: told of each key asked for
}

func (d *decoder) fail(pos Pos, format string, args ...any) {
	d.errs = append(d.errs, &Error{Pos: pos, Message: fmt.Sprintf(format, args...)})
}

func (d *decoder) pos(n *yaml.Node) Pos { return d.sources.pos(n.Line, n.Column) }

// documents expands the documents of the file and tells their kinds.
func (d *decoder) documents(nodes []*yaml.Node) []*document {
	var docs []*document
	for _, n := range nodes {
		d.expander.cut = false
		tree := d.expander.expand(n, 0)
		if d.expander.cut {
			d.broken = true
		}
		if tree != nil {
			docs = append(docs, &document{tree: tree, kind: schema.KindOf(tree), cut: d.expander.cut})
		}
	}
	return docs
}

// document decodes one document by its kind.
func (d *decoder) document(doc *document) {
	if doc.kind == schema.Unknown {
		d.unknown(doc.tree)
		return
	}
	for _, v := range doc.violations {
		d.fail(d.sources.pos(v.Line, v.Col), "%s", v.Message)
	}
	d.section(section{d: d, node: doc.tree}, doc.kind)
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
	d.fail(d.pos(n), "unknown kind of section: the project section has the key configVersion, an image the key image")
}
