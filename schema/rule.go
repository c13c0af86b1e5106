package schema

import (
	"math"
	"regexp"
	"strings"
	"sync"
)

// rule is a schema object in the form that accepts works with. A keyword that is
// absent has the value that allows everything.
type rule struct {
	never                bool // the schema false
	ref                  *rule
	types                []string
	enum                 []any
	not                  *rule
	allOf, anyOf, oneOf  []*rule
	required             []string
	properties           map[string]*rule
	names                *rule // propertyNames
	closed               bool  // additionalProperties is false
	additional           *rule // additionalProperties is a schema
	needs                map[string][]string
	with                 map[string]*rule // dependentSchemas
	items                *rule
	minItems, maxItems   int
	unique               bool
	minLength, maxLength int
	minimum, maximum     float64
	pattern              func() *regexp.Regexp // nil for none
}

// rules reads schema objects, each definition once.
type rules struct {
	defs map[string]any
	done map[string]*rule
}

// definition returns the rule of a part of the schema.
func (r *rules) definition(name string) *rule {
	if known := r.done[name]; known != nil {
		return known
	}
	out := &rule{}
	r.done[name] = out
	r.fill(out, r.defs[name])
	return out
}

func (r *rules) read(value any) *rule {
	if value == nil {
		return nil
	}
	out := &rule{}
	r.fill(out, value)
	return out
}

// fill sets a rule to what a schema says: true, false or an object.
func (r *rules) fill(out *rule, value any) {
	s, isObject := value.(map[string]any)
	if !isObject {
		out.never = value == false
	}
	o := object(s)
	*out = rule{
		never: out.never, types: o.texts("type"), required: o.texts("required"),
		not: r.read(s["not"]), allOf: r.list(s["allOf"]), anyOf: r.list(s["anyOf"]), oneOf: r.list(s["oneOf"]),
		properties: r.table(s["properties"]), names: r.read(s["propertyNames"]), with: r.table(s["dependentSchemas"]),
		closed: s["additionalProperties"] == false, items: r.read(s["items"]),
		minItems: o.bound("minItems", 0), maxItems: o.bound("maxItems", math.MaxInt32),
		minLength: o.bound("minLength", 0), maxLength: o.bound("maxLength", math.MaxInt32),
		minimum: o.number("minimum", math.Inf(-1)), maximum: o.number("maximum", math.Inf(1)),
		unique: s["uniqueItems"] == true,
	}
	out.enum, _ = s["enum"].([]any)
	if !out.closed {
		out.additional = r.read(s["additionalProperties"])
	}
	if name, ok := strings.CutPrefix(o.text("$ref"), "#/$defs/"); ok {
		out.ref = r.definition(name)
	}
	if needs, ok := s["dependentRequired"].(map[string]any); ok {
		out.needs = map[string][]string{}
		for key := range needs {
			out.needs[key] = object(needs).texts(key)
		}
	}
	if text := o.text("pattern"); text != "" {
		out.pattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
	}
}

func (r *rules) list(value any) []*rule {
	var out []*rule
	items, _ := value.([]any)
	for _, item := range items {
		out = append(out, r.read(item))
	}
	return out
}

func (r *rules) table(value any) map[string]*rule {
	s, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	out := make(map[string]*rule, len(s))
	for name, item := range s {
		out[name] = r.read(item)
	}
	return out
}

// number returns the value of a keyword that is a number.
func (o object) number(keyword string, otherwise float64) float64 {
	if f, ok := o[keyword].(float64); ok {
		return f
	}
	return otherwise
}

func (o object) bound(keyword string, otherwise int) int {
	return int(o.number(keyword, float64(otherwise)))
}
