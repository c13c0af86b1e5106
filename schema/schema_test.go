package schema

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"gopkg.in/yaml.v3"
)

// document is the YAML of a test as a node.
func document(t *testing.T, text string) *yaml.Node {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Content) == 0 {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
	}
	return doc.Content[0]
}

// properties calls visit for each property of a schema object and below.
func properties(path string, value any, visit func(path string, property object)) {
	switch v := value.(type) {
	case map[string]any:
		if list, ok := v["properties"].(map[string]any); ok {
			for name, property := range list {
				visit(path+"."+name, property.(map[string]any))
			}
		}
		for key, child := range v {
			if key != "dependentSchemas" {
				properties(path+"/"+key, child, visit)
			}
		}
	case []any:
		for i, child := range v {
			properties(path+"/"+strconv.Itoa(i), child, visit)
		}
	}
}

// lookup finds a keyword beside a $ref or behind it.
func lookup(property object, keyword string) any {
	if v, ok := property[keyword]; ok {
		return v
	}
	name, ok := strings.CutPrefix(property.text("$ref"), "#/$defs/")
	if !ok {
		return nil
	}
	at := load().raw["$defs"]
	for part := range strings.SplitSeq(name, "/") {
		at = child(at, part)
	}
	return lookup(at.(map[string]any), keyword)
}

func TestEveryKeyIsDescribed(t *testing.T) {
	count := 0
	properties("", load().raw, func(path string, property object) {
		count++
		for _, keyword := range []string{"title", "description"} {
			if text, _ := lookup(property, keyword).(string); text == "" {
				t.Errorf("%s has no %s", path, keyword)
			}
		}
		if lookup(property, "default") == nil && lookup(property, "examples") == nil && lookup(property, "enum") == nil {
			t.Errorf("%s has neither a default nor examples", path)
		}
	})
	if count < 40 {
		t.Errorf("only %d keys were found", count)
	}
}

func TestDefaultsAndExamplesFitTheirKeys(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft2020
	compiler.ExtractAnnotations = true
	if err := compiler.AddResource("schema.json", bytes.NewReader(source)); err != nil {
		t.Fatal(err)
	}
	properties("schema.json#", load().raw, func(path string, property object) {
		i := strings.LastIndex(path, ".")
		s, err := compiler.Compile(path[:i] + "/properties/" + path[i+1:])
		if err != nil {
			t.Fatal(err)
		}
		examples, _ := lookup(property, "examples").([]any)
		if d := lookup(property, "default"); d != nil {
			examples = append(examples, d)
		}
		for _, example := range examples {
			if err := s.Validate(example); err != nil {
				t.Errorf("%s: %v does not fit: %v", path, example, err)
			}
		}
	})
}

func TestWholeSchemaAgreesWithTheParts(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", bytes.NewReader(JSON())); err != nil {
		t.Fatal(err)
	}
	whole, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"{configVersion: 1, project: a}",
		"{configVersion: 1, image: a}",
		"{image: a, dockerfile: b}",
		"{image: a, dockerfile: b, from: c}",
		"{image: [a, b], from: c}",
		"{image: a, from: c, args: {}}",
		"{image: a, from: c, import: [{from: a, add: /x, after: setup}]}",
		"{image: a, from: c, import: [{from: a, image: a, add: /x, after: setup}]}",
		"{artifact: a, from: c}",
		"{artifact: a, from: c, image: b}",
		"{image: a, template: true, args: {X: 1}}",
		"{image: a, extends: b}",
		"{image: a, extends: b, shell: {}}",
		"{image: a, extends: b, shell: {}, args: {}}",
		"{image: ~, dockerfile: b}",
	} {
		doc := document(t, text)
		if part, all := len(Validate(doc, KindOf(doc))) == 0, whole.Validate(value(doc)) == nil; part != all {
			t.Errorf("%s: by its part %v, by the whole %v", text, part, all)
		}
	}
}

func TestJSONIsACopy(t *testing.T) {
	clear(JSON())
	if !bytes.HasPrefix(JSON(), []byte("{")) {
		t.Error("a caller changed the schema")
	}
}

func TestCompileReportsABadSchema(t *testing.T) {
	for _, text := range []string{"", "{}", `{"$id": "x", "$defs": {"meta": {"type": 5}}}`} {
		if _, err := compile([]byte(text)); err == nil {
			t.Errorf("%q was compiled", text)
		}
	}
}

func TestKindOf(t *testing.T) {
	tests := map[string]Kind{
		"{configVersion: 1}":                   Meta,
		"{configVersion: 1, image: a}":         Meta,
		"{image: a, dockerfile: b}":            DockerfileImage,
		"{dockerfile: b}":                      DockerfileImage,
		"{image: a}":                           StapelImage,
		"{image: a, from: b}":                  StapelImage,
		"{image: a, dockefile: b}":             DockerfileImage,
		"{image: a, docker: b}":                StapelImage,
		"{imag: a, from: b}":                   StapelImage,
		"{configversion: 1, project: a}":       Meta,
		"{project: a}":                         Unknown,
		"{}":                                   Unknown,
		"[image]":                              Unknown,
		"image":                                Unknown,
		"{DockerFile: x, args: {configV: 1}}":  DockerfileImage,
		"{image: a, from: b, configVersio: 1}": StapelImage,
		"{artifact: a, from: b}":               StapelImage,
		"{image: a, extends: b}":               StapelImage,
		"{image: a, extends: b, target: c}":    DockerfileImage,
		"{image: a, template: true, args: {}}": DockerfileImage,
		"{template: true}":                     StapelImage,
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			if got := KindOf(document(t, text)); got != want {
				t.Errorf("got %d, want %d", got, want)
			}
		})
	}
}

func TestNearest(t *testing.T) {
	known := []string{"dockerfile", "context", "target", "args", "image"}
	tests := map[string]string{
		"dockefile": "dockerfile", "Dockerfile": "dockerfile", "ocntext": "context", "tragte": "target",
		"arg": "args", "imgae": "image", "IMAGE": "image", "image": "", "xyz": "", "a": "", "": "",
		"dockerfiledockerfile": "", strings.Repeat("x", 1000): "",
	}
	for word, want := range tests {
		t.Run(word, func(t *testing.T) {
			if got, ok := Nearest(word, known); got != want || ok != (want != "") {
				t.Errorf("got %q, %v", got, ok)
			}
		})
	}
}
