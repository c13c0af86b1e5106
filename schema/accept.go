package schema

import (
	"math"
	"slices"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// accepts reports whether a node fits a rule: the answer of the library, for the
// keywords that our schema uses, without making values of the nodes and without
// compiling the schema, which is most of the work for a file without faults. What
// is wrong with one that does not fit is told by the library.
func accepts(s *rule, n *yaml.Node) bool {
	if s.never {
		return false
	}
	kind := kindOf(n)
	if len(s.types) > 0 && !slices.ContainsFunc(s.types, func(t string) bool { return kind.is(t, n) }) {
		return false
	}
	if !acceptsCombined(s, n) || len(s.enum) > 0 && !slices.ContainsFunc(s.enum, func(v any) bool { return equal(v, kind, n) }) {
		return false
	}
	switch kind {
	case objectKind:
		return acceptsObject(s, n)
	case arrayKind:
		return acceptsArray(s, n)
	case stringKind:
		return acceptsString(s, n.Value)
	case numberKind:
		f := number(n)
		return f >= s.minimum && f <= s.maximum
	}
	return true
}

// nodeKind is the JSON type of a node.
type nodeKind int

const (
	nullKind nodeKind = iota
	boolKind
	numberKind
	stringKind
	arrayKind
	objectKind
)

// kindOf is the type that value would give a node.
func kindOf(n *yaml.Node) nodeKind {
	switch n.Kind {
	case yaml.MappingNode:
		return objectKind
	case yaml.SequenceNode:
		return arrayKind
	case yaml.ScalarNode:
		switch n.ShortTag() {
		case "!!str":
			return stringKind
		case "!!null":
			return nullKind
		case "!!bool", "!!int", "!!float":
			return kindOfValue(plain(n))
		}
		return stringKind
	}
	return nullKind
}

func kindOfValue(v any) nodeKind {
	switch v.(type) {
	case string:
		return stringKind
	case bool:
		return boolKind
	}
	return numberKind
}

// is reports whether a node of the kind has a type of JSON Schema.
func (k nodeKind) is(t string, n *yaml.Node) bool {
	switch t {
	case "null":
		return k == nullKind
	case "boolean":
		return k == boolKind
	case "number":
		return k == numberKind
	case "integer":
		return k == numberKind && number(n) == math.Trunc(number(n))
	case "string":
		return k == stringKind
	case "array":
		return k == arrayKind
	}
	return k == objectKind
}

// number is the value of a node of numberKind.
func number(n *yaml.Node) float64 {
	switch v := plain(n).(type) {
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case uint64:
		return float64(v)
	case float64:
		return v
	}
	return math.NaN()
}

// equal compares an item of an enum with a node.
func equal(v any, kind nodeKind, n *yaml.Node) bool {
	switch v := v.(type) {
	case string:
		return kind == stringKind && n.Value == v
	case float64:
		return kind == numberKind && number(n) == v
	}
	return false
}

func acceptsCombined(s *rule, n *yaml.Node) bool {
	fits := func(s *rule) bool { return accepts(s, n) }
	if s.ref != nil && !fits(s.ref) || s.not != nil && fits(s.not) {
		return false
	}
	if len(s.anyOf) > 0 && !slices.ContainsFunc(s.anyOf, fits) {
		return false
	}
	for _, part := range s.allOf {
		if !fits(part) {
			return false
		}
	}
	count := 0
	for _, part := range s.oneOf {
		if fits(part) {
			count++
		}
	}
	return len(s.oneOf) == 0 || count == 1
}

func acceptsObject(s *rule, n *yaml.Node) bool {
	for _, name := range s.required {
		if !hasKey(n, name) {
			return false
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if !acceptsKey(s, n, n.Content[i], n.Content[i+1]) {
			return false
		}
	}
	return true
}

// acceptsKey checks a key of n, its value, and what other keys it asks for.
func acceptsKey(s *rule, n, key, value *yaml.Node) bool {
	property, known := s.properties[key.Value]
	if known && !accepts(property, value) {
		return false
	}
	if s.names != nil && !acceptsString(s.names, key.Value) {
		return false
	}
	if !known && (s.closed || s.additional != nil && !accepts(s.additional, value)) {
		return false
	}
	for _, name := range s.needs[key.Value] {
		if !hasKey(n, name) {
			return false
		}
	}
	dependent := s.with[key.Value]
	return dependent == nil || accepts(dependent, n)
}

func hasKey(n *yaml.Node, name string) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return true
		}
	}
	return false
}

func acceptsArray(s *rule, n *yaml.Node) bool {
	if len(n.Content) < s.minItems || len(n.Content) > s.maxItems {
		return false
	}
	if s.unique && !unique(n.Content) {
		return false
	}
	for _, item := range n.Content {
		if s.items != nil && !accepts(s.items, item) {
			return false
		}
	}
	return true
}

// unique reports whether all items are certainly different texts.
func unique(items []*yaml.Node) bool {
	seen := make(map[string]bool, len(items))
	for _, item := range items {
		if seen[item.Value] || item.Kind != yaml.ScalarNode {
			return false
		}
		seen[item.Value] = true
	}
	return true
}

func acceptsString(s *rule, text string) bool {
	if n := utf8.RuneCountInString(text); n < s.minLength || n > s.maxLength {
		return false
	}
	return s.pattern == nil || s.pattern().MatchString(text)
}
