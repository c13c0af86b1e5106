package config

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/strakebuild/strake/schema"
)

// schemaDocument is the JSON Schema for the tests that walk it.
func schemaDocument(t *testing.T) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(readText(t, "../schema/project.schema.json")), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// everyKey makes a YAML node that has all keys of a schema object.
func everyKey(defs, s map[string]any) *yaml.Node {
	if ref, ok := s["$ref"].(string); ok {
		if _, has := s["properties"]; !has {
			return everyKey(defs, defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any))
		}
	}
	switch {
	case s["properties"] != nil:
		n := &yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}
		properties := s["properties"].(map[string]any)
		for key, value := range properties {
			n.Content = append(n.Content, textNode(key), everyKey(defs, value.(map[string]any)))
		}
		return n
	case s["type"] == "object":
		return &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{textNode("K"), textNode("v")}}
	case s["type"] == "array":
		item := everyKey(defs, s["items"].(map[string]any))
		return &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{item}}
	}
	return textNode("x")
}

// freeKeys are the mappings whose keys are the user's.
var freeKeys = []string{"args", "env", "labels", "ENV", "LABEL", "deploy", "vars", "matrix"}

// resolvedKeys are carried out before sections are decoded.
var resolvedKeys = []string{"include", "vars", "template", "extends", "matrix"}

func TestDecoderReadsTheKeysOfTheSchemaAndNoOthers(t *testing.T) {
	defs := schemaDocument(t)["$defs"].(map[string]any)
	for kind, name := range map[schema.Kind]string{
		schema.Meta: "meta", schema.DockerfileImage: "dockerfileImage", schema.StapelImage: "stapelImage",
	} {
		t.Run(name, func(t *testing.T) {
			doc := everyKey(defs, defs[name].(map[string]any))
			asked := map[*yaml.Node][]string{}
			d := &decoder{project: &Project{}, visit: func(n *yaml.Node, key string) { asked[n] = append(asked[n], key) }}
			d.section(section{d: d, node: doc}, kind)
			compareKeys(t, name, doc, asked)
		})
	}
}

// compareKeys compares the keys of each mapping with those that were asked for.
func compareKeys(t *testing.T, path string, n *yaml.Node, asked map[*yaml.Node][]string) {
	for _, item := range n.Content {
		if n.Kind == yaml.SequenceNode {
			compareKeys(t, path+"[]", item, asked)
		}
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i].Value
		if !slices.Contains(asked[n], key) && !slices.Contains(resolvedKeys, key) {
			t.Errorf("%s.%s is in the schema and is not read", path, key)
		}
		if !slices.Contains(freeKeys, key) {
			compareKeys(t, path+"."+key, n.Content[i+1], asked)
		}
	}
	for _, key := range asked[n] {
		if !hasKey(n, key) {
			t.Errorf("%s.%s is read and is not in the schema", path, key)
		}
	}
}

func hasKey(n *yaml.Node, key string) bool {
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return true
		}
	}
	return false
}
