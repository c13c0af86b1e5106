package schema

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"gopkg.in/yaml.v3"
)

// editorSchema is strake.schema.json as another program would use it.
func editorSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", bytes.NewReader(JSON())); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEditorsAgreeWithTheCheck replaces each value of good documents by others.
// Without empty values, what the one refuses the other does, too.
func TestEditorsAgreeWithTheCheck(t *testing.T) {
	editor := editorSchema(t)
	for _, doc := range exampleDocuments(t) {
		kind := KindOf(doc)
		rule := load().rules[kind]
		mutate(doc, func() {
			if KindOf(doc) != kind || hasEmptyValue(doc) {
				return
			}
			if check, edit := accepts(rule, doc), editor.Validate(value(doc)) == nil; check != edit {
				text, _ := yaml.Marshal(doc)
				t.Errorf("the check says %v, an editor %v:\n%s", check, edit, text)
			}
		})
	}
}

func hasEmptyValue(n *yaml.Node) bool {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 && child.Tag == "!!null" || hasEmptyValue(child) {
			return true
		}
	}
	return false
}

// TestEditorsAcceptExpressions puts an expression in the place of each value that
// is not a mapping or list.
func TestEditorsAcceptExpressions(t *testing.T) {
	editor := editorSchema(t)
	for _, doc := range exampleDocuments(t) {
		eachScalar(doc, func(n *yaml.Node) {
			saved := *n
			*n = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "${{ vars.a_name-that-is-longer-than-most-values-can-ever-be }}"}
			if err := editor.Validate(value(doc)); err != nil {
				text, _ := yaml.Marshal(doc)
				t.Errorf("%v:\n%s", err, text)
			}
			*n = saved
		})
	}
}

func eachScalar(n *yaml.Node, visit func(*yaml.Node)) {
	if n.Kind == yaml.ScalarNode {
		visit(n)
		return
	}
	for i, child := range n.Content {
		if n.Kind == yaml.SequenceNode || i%2 == 1 {
			eachScalar(child, visit)
		}
	}
}

func TestEditorsAnswer(t *testing.T) {
	const meta, image = "configVersion: 1\nproject: a\n", "image: a\nfrom: b\n"
	tests := map[string]struct {
		text string
		good bool
	}{
		"expression for a truth value":      {image + "final: ${{ vars.x }}", true},
		"expression in a truth value":       {image + "final: is-${{ vars.x }}", false},
		"expression for a number":           {meta + "cleanup: {keepImagesBuiltWithinLastNHours: '${{vars.x}}'}", true},
		"other expression for a number":     {meta + "cleanup: {keepImagesBuiltWithinLastNHours: '${{ env.x }}'}", false},
		"expression for one of a list":      {image + "network: ${{ matrix.x }}", true},
		"expression in one of a list":       {image + "dependencies: [{from: a, after: setup, imports: [{type: 'Image${{ matrix.x }}', targetEnv: A}]}]", true},
		"expression in a path":              {image + "git: [{add: /a, to: '${{ matrix.x }}/a'}]", true},
		"expression beside a way up":        {image + "git: [{add: /a, to: '${{ matrix.x }}/../a'}]", false},
		"expression for a list":             {image + "git: ${{ matrix.x }}", false},
		"expression for a list of platform": {image + "platform: ['${{ matrix.x }}']", true},
		"no value of a mapping":             {meta + "backend: {buildah: }", true},
		"no value of a text":                {image + "network:", true},
		"no value of an argument":           {"image: a\ndockerfile: b\nargs: {A: }", true},
		"no value of a base":                {"image: a\nfrom:", false},
		"no value of a list item":           {image + "git: [~]", false},
		"no name of a nameless image":       {"image:\nfrom: b", true},
		"list for a value of an argument":   {"image: a\ndockerfile: b\nargs: {A: []}", false},
		"key of neither kind":               {"image: a\nfrom: b\ndocker_file: c", false},
		"both kinds":                        {"image: a\nfrom: b\ndockerfile: c", false},
		"nothing":                           {"# words", true},
		"text":                              {"words", false},
		"old key":                           {"image: a\nfromImage: b", true},
	}
	editor := editorSchema(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := editor.Validate(value(document(t, test.text))); (err == nil) != test.good {
				t.Error(err)
			}
		})
	}
}

// TestEditorsGetNoKeywordsOfOurs looks for what only we give a meaning to.
func TestEditorsGetNoKeywordsOfOurs(t *testing.T) {
	if at := strings.Index(string(JSON()), `"x-`); at >= 0 {
		t.Errorf("found %s", JSON()[at:at+20])
	}
}
