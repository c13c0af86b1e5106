package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"gopkg.in/yaml.v3"
)

// other reports everything but unknown keys.
func (r *report) other(e *jsonschema.ValidationError) {
	s, keyword := r.schema.at(e.AbsoluteKeywordLocation)
	whole, _ := r.schema.at(beforeAllOf(e.AbsoluteKeywordLocation))
	p := r.find(e.InstanceLocation)
	if r.relation(e, p) {
		return
	}
	switch keyword {
	case "additionalProperties":
	case "required":
		r.missing(e.InstanceLocation, p, s.name(), s.texts("required"))
	case "anyOf":
		r.missing(e.InstanceLocation, p, whole.name(), alternativeKeys(s, "anyOf")[:1])
	case "oneOf":
		r.oneOf(p, s, whole)
	case "type":
		r.add(p, p.say(wrongType(p.value, s)))
	case "enum":
		r.add(p, p.say(notAllowed(p.value.Value, s.texts("enum"))))
	case "uniqueItems":
		r.repeated(p)
	default:
		r.limit(p, s, keyword, strings.Contains(e.AbsoluteKeywordLocation, "/propertyNames/"))
	}
}

// repeated reports list items that equal an earlier one.
func (r *report) repeated(p place) {
	seen := map[string]bool{}
	for i, item := range p.value.Content {
		if seen[item.Value] {
			q := p.child(strconv.Itoa(i))
			r.add(q, q.say(fmt.Sprintf("%q is in the list already", item.Value)))
		}
		seen[item.Value] = true
	}
}

// limit reports the violation of a pattern or of a bound.
func (r *report) limit(p place, s object, keyword string, ofKey bool) {
	n := p.node()
	found := n.Value
	if ofKey && p.key != nil {
		n, found = p.key, p.key.Value
	}
	message := fmt.Sprintf("%s, found %q", limitText(s, keyword), found)
	switch keyword {
	case "minItems":
		message = "want at least one item"
	case "maxItems":
		message = fmt.Sprintf("want at most %v items", s["maxItems"])
	case "maxLength":
		message = fmt.Sprintf("%q has more than %v characters", found, s["maxLength"])
	case "minLength":
		message = "want text that is not empty"
	}
	r.addAt(n, p.path, p.say(message))
}

func limitText(s object, keyword string) string {
	if m := s.text("x-message"); m != "" {
		return m
	}
	return fmt.Sprintf("want %s %v", keyword, s[keyword])
}

// say puts the path of the value in front of a message.
func (p place) say(message string) string {
	if p.path == "" {
		return message
	}
	return p.path + ": " + message
}

// notAllowed says which values there are.
func notAllowed(found string, allowed []string) string {
	hint := ";"
	if near, ok := Nearest(found, allowed); ok {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return fmt.Sprintf("%q is not known here%s allowed: %s", found, hint, strings.Join(allowed, ", "))
}

// wrongType says what is wanted in place of what was found.
func wrongType(n *yaml.Node, s object) string {
	types := slices.DeleteFunc(s.texts("type"), func(t string) bool { return t == "null" })
	wants := make([]string, len(types))
	for i, t := range types {
		wants[i] = typeName(t, s)
	}
	if s["x-secret"] == true && n.Kind == yaml.ScalarNode {
		return fmt.Sprintf("want %s, found %s", joinOr(wants), describeSecret(n))
	}
	return fmt.Sprintf("want %s, found %s%s", joinOr(wants), describe(n), typeHint(n, types))
}

// joinOr gives "a, b or c".
func joinOr(list []string) string {
	last := len(list) - 1
	if last < 1 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:last], ", ") + " or " + list[last]
}

func typeName(t string, s object) string {
	switch t {
	case "string":
		return "text"
	case "integer":
		return "a whole number"
	case "number":
		return "a number"
	case "boolean":
		return "true or false"
	case "object":
		return "a mapping"
	}
	if items, ok := s["items"].(map[string]any); ok && items["type"] == "string" {
		return "a list of texts"
	}
	return "a list"
}

// describeSecret says what a value is without the value.
func describeSecret(n *yaml.Node) string {
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!str":
		return "text"
	}
	return "a number or a bare word; put it in quotes"
}

func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!int", "!!float":
		return "the number " + n.Value
	case "!!bool":
		return n.Value
	}
	return fmt.Sprintf("the text %q", shorten(n.Value))
}

// shorten keeps the first line of a value, of at most 40 characters.
func shorten(text string) string {
	line, rest, _ := strings.Cut(text, "\n")
	runes := []rune(line)
	if len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	if rest != "" {
		return line + "…"
	}
	return line
}

// typeHint says what the user most likely has to write.
func typeHint(n *yaml.Node, want []string) string {
	text := slices.Contains(want, "string")
	switch {
	case n.ShortTag() == "!!null":
		return "; write a value or remove the key"
	case n.Kind == yaml.MappingNode && text:
		return `; put text with ": " in quotes`
	case n.Kind == yaml.ScalarNode && text:
		return fmt.Sprintf("; put it in quotes: %q", n.Value)
	case n.Kind == yaml.ScalarNode && slices.Contains(want, "array"):
		return "; write it as a list: [" + written(n) + "]"
	case slices.Contains(want, "boolean"):
		return boolHint(n.Value)
	}
	return ""
}

// written is a scalar about as the user wrote it.
func written(n *yaml.Node) string {
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		return strconv.Quote(shorten(n.Value))
	}
	return shorten(n.Value)
}

func boolHint(found string) string {
	switch strings.ToLower(found) {
	case "yes", "on", "y", "1", "true":
		return "; did you mean true?"
	case "no", "off", "n", "0", "false":
		return "; did you mean false?"
	}
	return ""
}

func quoteAll(list []string, sep string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = strconv.Quote(s)
	}
	return strings.Join(quoted, sep)
}
