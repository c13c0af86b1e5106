package schema

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// referenceHead stands at the beginning of the reference.
const referenceHead = `# The project file

<!-- Made from strake.schema.json by ` + "`go test ./schema -update`" + `: change that file. -->

A project is described by one file of YAML documents: ` + "`strake.yaml` or `werf.yaml`" + `. One document describes
the project, each other one an image.

` + "```yaml" + `
configVersion: 1
project: shop
---
image: backend
dockerfile: Dockerfile
context: backend
---
image: frontend
from: node:22
git:
  - add: /frontend
    to: /app
    stageDependencies:
      install: [package.json, package-lock.json]
shell:
  install: cd /app && npm ci
  setup: cd /app && npm run build
imageSpec:
  config:
    workingDir: /app
    cmd: [node, server.js]
` + "```" + `

Editors check a file without templates while it is written when the first line of each document names the schema:

` + "```yaml" + `
# yaml-language-server: $schema=strake.schema.json
` + "```" + `

` + "`strake config schema` prints the schema, and `strake config check` compares a project with it." + `

Old keys are accepted with a warning that says what to write instead. A key that is not listed here is an error.
`

// Reference returns the reference of the project file as Markdown: a section for
// each kind of document and for each mapping in it, made from the schema.
func Reference() []byte {
	var doc yaml.Node
	if err := yaml.Unmarshal(source, &doc); err != nil {
		panic(err) // the schema is part of the program
	}
	w := referenceWriter{defs: entry(doc.Content[0], "$defs"), headings: map[*yaml.Node]string{}, done: map[*yaml.Node]bool{}}
	w.out.WriteString(referenceHead)
	for _, name := range []string{"meta", "dockerfileImage", "stapelImage"} {
		kind := entry(w.defs, name)
		fmt.Fprintf(&w.out, "\n## %s\n", text(kind, "title"))
		w.body(kind, nil, "", text(kind, "x-name"))
	}
	return w.out.Bytes()
}

// referenceWriter writes sections, each mapping of the schema once.
type referenceWriter struct {
	defs     *yaml.Node
	headings map[*yaml.Node]string // of the sections, also of those that follow
	done     map[*yaml.Node]bool
	out      bytes.Buffer
}

// body writes what a mapping is, its keys and an example, and then the mappings
// in it.
func (w *referenceWriter) body(s, example *yaml.Node, path, kind string) {
	fmt.Fprintf(&w.out, "\n%s\n", text(s, "description"))
	w.relations(s)
	w.table(s, path, kind, false)
	w.table(s, path, kind, true)
	if reason := text(entry(s, "x-refused"), "ansible"); reason != "" {
		fmt.Fprintf(&w.out, "\nNot supported: %s.\n", reason)
	}
	if own := entry(s, "examples"); own != nil {
		example = own
	}
	if example != nil && path != "" {
		w.example(path, example.Content[0])
	}
	each(entry(s, "properties"), func(key string, property *yaml.Node) {
		inner, suffix := w.mapping(property)
		if inner == nil || w.done[inner] {
			return
		}
		w.done[inner] = true
		fmt.Fprintf(&w.out, "\n### %s\n", w.headings[inner])
		w.body(inner, entry(property, "examples"), join(path, key+suffix), kind)
	})
}

func join(path, key string) string { return strings.TrimPrefix(path+"."+key, ".") }

// heading names the section of a mapping after the first place that it is at.
func (w *referenceWriter) heading(inner *yaml.Node, path, kind string) string {
	if w.headings[inner] == "" {
		w.headings[inner] = fmt.Sprintf("`%s` of %s", path, kind)
	}
	return w.headings[inner]
}

// anchor is the address that a heading gets in a page.
func anchor(heading string) string {
	keep := func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}
	return strings.Map(keep, strings.ToLower(heading))
}

// mapping finds the schema with properties behind a key, through references and
// lists, and what to add to the path for it; nil for none.
func (w *referenceWriter) mapping(s *yaml.Node) (*yaml.Node, string) {
	target := w.target(s)
	switch {
	case entry(target, "properties") != nil:
		return target, ""
	case entry(target, "items") != nil:
		inner, suffix := w.mapping(entry(target, "items"))
		return inner, "[]" + suffix
	case entry(target, "additionalProperties") != nil && entry(target, "additionalProperties").Kind == yaml.MappingNode:
		inner, suffix := w.mapping(entry(target, "additionalProperties"))
		return inner, ".NAME" + suffix
	}
	return nil, ""
}

// target follows a $ref.
func (w *referenceWriter) target(s *yaml.Node) *yaml.Node {
	if name, ok := strings.CutPrefix(text(s, "$ref"), "#/$defs/"); ok {
		return w.target(entry(w.defs, name))
	}
	return s
}

// keyword finds a keyword beside a $ref or behind it.
func (w *referenceWriter) keyword(s *yaml.Node, name string) *yaml.Node {
	if v := entry(s, name); v != nil || entry(s, "$ref") == nil {
		return v
	}
	return w.keyword(w.target(s), name)
}

