package config

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/strakebuild/strake/schema"
)

// Var is a variable that the project declares under `vars`.
type Var struct {
	Name    String
	Type    string // string, int or bool
	Value   string // in effect, as it was written
	Pos     Pos    // of the default; the zero Pos when it was given with --var
	Default *String
	Allowed []String // key `enum`; empty for any

	malformed bool // the schema says what is wrong with the declaration
}

// declareVars reads the variables that a project file declares. That is done on
// the text before templates are run, because templates use the variables.
func (r *reading) declareVars(src *source) {
	from, to := varsBlock(src.text)
	if from == to {
		return
	}
	if at := action(src.text[from:to]); at >= 0 {
		r.fail(src.pos(from+at), "vars are read before templates are run: they cannot contain template actions")
		return
	}
	// The lines before the block keep their number.
	text := append(bytes.Repeat([]byte("\n"), bytes.Count(src.text[:from], []byte("\n"))), src.text[from:to]...)
	block := &source{file: src.file, text: text}
	nodes, bad := parseYAML(block)
	if bad != nil || len(nodes) != 1 || nodes[0].Kind != yaml.MappingNode {
		return // said when the whole file is parsed
	}
	_, declared := find(nodes[0], "vars")
	if declared == nil || declared.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(declared.Content); i += 2 {
		r.declareVar(block, declared.Content[i], declared.Content[i+1])
	}
}

// varsBlock finds the first top-level key vars of a text: the offsets of its
// beginning and of what follows it.
func varsBlock(text []byte) (from, to int) {
	from = -1
	at := 0
	for line := range bytes.Lines(text) {
		start := at
		at += len(line)
		switch {
		case from < 0 && bytes.HasPrefix(line, []byte("vars:")):
			from = start
		case from >= 0 && !continues(line):
			return from, start
		}
	}
	if from < 0 {
		return 0, 0
	}
	return from, len(text)
}

// continues reports whether a line belongs to the block mapping above it.
func continues(line []byte) bool {
	trimmed := bytes.TrimSpace(line)
	return len(trimmed) == 0 || trimmed[0] == '#' || line[0] == ' ' || line[0] == '\t'
}

// action returns the offset of the first template action that is not one of our
// expressions, or -1.
func action(text []byte) int {
	for at := 0; ; at += 2 {
		i := bytes.Index(text[at:], []byte("{{"))
		if i < 0 {
			return -1
		}
		if at += i; at == 0 || !referenceHere.Match(text[at-1:]) {
			return at
		}
	}
}

func (r *reading) declareVar(src *source, key, value *yaml.Node) {
	at := func(n *yaml.Node) String { return String{n.Value, src.at(n.Line, n.Column)} }
	v := Var{Name: at(key)}
	if value.Kind == yaml.ScalarNode && value.ShortTag() != "!!null" {
		given := at(value)
		v.Type, v.Default = varType(value), &given
	}
	if value.Kind == yaml.MappingNode {
		if _, n := find(value, "default"); n != nil && n.Kind == yaml.ScalarNode {
			given := at(n)
			v.Type, v.Default = varType(n), &given
		}
		if _, n := find(value, "type"); n != nil {
			v.Type = n.Value
		}
		if _, n := find(value, "enum"); n != nil {
			for _, item := range n.Content {
				v.Allowed = append(v.Allowed, at(item))
			}
		}
	}
	v.malformed = v.Default == nil && !wellFormed(value)
	if v.Type == "" {
		v.Type = "string"
	}
	r.vars = append(r.vars, v)
}

// varKeys are the keys of a declaration.
var varKeys = []string{"type", "default", "description", "enum"}

// wellFormed reports whether a declaration without a default may be meant so.
func wellFormed(n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i < len(n.Content); i += 2 {
		if !slices.Contains(varKeys, n.Content[i].Value) {
			return false
		}
	}
	return true
}

// varType is the type of a variable whose default is n. A number with a point is
// text: 1.20 is not 1.2.
func varType(n *yaml.Node) string {
	switch n.ShortTag() {
	case "!!int":
		return "int"
	case "!!bool":
		return "bool"
	}
	return "string"
}

// values gives the variables their values. An error is one of the call of the
// program, not of the file.
func (r *reading) values() error {
	names := make([]string, len(r.vars))
	for i := range r.vars {
		names[i] = r.vars[i].Name.Value
	}
	for _, name := range slices.Sorted(maps.Keys(r.opts.Vars)) {
		if !slices.Contains(names, name) {
			return undeclared(name, names)
		}
	}
	for i := range r.vars {
		if err := r.value(&r.vars[i]); err != nil {
			return err
		}
	}
	return nil
}

