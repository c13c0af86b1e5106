package config

import (
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// reference matches the mention of a variable or of a value of a matrix in a text of
// the project file.
var reference = regexp.MustCompile(`\$\{\{\s*(vars|matrix)\.([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}`)

// referenceHere matches such a mention at the beginning of a text.
var referenceHere = regexp.MustCompile("^" + reference.String())

// Origin is what a part of a value comes from, besides the place it is written
// at.
type Origin struct {
	Name  string // "vars.NAME" or "matrix.NAME"
	Value string
	Pos   Pos // of the value; the zero Pos when it was given with --var
}

// resolver gives the values of expressions of one kind.
type resolver struct {
	kind   string // vars or matrix
	pos    func(line, col int) Pos
	value  func(name string) (*yaml.Node, Origin, bool)
	absent func(pos Pos, name string) // told of a name without a value
	note   func(pos Pos, o Origin)    // told of each use
}

// apply replaces the expressions in the values of n, in place.
func (r *resolver) apply(n *yaml.Node) {
	switch n.Kind {
	case yaml.ScalarNode:
		if strings.Contains(n.Value, "${{") {
			r.scalar(n)
		}
	case yaml.MappingNode:
		for i := 1; i < len(n.Content); i += 2 {
			r.apply(n.Content[i])
		}
	default:
		for _, item := range n.Content {
			r.apply(item)
		}
	}
}

// scalar replaces the expressions of one text. A text that is a single expression
// without quotes takes the type of the value.
func (r *resolver) scalar(n *yaml.Node) {
	at := r.pos(n.Line, n.Column)
	whole := n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	var typed *yaml.Node
	text := reference.ReplaceAllStringFunc(n.Value, func(found string) string {
		match := reference.FindStringSubmatch(found)
		if match[1] != r.kind {
			return found
		}
		value, origin, ok := r.value(match[2])
		if !ok {
			r.absent(at, match[2])
			return found
		}
		r.note(at, origin)
		if whole && found == n.Value {
			typed = value
		}
		return value.Value
	})
	n.Value = text
	if typed != nil {
		n.Tag = typed.ShortTag()
	}
}

// clone copies a tree.
func clone(n *yaml.Node) *yaml.Node {
	out := *n
	out.Content = make([]*yaml.Node, len(n.Content))
	for i, item := range n.Content {
		out.Content[i] = clone(item)
	}
	return &out
}
