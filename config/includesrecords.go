package config

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/strakebuild/strake/schema"
)

const maxRecords = 1 << 20 // bytes of a file of records

// records is a file with one key, includes, and a list of mappings below it.
type records struct {
	src   *source
	items []*yaml.Node // without aliases
	errs  Errors
}

// readRecords reads such a file; what cannot be read is in errs.
func readRecords(file string, text []byte) *records {
	r := &records{src: &source{file: file}}
	if len(text) > maxRecords {
		r.fail(Pos{File: file, Line: 1, Col: 1}, "the file has %d bytes, more than the limit of %d", len(text), maxRecords)
		return r
	}
	src, bad := readSource(file, text)
	if bad != nil {
		r.errs = Errors{bad}
		return r
	}
	r.src = src
	docs, bad := parseYAML(src)
	switch {
	case bad != nil:
		r.errs = Errors{bad}
	case len(docs) > 1:
		r.fail(r.pos(docs[1]), "the file can have one document only")
	case len(docs) == 1:
		r.document(docs[0])
	}
	return r
}

// document takes the list out of the document.
func (r *records) document(doc *yaml.Node) {
	x := expander{pos: r.src.at, open: map[*yaml.Node]bool{}}
	tree := x.expand(doc, 0)
	r.errs = append(r.errs, x.errs...)
	if tree == nil {
		return
	}
	list := r.fields(tree, "the file", "includes")["includes"]
	switch {
	case list == nil || list.ShortTag() == "!!null":
	case list.Kind != yaml.SequenceNode:
		r.fail(r.pos(list), "includes must be a list")
	default:
		r.items = list.Content
	}
}

func (r *records) pos(n *yaml.Node) Pos { return r.src.at(n.Line, n.Column) }

func (r *records) fail(pos Pos, format string, args ...any) {
	r.errs = append(r.errs, &Error{Pos: pos, Message: plainLine(format, args...)})
}

// fields returns the values of a mapping by their keys, which have to be among
// those allowed; nil for what is no mapping.
func (r *records) fields(n *yaml.Node, what string, allowed ...string) map[string]*yaml.Node {
	if n.Kind != yaml.MappingNode {
		r.fail(r.pos(n), "%s must be a mapping with the keys %s", what, strings.Join(allowed, ", "))
		return nil
	}
	fields := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !slices.Contains(allowed, key.Value) {
			r.fail(r.pos(key), "%s", unknownKey(key.Value, allowed))
			continue
		}
		if value.ShortTag() != "!!null" {
			fields[key.Value] = value
		}
	}
	return fields
}

func unknownKey(key string, allowed []string) string {
	if near, ok := schema.Nearest(key, allowed); ok {
		return fmt.Sprintf("unknown key %q; did you mean %q?", key, near)
	}
	return fmt.Sprintf("unknown key %q: allowed are %s", key, strings.Join(allowed, ", "))
}

// text returns a scalar as it was written; n may be nil.
func (r *records) text(n *yaml.Node) String {
	if n == nil {
		return String{}
	}
	if n.Kind != yaml.ScalarNode {
		r.fail(r.pos(n), "this must be text")
		return String{Pos: r.pos(n)}
	}
	return String{Value: n.Value, Pos: r.pos(n)}
}

// texts returns a scalar, or the scalars of a list.
func (r *records) texts(n *yaml.Node) []String {
	if n == nil {
		return nil
	}
	var list []String
	for _, item := range itemsOf(n) {
		if item.ShortTag() == "!!null" || item.Value == "" && item.Kind == yaml.ScalarNode {
			r.fail(r.pos(item), "an empty value is not allowed here")
			continue
		}
		list = append(list, r.text(item))
	}
	return list
}
