package config

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Render writes a project as YAML with anchors resolved and defaults filled in:
// the project section, then one document per image. Loading it gives the same
// project, positions apart, unless a text of it has the {{ of a template action.
func Render(p *Project) ([]byte, error) {
	docs := []*yaml.Node{renderMeta(p)}
	for _, img := range p.Images {
		docs = append(docs, renderImage(img))
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	for _, doc := range docs {
		if err := encoder.Encode(doc); err != nil {
			return nil, fmt.Errorf("rendering the project: %w", err)
		}
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("rendering the project: %w", err)
	}
	return out.Bytes(), nil
}

// mapping is a YAML mapping under construction. Empty values are left out.
type mapping struct{ node yaml.Node }

func (m *mapping) put(key string, value *yaml.Node) {
	if value == nil {
		return
	}
	m.node.Kind = yaml.MappingNode
	m.node.Content = append(m.node.Content, textNode(key), value)
}

func (m *mapping) text(key string, s String) {
	if s.Value != "" {
		m.put(key, placed(textNode(s.Value), s.Pos))
	}
}

func (m *mapping) texts(key string, list []String) {
	var values []*yaml.Node
	for _, s := range list {
		values = append(values, placed(textNode(s.Value), s.Pos))
	}
	m.list(key, values)
}

func (m *mapping) pairs(key string, list []Pair) {
	var pairs mapping
	for _, p := range list {
		pairs.put(p.Name.Value, placed(textNode(p.Value.Value), p.Value.Pos))
	}
	m.put(key, pairs.done())
}

func (m *mapping) flag(key string, b Bool) {
	m.put(key, placed(&yaml.Node{Kind: yaml.ScalarNode, Value: strconv.FormatBool(b.Value)}, b.Pos))
}

// flagUnless leaves out what is so anyway and was not written.
func (m *mapping) flagUnless(key string, b Bool, otherwise bool) {
	if b.Value != otherwise || b.Pos != (Pos{}) {
		m.flag(key, b)
	}
}

func (m *mapping) numberUnless(key string, n Int, otherwise int) {
	if n.Value != otherwise {
		m.put(key, placed(&yaml.Node{Kind: yaml.ScalarNode, Value: strconv.Itoa(n.Value)}, n.Pos))
	}
}

func (m *mapping) duration(key string, d Duration) {
	if d != (Duration{}) {
		m.put(key, placed(textNode(d.Value.String()), d.Pos))
	}
}

// list puts the nodes that are not nil.
func (m *mapping) list(key string, nodes []*yaml.Node) {
	if len(nodes) > 0 {
		m.put(key, &yaml.Node{Kind: yaml.SequenceNode, Content: nodes})
	}
}

// done returns the mapping, nil when it is empty.
func (m *mapping) done() *yaml.Node {
	if len(m.node.Content) == 0 {
		return nil
	}
	return &m.node
}

// placed keeps the place of a value in its node: the file in the alias, which
// means nothing for a scalar that is written.
func placed(n *yaml.Node, pos Pos) *yaml.Node {
	n.Line, n.Column, n.Alias = pos.Line, pos.Col, &yaml.Node{Value: pos.File, Line: pos.Rendered}
	return n
}

// placeOf returns the place that placed has kept.
func placeOf(n *yaml.Node) Pos {
	if n.Alias == nil {
		return Pos{}
	}
	return Pos{File: n.Alias.Value, Line: n.Line, Col: n.Column, Rendered: n.Alias.Line}
}

func textNode(value string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
	if strings.HasPrefix(value, "\n") || strings.HasPrefix(value, "\t") {
		n.Style = yaml.DoubleQuotedStyle // a block loses the line end, and cannot begin with a tab
	}
	return n
}

func textList(values []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode}
	if len(values) == 0 {
		n.Style = yaml.FlowStyle
	}
	for _, v := range values {
		n.Content = append(n.Content, textNode(v))
	}
	return n
}