// table lists the keys of today, or the old ones.
func (w *referenceWriter) table(s *yaml.Node, path, kind string, old bool) {
	required := w.required(s)
	head := "\n| Key | Value | Meaning |\n|---|---|---|\n"
	if old {
		head = "\n| Old key | Value | Meaning |\n|---|---|---|\n"
	}
	each(entry(s, "properties"), func(key string, property *yaml.Node) {
		if (text(property, "deprecated") == "true") != old {
			return
		}
		value := w.value(property)
		if inner, suffix := w.mapping(property); inner != nil {
			value = fmt.Sprintf("[%s](#%s)", value, anchor(w.heading(inner, join(path, key+suffix), kind)))
		}
		note := ""
		if slices.Contains(required, key) {
			note = " Required."
		}
		fmt.Fprintf(&w.out, "%s| `%s` | %s | %s%s |\n", head, key, value, cell(w.keyword(property, "description").Value), note)
		head = ""
	})
}

// required is the keys that must be there. Of several of which one must be, it is
// the first, or the only one of today.
func (w *referenceWriter) required(s *yaml.Node) []string {
	keys := words(entry(s, "required"))
	for _, list := range append([]*yaml.Node{s}, items(entry(s, "allOf"))...) {
		if any := items(entry(list, "anyOf")); len(any) > 0 {
			keys = append(keys, words(entry(any[0], "required"))...)
		}
		if one := w.alternatives(s, list); len(one) == 1 {
			keys = append(keys, one[0])
		}
	}
	return keys
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// value says what can be written behind a key.
func (w *referenceWriter) value(s *yaml.Node) string {
	var said []string
	if enum := w.keyword(s, "enum"); enum != nil {
		for _, v := range words(enum) {
			said = append(said, "`"+v+"`")
		}
		said = []string{strings.Join(said, ", ")}
	} else {
		said = append(said, w.types(s))
	}
	if d := w.keyword(s, "default"); d != nil {
		said = append(said, "default `"+d.Value+"`")
	}
	return strings.Join(said, "; ")
}

// typeNames are the words for the types of JSON Schema.
var typeNames = map[string]string{
	"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "object": "mapping",
}

// types names the types of a value.
func (w *referenceWriter) types(s *yaml.Node) string {
	var names []string
	for _, t := range words(w.keyword(s, "type")) {
		name := typeNames[t]
		if t == "null" {
			continue
		}
		if t == "array" {
			name = "list"
			if items := w.keyword(s, "items"); items != nil {
				name = "list of " + plural(w.types(items))
			}
		}
		names = append(names, name)
	}
	return joinOr(names)
}

func plural(names string) string {
	switch names {
	case "text", "mapping":
		return names + "s"
	case "text or whole number":
		return "texts or numbers"
	}
	return "values"
}

// relations says which keys need or exclude each other.
func (w *referenceWriter) relations(s *yaml.Node) {
	for _, list := range append([]*yaml.Node{s}, items(entry(s, "allOf"))...) {
		if keys := w.alternatives(s, list); len(keys) > 1 {
			fmt.Fprintf(&w.out, "\nExactly one of %s is needed.\n", code(keys))
		}
	}
	each(entry(s, "dependentRequired"), func(key string, needs *yaml.Node) {
		fmt.Fprintf(&w.out, "\n`%s` needs %s.\n", key, code(words(needs)))
	})
	each(entry(s, "dependentSchemas"), func(key string, other *yaml.Node) {
		var keys []string
		each(entry(other, "properties"), func(k string, _ *yaml.Node) { keys = append(keys, k) })
		if keys = w.current(s, keys); len(keys) > 0 && len(w.current(s, []string{key})) > 0 {
			fmt.Fprintf(&w.out, "\n`%s` excludes %s.\n", key, code(keys))
		}
	})
}

// alternatives are the keys of today of which a schema wants one.
func (w *referenceWriter) alternatives(s, list *yaml.Node) []string {
	var keys []string
	for _, alternative := range items(entry(list, "oneOf")) {
		keys = append(keys, words(entry(alternative, "required"))...)
	}
	return w.current(s, keys)
}

// current leaves out old keys.
func (w *referenceWriter) current(s *yaml.Node, keys []string) []string {
	return slices.DeleteFunc(keys, func(key string) bool {
		return text(entry(entry(s, "properties"), key), "deprecated") == "true"
	})
}

// example shows a value at its path as YAML.
func (w *referenceWriter) example(path string, value *yaml.Node) {
	blockStyle(value)
	for _, part := range slices.Backward(strings.Split(path, ".")) {
		name, isList := strings.CutSuffix(part, "[]")
		if isList && value.Kind != yaml.SequenceNode {
			value = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{value}}
		}
		value = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: name}, value}}
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(value); err != nil {
		panic(err) // an example of the schema, which is part of the program
	}
	fmt.Fprintf(&w.out, "\n```yaml\n%s```\n", out.String())
}

// blockStyle makes YAML of JSON: mappings over several lines, no needless quotes.
func blockStyle(n *yaml.Node) {
	n.Style = 0
	for _, child := range n.Content {
		blockStyle(child)
		if n.Kind == yaml.SequenceNode && child.Kind == yaml.ScalarNode {
			n.Style = yaml.FlowStyle
		}
	}
}
