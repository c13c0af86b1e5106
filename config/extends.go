package config

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// notInherited are the keys of an image that those who extend it do not get.
var notInherited = []string{"image", "artifact", "template", "extends"}

// extending resolves the key extends of image sections.
type extending struct {
	*reading
	names  []string
	byName map[string]*document
	state  map[*document]int // how far a document is: 0, resolving, resolved
	chain  []string
	used   map[*document]bool

	extended int // values made by merging
	tooMuch  bool
}

const (
	resolving = 1 + iota
	resolved
)

// maxExtended bounds the values that extends may add to a project.
const maxExtended = 2_000_000

// resolveExtends merges the sections that others extend into those, and leaves
// out the ones that are templates only.
func (r *reading) resolveExtends() {
	x := &extending{reading: r, byName: map[string]*document{}, state: map[*document]int{}, used: map[*document]bool{}}
	extends := false
	for _, doc := range r.docs {
		_, e := find(doc.tree, "extends")
		_, t := find(doc.tree, "template")
		extends = extends || e != nil || t != nil
	}
	if !extends {
		return
	}
	for _, doc := range r.docs {
		x.index(doc)
	}
	for _, doc := range r.docs {
		x.resolve(doc)
	}
	r.docs = slices.DeleteFunc(r.docs, x.dropTemplate)
}

func (x *extending) index(doc *document) {
	_, names := find(doc.tree, "image")
	if names == nil {
		return
	}
	for _, n := range itemsOf(names) {
		if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
			continue
		}
		if first := x.byName[n.Value]; first == nil {
			x.names = append(x.names, n.Value)
			x.byName[n.Value] = doc
		} else if isTemplate(doc) || isTemplate(first) {
			x.fail(x.sources.pos(n.Line, n.Column), "the image name %q is given twice; first at %s", n.Value, x.sources.pos(first.tree.Line, first.tree.Column))
		}
	}
}

func isTemplate(doc *document) bool {
	_, n := find(doc.tree, "template")
	return n != nil && n.Value == "true"
}

// dropTemplate reports whether a document only is there for others.
func (x *extending) dropTemplate(doc *document) bool {
	if !isTemplate(doc) {
		return false
	}
	if !x.used[doc] {
		key, _ := find(doc.tree, "template")
		x.warn(x.sources.pos(key.Line, key.Column), "no image extends this template")
	}
	return true
}

// resolve merges what a document extends into it.
func (x *extending) resolve(doc *document) {
	_, extends := find(doc.tree, "extends")
	if extends == nil || x.state[doc] == resolved {
		return
	}
	x.state[doc] = resolving
	defer func() { x.state[doc] = resolved }()
	merged := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: doc.tree.Line, Column: doc.tree.Column}
	for _, ref := range itemsOf(extends) {
		if ref.Kind != yaml.ScalarNode && isTemplate(doc) {
			x.fail(x.sources.pos(ref.Line, ref.Column), "extends: want the name of an image, or a list of names")
		}
		if base := x.base(ref); base != nil {
			merged = x.merge(merged, base.tree, true)
			doc.inherit(base)
		} else {
			doc.cut, doc.skipped, x.broken = true, true, true
		}
	}
	doc.tree = x.merge(merged, doc.tree, false)
}

// inherit takes over where the values of another document come from.
func (d *document) inherit(base *document) {
	for pos, list := range base.origins {
		if d.origins == nil {
			d.origins = map[Pos][]Origin{}
		}
		d.origins[pos] = list
	}
}

// base is the document that a reference names, resolved itself; nil when there is
// none, which is reported.
func (x *extending) base(ref *yaml.Node) *document {
	at := x.sources.pos(ref.Line, ref.Column)
	if ref.Kind != yaml.ScalarNode || ref.ShortTag() == "!!null" {
		return nil // the schema says what is wrong
	}
	base := x.byName[ref.Value]
	switch {
	case base == nil:
		x.fail(at, "extends: there is no image %q in the project%s", ref.Value, otherImages(ref.Value, x.names))
		return nil
	case x.state[base] == resolving:
		x.circle(at, ref.Value)
		return nil
	}
	x.chain = append(x.chain, ref.Value)
	x.resolve(base)
	x.chain = x.chain[:len(x.chain)-1]
	x.used[base] = true
	return base
}

// circle reports that an image leads back to itself.
func (x *extending) circle(at Pos, name string) {
	first := slices.IndexFunc(x.chain, func(n string) bool { return x.byName[n] == x.byName[name] })
	circle := append(slices.Clone(x.chain[first+1:]), name)
	if len(circle) == 1 {
		x.fail(at, "extends: the image %q extends itself", name)
		return
	}
	x.fail(at, "extends: the images extend each other: %s → %s", name, strings.Join(circle, " → "))
}

// merge puts the keys of over into base. Mappings are merged key by key; any
// other value replaces that of base, and an empty value takes the key away.
func (x *extending) merge(base, over *yaml.Node, top bool) *yaml.Node {
	out := *over
	out.Content = nil
	for i := 0; i+1 < len(base.Content); i += 2 {
		key, value := base.Content[i], base.Content[i+1]
		_, mine := find(over, key.Value)
		switch {
		case mine == nil:
			out.Content = append(out.Content, key, value)
		case mine.Kind == yaml.MappingNode && value.Kind == yaml.MappingNode:
			out.Content = append(out.Content, key, x.merge(value, mine, false))
		}
	}
	for i := 0; i+1 < len(over.Content); i += 2 {
		key, value := over.Content[i], over.Content[i+1]
		_, theirs := find(base, key.Value)
		switch {
		case top && slices.Contains(notInherited, key.Value):
		case theirs != nil && value.ShortTag() == "!!null":
		case theirs != nil && value.Kind == yaml.MappingNode && theirs.Kind == yaml.MappingNode:
		default:
			out.Content = append(out.Content, key, value)
		}
	}
	return x.bounded(&out)
}

// bounded keeps a project whose images extend each other in many steps from
// growing without end.
func (x *extending) bounded(n *yaml.Node) *yaml.Node {
	if x.extended += len(n.Content); x.extended > maxExtended {
		if !x.tooMuch {
			x.tooMuch, x.broken = true, true
			x.fail(x.sources.pos(n.Line, n.Column), "extends makes the project larger than %d values: write less with it", maxExtended)
		}
		return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line, Column: n.Column}
	}
	return n
}
