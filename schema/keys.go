package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// unknownKeys reports the keys that the schema does not have, each at its place.
func (r *report) unknownKeys(e *jsonschema.ValidationError) {
	s, keyword := r.schema.at(e.AbsoluteKeywordLocation)
	if keyword != "additionalProperties" {
		return
	}
	p := r.find(e.InstanceLocation)
	allowed, used := s.keys(), keysOf(p.value)
	free := without(allowed, used)
	for i := 0; i+1 < len(p.value.Content); i += 2 {
		key := p.value.Content[i]
		if slices.Contains(allowed, key.Value) {
			continue
		}
		if reason := s.refused(key.Value); reason != "" {
			r.addAt(key, p.path, reason)
			continue
		}
		hint := ""
		if near, ok := s.instead(key.Value, free, used); ok {
			hint = fmt.Sprintf("; did you mean %q?", near)
			r.guessed[e.InstanceLocation] = append(r.guessed[e.InstanceLocation], near)
		}
		r.addAt(key, p.path, fmt.Sprintf("unknown key %q in %s%s%s", key.Value, s.name(), hint, listAllowed(hint, s.current())))
	}
}

// instead returns the key that was most likely meant, of those that are not used.
func (o object) instead(key string, free, used []string) (string, bool) {
	known, _ := o["x-instead"].(map[string]any)
	if meant := object(known).text(key); meant != "" && !slices.Contains(used, meant) {
		return meant, true
	}
	return Nearest(key, free)
}

// without returns the keys that are not used already.
func without(allowed, used []string) []string {
	var free []string
	for _, a := range allowed {
		if !slices.Contains(used, a) {
			free = append(free, a)
		}
	}
	return free
}

func listAllowed(hint string, allowed []string) string {
	if hint == "" {
		return "; allowed: " + strings.Join(allowed, ", ")
	}
	return " allowed: " + strings.Join(allowed, ", ")
}

// missing reports required keys that are absent, unless a misspelt key stands
// for one.
func (r *report) missing(location string, p place, section string, names []string) {
	for _, name := range names {
		if !slices.Contains(keysOf(p.value), name) && !slices.Contains(r.guessed[location], name) {
			r.add(p, fmt.Sprintf("%s needs the key %q", section, name))
		}
	}
}

// beforeAllOf is the location of the allOf that a location is in, which is in the
// schema of the whole section; of the location itself outside of any.
func beforeAllOf(location string) string {
	if i := strings.LastIndex(location, "/allOf/"); i >= 0 {
		return location[:i] + "/allOf"
	}
	return location
}

// oneOf reports that none or several of keys that exclude each other are there.
func (r *report) oneOf(p place, s, whole object) {
	alternatives := alternativeKeys(s, "oneOf")
	var present []string
	for _, key := range keysOf(p.value) {
		if slices.Contains(alternatives, key) {
			present = append(present, key)
		}
	}
	if len(present) < 2 {
		r.noneOf(p, whole, alternatives)
		return
	}
	last := p.child(present[len(present)-1])
	slices.SortFunc(present, func(a, b string) int { return slices.Index(alternatives, a) - slices.Index(alternatives, b) })
	r.addAt(last.key, last.path, oneTooMany+quoteAll(present, " or ")+" can be given")
}

// noneOf reports that one of some keys is missing, among which old names are not
// offered.
func (r *report) noneOf(p place, whole object, alternatives []string) {
	current := whole.current()
	wanted := slices.DeleteFunc(alternatives, func(key string) bool { return !slices.Contains(current, key) })
	if len(wanted) == 1 {
		r.add(p, fmt.Sprintf("%s needs the key %q", whole.name(), wanted[0]))
		return
	}
	r.add(p, fmt.Sprintf("one of the keys %s is needed here", quoteAll(wanted, " or ")))
}

// alternativeKeys reads [{"required": ["a"]}, {"required": ["b"]}].
func alternativeKeys(s object, keyword string) []string {
	var keys []string
	list, _ := s[keyword].([]any)
	for _, item := range list {
		alternative, _ := item.(map[string]any)
		keys = append(keys, object(alternative).texts("required")...)
	}
	return keys
}

// relation reports a key that needs another one, or that excludes it, and
// whether the error is of that kind.
func (r *report) relation(e *jsonschema.ValidationError, p place) bool {
	tokens := strings.Split(e.AbsoluteKeywordLocation, "/")
	if n := len(tokens); n > 3 && tokens[n-3] == "dependentRequired" {
		q := p.child(tokens[n-2])
		needed := r.schema.value(e.AbsoluteKeywordLocation)
		r.addAt(q.key, q.path, fmt.Sprintf("%s needs the key %q beside it", q.path, needed))
		return true
	}
	if n := len(tokens); n > 4 && tokens[n-4] == "dependentSchemas" {
		r.exclusive(e.InstanceLocation, tokens[n-3], tokens[n-1])
		return true
	}
	return false
}

const oneTooMany = "only one of the keys "

// exclusive reports two keys of which one can be given, at the later one.
func (r *report) exclusive(location, a, b string) {
	p := r.find(location[:strings.LastIndexByte(location, '/')])
	keys := keysOf(p.value)
	if slices.Index(keys, a) < slices.Index(keys, b) {
		a, b = b, a
	}
	later := p.child(a)
	r.addAt(later.key, later.path, fmt.Sprintf(oneTooMany+"%q or %q can be given", b, a))
}
