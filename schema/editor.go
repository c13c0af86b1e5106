package schema

import (
	"cmp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// needValue are the keys that cannot be left empty.
var needValue = []string{"configVersion", "project", "image", "artifact", "dockerfile", "from", "fromImage", "fromArtifact", "add", "to"}

// ownKeys are the mappings whose keys are the user's, where an empty value is
// empty text.
var ownKeys = []string{"args", "env", "labels", "ENV", "LABEL"}

// NeedsValue reports whether a key of the project file has to have a value. Any
// other one without a value is as if it were not there.
func NeedsValue(key string) bool { return slices.Contains(needValue, key) }

// HasOwnKeys reports whether a key holds a mapping whose keys are the user's.
func HasOwnKeys(key string) bool { return slices.Contains(ownKeys, key) }

// What a text with expressions looks like, and one that is an expression and
// gets the type of its value.
const (
	withExpression = `\$\{\{\s*(vars|matrix)\.[A-Za-z_][A-Za-z0-9_-]*\s*\}\}`
	expressionOnly = "^" + withExpression + "$"
)

// JSON returns the JSON Schema (draft 2020-12) of a document as it is written,
// for editors and other tools. It differs from the one that documents are
// checked with in what is done to a document before: expressions may stand for
// values, and keys may have none. The text is that of strake.schema.json.
func JSON() []byte {
	var doc yaml.Node
	if err := yaml.Unmarshal(source, &doc); err != nil {
		panic(err) // the schema is part of the program
	}
	e := editor{defs: entry(doc.Content[0], "$defs"), done: map[string]*yaml.Node{}}
	p := printer{}
	p.value(e.document(doc.Content[0]), 0)
	p.out.WriteByte('\n')
	return p.out.Bytes()
}

// editor makes the schema of documents as they are written. Keys get the
// definitions that they refer to, as far as they may be empty and items of lists
// may not, and because editors differ in what they make of keywords beside a
// reference.
type editor struct {
	defs *yaml.Node
	done map[string]*yaml.Node // definitions that are still referred to
}

func (e *editor) document(root *yaml.Node) *yaml.Node {
	out := e.schema(root)
	defs := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i < len(e.defs.Content); i += 2 {
		if done := e.done[e.defs.Content[i].Value]; done != nil {
			put(defs, e.defs.Content[i].Value, done)
		}
	}
	put(out, "$defs", defs)
	return out
}

// schema converts a schema object.
func (e *editor) schema(s *yaml.Node) *yaml.Node {
	if s.Kind != yaml.MappingNode {
		return s
	}
	out := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i < len(s.Content); i += 2 {
		e.keyword(out, s.Content[i].Value, s.Content[i+1])
	}
	message := text(s, "x-message")
	withMessages(out, message)
	withExpressions(out, cmp.Or(message, typeMessages[text(s, "type")]))
	return out
}

func (e *editor) keyword(out *yaml.Node, keyword string, value *yaml.Node) {
	switch keyword {
	case "$ref":
		e.define(strings.TrimPrefix(value.Value, "#/$defs/"))
		put(out, keyword, value)
	case "properties":
		put(out, keyword, e.properties(value))
	case "items", "additionalProperties", "propertyNames", "then", "else":
		put(out, keyword, e.schema(value))
	case "if", "not":
		e.condition(value)
		put(out, keyword, value)
	case "allOf":
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range value.Content {
			list.Content = append(list.Content, e.schema(item))
		}
		put(out, keyword, list)
	case "deprecated":
		put(out, keyword, value)
		put(out, "doNotSuggest", value)
	case "$defs":
	default:
		if !strings.HasPrefix(keyword, "x-") {
			put(out, keyword, value)
		}
	}
}

// condition keeps the definitions that a condition, which stays as it is, refers
// to.
func (e *editor) condition(s *yaml.Node) {
	if ref := text(s, "$ref"); ref != "" {
		e.define(strings.TrimPrefix(ref, "#/$defs/"))
	}
	if not := entry(s, "not"); not != nil {
		e.condition(not)
	}
}

func (e *editor) define(name string) {
	if e.done[name] == nil {
		e.done[name] = &yaml.Node{} // it may refer to itself
		e.done[name] = e.schema(entry(e.defs, name))
	}
}

func (e *editor) properties(s *yaml.Node) *yaml.Node {
	out := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i < len(s.Content); i += 2 {
		put(out, s.Content[i].Value, e.property(s.Content[i].Value, s.Content[i+1]))
	}
	return out
}

func (e *editor) property(key string, s *yaml.Node) *yaml.Node {
	out := e.schema(e.whole(s))
	if values := entry(out, "additionalProperties"); HasOwnKeys(key) && values != nil && values.Kind == yaml.MappingNode {
		allowType(values, "null")
	}
	if !NeedsValue(key) {
		allowType(out, "null")
	}
	return out
}

// whole puts what a schema refers to beside what it says itself.
func (e *editor) whole(s *yaml.Node) *yaml.Node {
	ref := entry(s, "$ref")
	if ref == nil {
		return s
	}
	out := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i < len(s.Content); i += 2 {
		if s.Content[i].Value != "$ref" {
			put(out, s.Content[i].Value, s.Content[i+1])
		}
	}
	def := e.whole(e.definition(ref.Value))
	for i := 0; i < len(def.Content); i += 2 {
		if entry(out, def.Content[i].Value) == nil {
			put(out, def.Content[i].Value, def.Content[i+1])
		}
	}
	return out
}

// definition returns what a reference such as "#/$defs/import" refers to.
func (e *editor) definition(ref string) *yaml.Node {
	at := e.defs
	for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/$defs/"), "/") {
		at = entry(at, name)
	}
	return at
}

