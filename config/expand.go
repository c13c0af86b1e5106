package config

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

const (
	maxDepth    = 100     // nesting of mappings and lists
	maxExpanded = 200_000 // values that aliases may add to a file
)

// expander makes trees without aliases and merge keys out of what was written,
// for the documents of one file. Values keep the position where they were
// written.
type expander struct {
	pos      func(line, col int) Pos
	errs     Errors
	open     map[*yaml.Node]bool // anchors whose aliases are being expanded
	expanded int                 // values made inside aliases
	tooMany  bool
	cut      bool // a value is left out of the copy
}

func (x *expander) fail(n *yaml.Node, format string, args ...any) {
	x.errs = append(x.errs, &Error{Pos: x.pos(n.Line, n.Column), Message: plainLine(format, args...)})
}

// expand returns a copy of n, or nil after an error that leaves nothing of it.
func (x *expander) expand(n *yaml.Node, depth int) *yaml.Node {
	if x.tooMany {
		return x.nothing()
	}
	if depth > maxDepth {
		x.fail(n, "more than %d levels of nesting", maxDepth)
		return x.nothing()
	}
	if n.Kind == yaml.AliasNode {
		return x.alias(n, depth)
	}
	if len(x.open) > 0 {
		if x.expanded++; x.expanded > maxExpanded {
			x.tooMany = true
			return x.nothing()
		}
	}
	switch n.Kind {
	case yaml.MappingNode:
		return x.mapping(n, depth)
	case yaml.SequenceNode:
		return x.sequence(n, depth)
	}
	return x.scalar(n)
}

// alias expands what an alias stands for.
func (x *expander) alias(n *yaml.Node, depth int) *yaml.Node {
	if x.open[n.Alias] {
		x.fail(n, "the alias *%s is inside its own anchor", n.Value)
		return x.nothing()
	}
	x.open[n.Alias] = true
	out := x.expand(n.Alias, depth+1)
	delete(x.open, n.Alias)
	if x.tooMany && len(x.open) == 0 {
		x.fail(n, "aliases make the file larger than %d values: write less with anchors", maxExpanded)
	}
	return out
}

// nothing stands for a value that cannot be copied.
func (x *expander) nothing() *yaml.Node {
	x.cut = true
	return nil
}

func (x *expander) scalar(n *yaml.Node) *yaml.Node {
	tag := n.ShortTag()
	if n.Style&yaml.TaggedStyle != 0 && (!strings.HasPrefix(tag, "!!") || tag == "!!binary") {
		x.fail(n, "the tag %s is not supported", n.Tag)
	}
	if strings.ContainsRune(n.Value, 0) {
		x.fail(n, "NUL characters are not allowed")
		return x.nothing()
	}
	out := *n
	out.Anchor = ""
	return &out
}

func (x *expander) sequence(n *yaml.Node, depth int) *yaml.Node {
	out := *n
	out.Anchor = ""
	out.Content = make([]*yaml.Node, 0, len(n.Content))
	for _, item := range n.Content {
		if v := x.expand(item, depth+1); v != nil {
			out.Content = append(out.Content, v)
		}
	}
	return &out
}

// mapping copies the keys that are written in n and then those of its merge
// keys, of which the written ones win.
func (x *expander) mapping(n *yaml.Node, depth int) *yaml.Node {
	out := *n
	out.Anchor = ""
	out.Content = make([]*yaml.Node, 0, len(n.Content))
	seen := make(map[string]*yaml.Node, len(n.Content)/2)
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.ShortTag() == "!!merge" {
			merges = append(merges, value)
			continue
		}
		if key = x.key(key, seen); key == nil {
			continue
		}
		if v := x.expand(value, depth+1); v != nil {
			out.Content = append(out.Content, key, v)
		}
	}
	for _, m := range merges {
		x.merge(&out, m, seen, depth)
	}
	return &out
}

// key checks a key and remembers it.
func (x *expander) key(n *yaml.Node, seen map[string]*yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	if n.Kind != yaml.ScalarNode {
		x.fail(n, "a key must be text")
		return x.nothing()
	}
	if first, again := seen[n.Value]; again {
		x.fail(n, "the key %s is given twice; first in line %d", strconv.Quote(n.Value), first.Line)
		return nil
	}
	seen[n.Value] = n
	return x.scalar(n)
}

// merge adds the keys of a merge key's mapping, or list of mappings, to out.
func (x *expander) merge(out, from *yaml.Node, seen map[string]*yaml.Node, depth int) {
	v := x.expand(from, depth+1)
	if v == nil {
		return
	}
	sources := []*yaml.Node{v}
	if v.Kind == yaml.SequenceNode {
		sources = v.Content
	}
	for _, src := range sources {
		if src.Kind != yaml.MappingNode {
			x.fail(from, "the value of << must be a mapping or a list of mappings")
			return
		}
		for i := 0; i+1 < len(src.Content); i += 2 {
			if _, have := seen[src.Content[i].Value]; !have {
				seen[src.Content[i].Value] = src.Content[i]
				out.Content = append(out.Content, src.Content[i], src.Content[i+1])
			}
		}
	}
}