func undeclared(name string, names []string) error {
	if near, ok := schema.Nearest(name, names); ok {
		return fmt.Errorf("--var %s: the project does not declare this variable; did you mean %q?", name, near)
	}
	if len(names) == 0 {
		return fmt.Errorf("--var %s: the project declares no variables: add it under vars in the project section", name)
	}
	return fmt.Errorf("--var %s: the project does not declare this variable; declared are %s", name, strings.Join(names, ", "))
}

func (r *reading) value(v *Var) error {
	if given, ok := r.opts.Vars[v.Name.Value]; ok {
		v.Value = given
		if message := v.unfit(given); message != "" {
			return fmt.Errorf("--var %s: %s", v.Name.Value, message)
		}
		return nil
	}
	if v.malformed {
		return nil
	}
	if v.Default == nil {
		r.fail(v.Name.Pos, "the variable %s has no value: give one with --var %s=…, or add a default", v.Name.Value, v.Name.Value)
		return nil
	}
	v.Value, v.Pos = v.Default.Value, v.Default.Pos
	if message := v.unfit(v.Value); message != "" {
		r.fail(v.Pos, "the variable %s: %s", v.Name.Value, message)
	}
	return nil
}

// unfit says why a value is none for the variable, "" for one that is.
func (v *Var) unfit(value string) string {
	var bad error
	switch v.Type {
	case "int":
		_, bad = strconv.ParseInt(value, 0, 64)
	case "bool":
		_, bad = parseBool(value)
	}
	if bad != nil {
		return fmt.Sprintf("want %s, found %q", map[string]string{"int": "a whole number", "bool": "true or false"}[v.Type], value)
	}
	if len(v.Allowed) == 0 || slices.ContainsFunc(v.Allowed, func(a String) bool { return a.Value == value }) {
		return ""
	}
	var allowed []string
	for _, a := range v.Allowed {
		allowed = append(allowed, a.Value)
	}
	return fmt.Sprintf("%q is not among the allowed values: %s", value, strings.Join(allowed, ", "))
}

// parseBool reads the spellings that YAML has for yes and no.
func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, strconv.ErrSyntax
}

// typedValues is the variables for templates.
func typedValues(vars []Var) map[string]any {
	values := make(map[string]any, len(vars))
	for _, v := range vars {
		values[v.Name.Value] = v.typed()
	}
	return values
}

func (v *Var) typed() any {
	switch v.Type {
	case "int":
		if n, err := strconv.ParseInt(v.Value, 0, 64); err == nil {
			return n
		}
	case "bool":
		if b, err := parseBool(v.Value); err == nil {
			return b
		}
	}
	return v.Value
}

// applyVars puts the values of variables into the documents.
func (r *reading) applyVars() {
	byName := make(map[string]*Var, len(r.vars))
	var names []string
	for i := range r.vars {
		byName[r.vars[i].Name.Value] = &r.vars[i]
		names = append(names, r.vars[i].Name.Value)
	}
	made := 0
	for _, doc := range r.docs {
		x := resolver{
			kind: "vars", pos: r.sources.pos,
			value: func(name string) (*yaml.Node, Origin, bool) {
				v := byName[name]
				if v == nil || made > maxMadeText {
					return nil, Origin{}, false
				}
				made += len(v.Value)
				return v.node(), Origin{"vars." + name, v.Value, v.Pos}, true
			},
			absent: func(pos Pos, name string) {
				doc.cut, doc.skipped = true, true
				if byName[name] == nil {
					r.noValue(pos, "vars", name, names)
				} else if !r.broken {
					r.broken = true
					r.fail(pos, "variables make more than %d MiB of text: write less with them", maxMadeText>>20)
				}
			},
			note: doc.note,
		}
		x.apply(doc.tree)
	}
}

func (d *document) note(pos Pos, o Origin) {
	if d.origins == nil {
		d.origins = map[Pos][]Origin{}
	}
	d.origins[pos] = append(d.origins[pos], o)
}

// node is the value of the variable as YAML.
func (v *Var) node() *yaml.Node {
	tag := map[string]string{"int": "!!int", "bool": "!!bool"}[v.Type]
	if tag == "" {
		tag = "!!str"
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: v.Value}
}

// find returns the key and the value of an entry of a mapping, or nils.
func find(n *yaml.Node, name string) (key, value *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}
