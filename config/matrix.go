package config

import (
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/strakebuild/strake/schema"
)

// maxVariants is how many images one matrix may make.
const maxVariants = 1000

// maxMade and maxMadeText are how many values, and bytes of text in them, the
// matrices of a project may make together; variables may make as much text.
const (
	maxMade     = 500_000
	maxMadeText = 64 << 20
)

// axis is one list of values of a matrix.
type axis struct {
	name   string
	values []*yaml.Node
}

// variant is one value of each axis.
type variant map[string]*yaml.Node

// expandMatrices puts one document for each variant in place of a document with
// a matrix.
func (r *reading) expandMatrices() {
	var all []*document
	var made weight
	for _, doc := range r.docs {
		_, matrix := find(doc.tree, "matrix")
		if matrix == nil || matrix.Kind != yaml.MappingNode {
			all = append(all, r.withoutMatrix(doc))
			continue
		}
		variants := r.variants(matrix)
		after := made
		after.add(doc.tree, len(variants))
		if after.values <= maxMade && after.text <= maxMadeText {
			made = after
		} else {
			r.fail(r.sources.pos(matrix.Line, matrix.Column), "the matrices of the project make more than %d values or %d MiB of text: write less in sections with a matrix", maxMade, maxMadeText>>20)
			variants = nil
		}
		if len(variants) == 0 {
			r.broken, doc.skipped = true, true
			all = append(all, doc)
		}
		for _, v := range variants {
			all = append(all, r.variant(doc, v))
		}
	}
	r.docs = all
}

// weight is how much a document holds.
type weight struct{ values, text int }

// add counts a document so many times.
func (w *weight) add(n *yaml.Node, times int) {
	w.values += times
	w.text += times * len(n.Value)
	for _, item := range n.Content {
		w.add(item, times)
	}
}

// withoutMatrix reports references to a matrix that is not there.
func (r *reading) withoutMatrix(doc *document) *document {
	if !mentions(doc.tree, "matrix") {
		return doc
	}
	return r.variant(doc, nil)
}

// variant makes the document of one variant.
func (r *reading) variant(doc *document, v variant) *document {
	out := *doc
	out.tree = clone(doc.tree)
	out.origins = map[Pos][]Origin{}
	for pos, list := range doc.origins {
		out.origins[pos] = slices.Clone(list)
	}
	names := slices.Sorted(maps.Keys(v))
	x := resolver{
		kind: "matrix", pos: r.sources.pos,
		value: func(name string) (*yaml.Node, Origin, bool) {
			n := v[name]
			if n == nil {
				return nil, Origin{}, false
			}
			return n, Origin{"matrix." + name, n.Value, r.sources.pos(n.Line, n.Column)}, true
		},
		absent: func(pos Pos, name string) {
			out.cut, out.skipped = true, true
			r.noValue(pos, "matrix", name, names)
		},
		note: out.note,
	}
	x.apply(out.tree)
	return &out
}

func (r *reading) noValue(pos Pos, kind, name string, names []string) {
	r.broken = true
	near, ok := schema.Nearest(name, names)
	switch {
	case ok:
		r.fail(pos, "there is no %s.%s; did you mean %s.%s?", kind, name, kind, near)
	case len(names) > 0:
		r.fail(pos, "there is no %s.%s; there are %s", kind, name, strings.Join(names, ", "))
	case kind == "matrix":
		r.fail(pos, "there is no matrix.%s: the image has no matrix", name)
	default:
		r.fail(pos, "there is no vars.%s: declare it under vars in the project section", name)
	}
}

// variants lists the combinations of a matrix less what it excludes.
func (r *reading) variants(matrix *yaml.Node) []variant {
	axes, ok := axesOf(matrix)
	if !ok {
		return nil // the schema says what is wrong
	}
	total := 1
	for _, a := range axes {
		if total *= len(a.values); total > maxVariants {
			r.fail(r.sources.pos(matrix.Line, matrix.Column), "the matrix makes more than %d images", maxVariants)
			return nil
		}
	}
	out := r.exclusions(axes, matrix)
	all := []variant{{}}
	for _, a := range axes {
		var next []variant
		for _, v := range all {
			for _, value := range a.values {
				w := variant{a.name: value}
				for name, n := range v {
					w[name] = n
				}
				next = append(next, w)
			}
		}
		all = next
	}
	all = slices.DeleteFunc(all, func(v variant) bool {
		return slices.ContainsFunc(out, func(e map[string]string) bool { return v.matches(e) })
	})
	if len(all) == 0 {
		r.fail(r.sources.pos(matrix.Line, matrix.Column), "the matrix makes no image: a list is empty or all is excluded")
	}
	return all
}

func (v variant) matches(values map[string]string) bool {
	for name, value := range values {
		if v[name].Value != value {
			return false
		}
	}
	return true
}

// axesOf reads the lists of a matrix; false when one is not a list of texts.
func axesOf(matrix *yaml.Node) ([]axis, bool) {
	var axes []axis
	for i := 0; i+1 < len(matrix.Content); i += 2 {
		key, list := matrix.Content[i], matrix.Content[i+1]
		if key.Value == "exclude" {
			continue
		}
		if list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
			return nil, false
		}
		for _, n := range list.Content {
			if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
				return nil, false
			}
		}
		axes = append(axes, axis{name: key.Value, values: list.Content})
	}
	return axes, len(axes) > 0
}

// exclusions reads the list exclude. An item that excludes nothing is a slip.
func (r *reading) exclusions(axes []axis, matrix *yaml.Node) []map[string]string {
	_, list := find(matrix, "exclude")
	if list == nil {
		return nil
	}
	var names []string
	for _, a := range axes {
		names = append(names, a.name)
	}
	var out []map[string]string
	for _, item := range list.Content {
		values := map[string]string{}
		for i := 0; i+1 < len(item.Content); i += 2 {
			key, value := item.Content[i], item.Content[i+1]
			at := slices.Index(names, key.Value)
			if at < 0 {
				r.noValue(r.sources.pos(key.Line, key.Column), "matrix", key.Value, names)
				continue
			}
			if !slices.ContainsFunc(axes[at].values, func(n *yaml.Node) bool { return n.Value == value.Value }) {
				r.fail(r.sources.pos(value.Line, value.Column), "%s is not among the values of matrix.%s: %s", value.Value, key.Value, axes[at].list())
			}
			values[key.Value] = value.Value
		}
		if len(values) > 0 {
			out = append(out, values)
		}
	}
	return out
}

func (a axis) list() string {
	texts := make([]string, len(a.values))
	for i, n := range a.values {
		texts[i] = n.Value
	}
	return strings.Join(texts, ", ")
}

// mentions reports whether a text of the tree has an expression of a kind.
func mentions(n *yaml.Node, kind string) bool {
	if n.Kind == yaml.ScalarNode {
		return strings.Contains(n.Value, "${{") && strings.Contains(n.Value, kind+".")
	}
	return slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return mentions(c, kind) })
}