// typeMessages says what is wanted where there is no message of its own.
var typeMessages = map[string]string{"boolean": "want true or false", "integer": "want a whole number"}

// withMessages tells editors what to say about a value.
func withMessages(s *yaml.Node, message string) {
	if message == "" {
		return
	}
	if entry(s, "pattern") != nil {
		put(s, "patternErrorMessage", word(message))
	}
	if entry(s, "not") != nil {
		put(s, "errorMessage", word(message))
	}
}

// withExpressions lets expressions stand for numbers, truth values and restricted
// texts. Where no other text can be, the message is about any other text.
func withExpressions(s *yaml.Node, message string) {
	types := words(entry(s, "type"))
	isText := slices.Contains(types, "string")
	isTruth := slices.Contains(types, "boolean")
	isNumber := slices.Contains(types, "integer")
	switch {
	case (isText || isNumber) && (entry(s, "enum") != nil || entry(s, "maxLength") != nil):
		alternative(s)
	case isText && entry(s, "pattern") != nil:
		put(s, "pattern", word(text(s, "pattern")+"|"+withExpression))
	case !isText && (isTruth || isNumber):
		put(s, "pattern", word(expressionOnly))
		put(s, "patternErrorMessage", word(message))
		allowType(s, "string")
	}
}

// alternative lets a text with expressions stand for what a schema asks for.
func alternative(s *yaml.Node) {
	usual, other := &yaml.Node{Kind: yaml.MappingNode}, &yaml.Node{Kind: yaml.MappingNode}
	rest := s.Content
	s.Content = nil
	for i := 0; i < len(rest); i += 2 {
		switch keyword := rest[i].Value; keyword {
		case "type", "enum", "minLength", "maxLength", "pattern", "patternErrorMessage":
			put(usual, keyword, rest[i+1])
		default:
			put(s, keyword, rest[i+1])
		}
	}
	put(other, "type", word("string"))
	put(other, "pattern", word(withExpression))
	put(s, "type", entry(usual, "type"))
	allowType(s, "string")
	put(s, "oneOf", &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{usual, other}})
}

// allowType adds a type to those that a schema names, also in its alternatives.
func allowType(s *yaml.Node, name string) {
	at := entry(s, "type")
	if at == nil {
		return
	}
	types := words(at)
	if slices.Contains(types, name) {
		return
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, t := range append(types, name) {
		list.Content = append(list.Content, word(t))
	}
	put(s, "type", list)
	if either := entry(s, "oneOf"); either != nil && name == "null" {
		either.Content = append(either.Content, &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{word("type"), word(name)}})
	}
}

func word(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

// put sets an entry of a mapping.
func put(n *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content[i+1] = value
			return
		}
	}
	n.Content = append(n.Content, word(key), value)
}
