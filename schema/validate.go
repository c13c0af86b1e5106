package schema

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"gopkg.in/yaml.v3"
)

// Violation is one fault in the shape of a document.
type Violation struct {
	Line, Col int    // 1-based place of the key or value at fault, as yaml.Node has them
	Path      string // of the value in the document: "git[0].to", "" for the document itself
	Message   string // one line: what is wrong and what would be right
}

// Validate compares a document with the part of the schema for its kind and
// returns all that is wrong, sorted by place; nothing for the kind Unknown. The
// document must be free of aliases, merge keys and repeated keys.
func Validate(doc *yaml.Node, kind Kind) []Violation {
	c := load()
	if s := c.rules[kind]; s == nil || accepts(s, doc) {
		return nil
	}
	kinds, err := c.library()
	if err != nil {
		panic(err) // the schema is part of the program
	}
	if err = kinds[kind].Validate(value(doc)); err == nil {
		return nil
	}
	r := report{schema: c, doc: doc, guessed: map[string][]string{}}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		r.add(place{value: doc}, err.Error())
		return r.list
	}
	r.walk(invalid, r.unknownKeys)
	r.visits = 0
	r.walk(invalid, r.other)
	return tidy(r.list)
}

// value gives the JSON value of a node.
func value(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = value(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			list[i] = value(item)
		}
		return list
	case yaml.ScalarNode:
		return scalar(n)
	}
	return nil
}

// scalar gives the JSON value of a scalar. What JSON cannot say (dates, infinite
// numbers) is text.
func scalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool", "!!int", "!!float":
		return plain(n)
	}
	return n.Value
}

func plain(n *yaml.Node) any {
	var v any
	if err := n.Decode(&v); err != nil {
		return n.Value
	}
	switch v := v.(type) {
	case bool, int, int64, uint64:
		return v
	case float64:
		if !math.IsInf(v, 0) && !math.IsNaN(v) {
			return v
		}
	}
	return n.Value
}

// place is a value of the document with its key.
type place struct {
	path  string
	key   *yaml.Node // nil for list items and the document
	value *yaml.Node
}

// maxVisits bounds the work for a document with very many faults.
const maxVisits = 1000

// report turns the errors of the validator into violations.
type report struct {
	schema  *compiled
	doc     *yaml.Node
	guessed map[string][]string // by instance location: keys that misspelt ones stand for
	visits  int
	list    []Violation
}

// walk calls visit for the innermost errors. What is below a oneOf or an anyOf is
// left out: it tells of the alternatives, not of the fault.
func (r *report) walk(e *jsonschema.ValidationError, visit func(*jsonschema.ValidationError)) {
	at := e.AbsoluteKeywordLocation
	if len(e.Causes) == 0 || strings.HasSuffix(at, "/oneOf") || strings.HasSuffix(at, "/anyOf") {
		if r.visits++; r.visits <= maxVisits {
			visit(e)
		}
		return
	}
	for _, cause := range e.Causes {
		r.walk(cause, visit)
	}
}

// find returns the place for an instance location such as "/git/0/to".
func (r *report) find(location string) place {
	p := place{value: r.doc}
	if location == "" {
		return p
	}
	for token := range strings.SplitSeq(location[1:], "/") {
		p = p.child(unescape(token))
	}
	return p
}

func (p place) child(token string) place {
	switch p.value.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(p.value.Content); i += 2 {
			if p.value.Content[i].Value == token {
				return place{path: strings.TrimPrefix(p.path+"."+token, "."), key: p.value.Content[i], value: p.value.Content[i+1]}
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(p.value.Content) {
			return place{path: p.path + "[" + token + "]", value: p.value.Content[i]}
		}
	}
	return p
}

// node is where a fault of the value is shown: at the key when no value was
// written.
func (p place) node() *yaml.Node {
	if p.key != nil && p.value.ShortTag() == "!!null" && p.value.Value == "" {
		return p.key
	}
	return p.value
}

func (r *report) add(p place, message string) {
	r.addAt(p.node(), p.path, message)
}

func (r *report) addAt(n *yaml.Node, path, message string) {
	r.list = append(r.list, Violation{Line: n.Line, Col: n.Column, Path: path, Message: message})
}

// tidy sorts violations and drops repeated ones: two keywords that share one
// message, a key that several others exclude, and a fault inside an anchor that
// is used at several paths.
func tidy(list []Violation) []Violation {
	slices.SortStableFunc(list, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col), strings.Compare(a.bare(), b.bare()))
	})
	return slices.CompactFunc(list, func(a, b Violation) bool {
		return a.Line == b.Line && a.Col == b.Col && (a.bare() == b.bare() || a.isOneTooMany() && b.isOneTooMany())
	})
}

// isOneTooMany tells of messages of which one is enough for a key.
func (v Violation) isOneTooMany() bool { return strings.HasPrefix(v.Message, oneTooMany) }

// bare is the message without the path in front of it.
func (v Violation) bare() string { return strings.TrimPrefix(v.Message, v.Path+": ") }
