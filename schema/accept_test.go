package schema

import (
	"slices"
	"testing"

	"gopkg.in/yaml.v3"
)

// knownKeywords are those that accepts and the messages know, and those that
// mean nothing for a document.
var knownKeywords = []string{
	"type", "enum", "not", "allOf", "anyOf", "oneOf", "if", "then", "else", "$ref", "required", "properties", "propertyNames",
	"additionalProperties", "dependentRequired", "dependentSchemas", "items", "minItems", "maxItems", "uniqueItems",
	"minLength", "maxLength", "pattern", "minimum", "maximum",
	"$schema", "$id", "$defs", "title", "description", "default", "examples", "deprecated", "x-name", "x-secret", "x-message", "x-refused", "x-instead",
}

// schemas calls visit for each schema object of the document.
func schemas(path string, s map[string]any, visit func(path string, s object)) {
	visit(path, s)
	for keyword, value := range s {
		at := path + "/" + keyword
		switch keyword {
		case "properties", "dependentSchemas", "$defs":
			for name, child := range value.(map[string]any) {
				if child, ok := child.(map[string]any); ok {
					schemas(at+"/"+name, child, visit)
				}
			}
		case "allOf", "anyOf", "oneOf":
			for _, child := range value.([]any) {
				schemas(at, child.(map[string]any), visit)
			}
		case "not", "items", "propertyNames", "additionalProperties", "if", "then", "else":
			if child, ok := value.(map[string]any); ok {
				schemas(at, child, visit)
			}
		}
	}
}

func TestSchemaUsesKnownKeywordsOnly(t *testing.T) {
	schemas("#", load().raw, func(path string, s object) {
		for keyword := range s {
			if !slices.Contains(knownKeywords, keyword) {
				t.Errorf("%s: %s is not known", path, keyword)
			}
		}
	})
}

// TestAcceptsAgreesWithTheLibrary replaces each value of good documents by
// others and leaves out each key.
func TestAcceptsAgreesWithTheLibrary(t *testing.T) {
	for _, doc := range exampleDocuments(t) {
		kind := KindOf(doc)
		if !accepts(load().rules[kind], doc) {
			t.Errorf("a document of examples is not accepted: %v", Validate(doc, kind))
		}
		mutate(doc, func() { compareAnswers(t, doc, kind) })
	}
}

func compareAnswers(t *testing.T, doc *yaml.Node, kind Kind) {
	library, err := load().library()
	if err != nil {
		t.Fatal(err)
	}
	if fast, slow := accepts(load().rules[kind], doc), library[kind].Validate(value(doc)) == nil; fast != slow {
		text, _ := yaml.Marshal(doc)
		t.Errorf("accepts says %v, the library %v:\n%s", fast, slow, text)
	}
}

// others are values that take the place of those of good documents.
var others = func() []*yaml.Node {
	var nodes []*yaml.Node
	for _, text := range []string{
		"x", "''", "/x", "a/../b", "-1", "0", "1.5", "1.0", "99999", "true", "~", "[]", "[x, x]", "[[x]]", "{}", "{x: y}", "{'': 1}", "{a b: []}",
		"2001-01-01", ".inf", "16:9", "0x10", "linux/amd64", "30s", "ImageID", "install",
	} {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			panic(err)
		}
		nodes = append(nodes, doc.Content[0])
	}
	return nodes
}()

// mutate calls try for each change of a node: other values and missing keys.
func mutate(n *yaml.Node, try func()) {
	saved := *n
	for _, other := range others {
		*n = *other
		try()
	}
	*n = saved
	if n.Kind == yaml.MappingNode {
		for i := 0; i < len(saved.Content); i += 2 {
			n.Content = slices.Delete(slices.Clone(saved.Content), i, i+2)
			try()
		}
		*n = saved
	}
	for i, child := range n.Content {
		if n.Kind == yaml.SequenceNode || i%2 == 1 {
			mutate(child, try)
		}
	}
}

// exampleDocuments are documents with the examples and defaults of all keys, as
// far as keys exclude each other one document for each.
func exampleDocuments(t *testing.T) []*yaml.Node {
	t.Helper()
	var docs []*yaml.Node
	for kind, start := range map[Kind]string{
		Meta: "{configVersion: 1, project: a}", DockerfileImage: "{image: a, dockerfile: b}", StapelImage: "{image: a, from: b}",
	} {
		s := load().raw["$defs"].(map[string]any)[definitions[kind]].(map[string]any)
		for _, key := range object(s).keys() {
			property := object(s["properties"].(map[string]any)[key].(map[string]any))
			examples, _ := lookup(property, "examples").([]any)
			if d := lookup(property, "default"); d != nil {
				examples = append(examples, d)
			}
			for _, example := range examples {
				doc := document(t, start)
				var n yaml.Node
				if err := n.Encode(example); err != nil {
					t.Fatal(err)
				}
				set(doc, key, &n)
				if len(Validate(doc, kind)) == 0 {
					docs = append(docs, doc)
				}
			}
		}
	}
	if len(docs) < 60 {
		t.Errorf("only %d documents", len(docs))
	}
	return docs
}

func set(doc *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i < len(doc.Content); i += 2 {
		if doc.Content[i].Value == key {
			doc.Content[i+1] = value
			return
		}
	}
	doc.Content = append(doc.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, value)
}

// FuzzAccepts compares the answers for any document.
func FuzzAccepts(f *testing.F) {
	f.Add("{configVersion: 1, project: a}")
	f.Add("{image: a, from: b, git: [{to: /x, url: y, tag: z}], docker: {EXPOSE: [80]}}")
	f.Fuzz(func(t *testing.T, text string) {
		var doc yaml.Node
		if yaml.Unmarshal([]byte(text), &doc) != nil || len(doc.Content) == 0 || hasAlias(&doc) {
			return
		}
		for _, kind := range []Kind{Meta, DockerfileImage, StapelImage} {
			compareAnswers(t, doc.Content[0], kind)
		}
	})
}

// hasAlias also tells of repeated keys, which documents do not have either.
func hasAlias(n *yaml.Node) bool {
	seen := map[string]bool{}
	for i, child := range n.Content {
		if child.Kind == yaml.AliasNode || hasAlias(child) {
			return true
		}
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if seen[child.Value] || child.Kind != yaml.ScalarNode {
				return true
			}
			seen[child.Value] = true
		}
	}
	return false
}

// BenchmarkRead is what the schema costs at the start of the program.
func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		if _, err := read(source); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCompile is what the first fault costs.
func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := compile(source); err != nil {
			b.Fatal(err)
		}
	}
}
