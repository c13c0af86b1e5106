package config

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"gopkg.in/yaml.v3"

	"github.com/strakebuild/strake/schema"
)

// editorSchema is the schema that editors have, without anything of ours around
// it.
func editorSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("strake.schema.json", strings.NewReader(readText(t, "../schema/strake.schema.json"))); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile("strake.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// written are the documents of a file as an editor reads them: without aliases and
// merge keys, before anything else is done to them.
func written(t *testing.T, name string) *reading {
	t.Helper()
	r := newReading(NewInputs(memoryTree(nil)), LoadOptions{})
	src, bad := readSource(name, []byte(readText(t, name)))
	if bad != nil || action(src.text) >= 0 {
		return r
	}
	if err := r.parse(context.Background(), src); err != nil {
		t.Fatal(err)
	}
	return r
}

// plainValue is what the YAML of an editor gives.
func plainValue(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plainValue(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			list[i] = plainValue(item)
		}
		return list
	}
	var v any
	if n.ShortTag() == "!!timestamp" || n.Decode(&v) != nil {
		return n.Value
	}
	return v
}

func TestEditorsAcceptGoodFiles(t *testing.T) {
	s := editorSchema(t)
	files, err := filepath.Glob("testdata/ok/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"strake.yaml", "services/*/image.yaml", "project/strake.yaml"} {
		more, err := filepath.Glob("../examples/*/" + pattern)
		if err != nil || len(more) == 0 {
			t.Fatalf("no examples %s: %v", pattern, err)
		}
		files = append(files, more...)
	}
	for _, name := range files {
		t.Run(name, func(t *testing.T) {
			for _, doc := range written(t, name).docs {
				if err := s.Validate(plainValue(doc.tree)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestEditorsRefuseFaultsOfShape takes the files with faults that the schema
// finds.
func TestEditorsRefuseFaultsOfShape(t *testing.T) {
	s := editorSchema(t)
	files, err := filepath.Glob("testdata/err/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, name := range files {
		t.Run(name, func(t *testing.T) {
			r := written(t, name)
			refused := slices.ContainsFunc(r.docs, func(doc *document) bool { return s.Validate(plainValue(doc.tree)) != nil })
			r.rewrite()
			for _, doc := range r.docs {
				if len(doc.violations) == 0 {
					continue
				}
				count++
				if !refused {
					t.Errorf("an editor has nothing against this: %v", doc.violations)
				}
			}
		})
	}
	if count < 100 {
		t.Errorf("only %d documents have faults of shape", count)
	}
}

// TestKeysThatMayBeEmpty compares what an editor says of a key without a value
// with what becomes of it.
func TestKeysThatMayBeEmpty(t *testing.T) {
	s := editorSchema(t)
	defs := schemaDocument(t)["$defs"].(map[string]any)
	for kind, start := range map[schema.Kind]string{
		schema.Meta: "{configVersion: 1, project: a}", schema.DockerfileImage: "{image: a, dockerfile: b}", schema.StapelImage: "{image: a, from: b}",
	} {
		name := map[schema.Kind]string{schema.Meta: "meta", schema.DockerfileImage: "dockerfileImage", schema.StapelImage: "stapelImage"}[kind]
		for key := range defs[name].(map[string]any)["properties"].(map[string]any) {
			t.Run(name+" "+key, func(t *testing.T) {
				var doc yaml.Node
				if err := yaml.Unmarshal([]byte(start), &doc); err != nil {
					t.Fatal(err)
				}
				tree := doc.Content[0]
				if _, n := find(tree, key); n != nil {
					*n = *valueNode(t, "~", 1)
				} else {
					tree.Content = append(tree.Content, textNode(key), valueNode(t, "~", 1))
				}
				refused := s.Validate(plainValue(tree)) != nil
				if doc := readTree(tree).docs[0]; refused != (len(doc.violations) > 0) {
					t.Errorf("refused by an editor: %v; by the check: %v", refused, doc.violations)
				}
			})
		}
	}
}
