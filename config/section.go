package config

import (
	"regexp"
	"time"

	"gopkg.in/yaml.v3"
)

// section reads the keys of a mapping. What is absent or of the wrong shape
// reads as nothing; the schema has reported it by then.
type section struct {
	d    *decoder
	node *yaml.Node // nil for an absent section
}

func (s section) pos() Pos { return s.d.posOf(s.node) }

func (d *decoder) posOf(n *yaml.Node) Pos {
	if n == nil {
		return Pos{}
	}
	return d.pos(n)
}

// value returns the value of a key, or nil.
func (s section) value(key string) *yaml.Node {
	_, v := s.entry(key)
	return v
}

func (s section) entry(key string) (k, v *yaml.Node) {
	if s.node == nil || s.node.Kind != yaml.MappingNode {
		return nil, nil
	}
	if s.d.visit != nil {
		s.d.visit(s.node, key)
	}
	for i := 0; i+1 < len(s.node.Content); i += 2 {
		if s.node.Content[i].Value == key {
			return s.node.Content[i], s.node.Content[i+1]
		}
	}
	return nil, nil
}

func (s section) sub(key string) section { return section{s.d, s.value(key)} }

// list returns the items of a list of sections.
func (s section) list(key string) []section {
	n := s.value(key)
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	list := make([]section, len(n.Content))
	for i, item := range n.Content {
		list[i] = section{s.d, item}
	}
	return list
}

// text returns a scalar as it was written.
func (s section) text(key string) String { return s.d.text(s.value(key)) }

func (d *decoder) text(n *yaml.Node) String {
	if n == nil || n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		return String{}
	}
	return String{Value: n.Value, Pos: d.pos(n)}
}

// texts returns a scalar, or the scalars of a list.
func (s section) texts(key string) []String {
	n := s.value(key)
	if n == nil {
		return nil
	}
	var list []String
	for _, item := range itemsOf(n) {
		if t := s.d.text(item); t.Pos != (Pos{}) {
			list = append(list, t)
		}
	}
	return list
}

// itemsOf is the items of a list; what is none is its only item.
func itemsOf(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

// pairs returns a map of scalars in the order it was written.
func (s section) pairs(key string) []Pair {
	n := s.value(key)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var list []Pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		list = append(list, Pair{Name: s.d.text(n.Content[i]), Value: s.d.text(n.Content[i+1])})
	}
	return list
}

// flag returns a boolean, or otherwise when it is absent.
func (s section) flag(key string, otherwise bool) Bool {
	n := s.value(key)
	if n == nil || n.ShortTag() != "!!bool" {
		return Bool{Value: otherwise}
	}
	var v bool
	if err := n.Decode(&v); err != nil {
		return Bool{Value: otherwise}
	}
	return Bool{Value: v, Pos: s.d.pos(n)}
}

// number returns a whole number, or otherwise when it is absent.
func (s section) number(key string, otherwise int) Int {
	n := s.value(key)
	var v int
	if n == nil || n.ShortTag() != "!!int" || n.Decode(&v) != nil {
		return Int{Value: otherwise}
	}
	return Int{Value: v, Pos: s.d.pos(n)}
}

// duration returns a time span: a number of seconds, or a text such as 1m30s.
// One that is out of range is a fault.
func (s section) duration(key string) Duration {
	n := s.value(key)
	if n == nil || n.Kind != yaml.ScalarNode {
		return Duration{}
	}
	text := n.Value
	if n.ShortTag() == "!!int" {
		text += "s"
	}
	v, err := time.ParseDuration(text)
	if err != nil && durationForm.MatchString(text) {
		s.d.fail(s.d.pos(n), "%s: the duration %s is too long", key, n.Value)
	}
	if err != nil || v < 0 {
		return Duration{}
	}
	return Duration{Value: v, Pos: s.d.pos(n)}
}

var durationForm = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$`)
