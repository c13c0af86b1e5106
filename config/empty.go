package config

import (
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/strakebuild/strake/schema"
)

// dropEmpty takes away the keys without a value, as templates leave them behind:
// a list that turned out empty is no list. In a mapping with keys of the user's
// own, no value is empty text.
func (r *reading) dropEmpty(doc *document) {
	if hasEmpty(doc.tree) {
		doc.tree = r.withoutEmpty(clone(doc.tree), "")
	}
}

func hasEmpty(n *yaml.Node) bool {
	for i, item := range n.Content {
		if empty(item) && n.Kind == yaml.MappingNode && i%2 == 1 || hasEmpty(item) {
			return true
		}
	}
	return false
}

func empty(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// withoutEmpty changes n, which is the value of a key.
func (r *reading) withoutEmpty(n *yaml.Node, key string) *yaml.Node {
	for i := 1; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		name, value := n.Content[i-1], n.Content[i]
		switch {
		case !empty(value) || key == "vars" || schema.NeedsValue(name.Value) && !schema.HasOwnKeys(key):
		case schema.HasOwnKeys(key):
			value.Tag, value.Value, value.Line, value.Column = "!!str", "", name.Line, name.Column
		default:
			if src := r.sources.at(name.Line); src != nil && src.template == nil {
				r.warn(r.sources.pos(name.Line, name.Column), "%s has no value, which is as if it were not there", name.Value)
			}
			n.Content = slices.Delete(n.Content, i-1, i+1)
			i -= 2
		}
	}
	for i, item := range n.Content {
		under := key
		if n.Kind == yaml.MappingNode && i%2 == 1 {
			under = n.Content[i-1].Value
		}
		r.withoutEmpty(item, under)
	}
	return n
}
