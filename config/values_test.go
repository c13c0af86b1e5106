package config

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gopkg.in/yaml.v3"

	"github.com/strakebuild/strake/schema"
)

// unreadKeys say nothing that a project keeps.
var unreadKeys = []string{"configVersion", "exactValues", "deploy"}

// decodeTree decodes one document whose nodes have lines of their own.
func decodeTree(n *yaml.Node) *decoder { return readTree(n).decode("x") }

// readTree takes in such a document.
func readTree(n *yaml.Node) *reading {
	r := newReading(NewInputs(memoryTree(nil)), LoadOptions{})
	src := &source{file: "x", text: bytes.Repeat([]byte("\n"), 10_000)}
	r.sources.add(src)
	r.document(n)
	r.rewrite()
	return r
}

func number(n *yaml.Node, line *int) {
	*line++
	n.Line, n.Column = *line, 1
	for _, child := range n.Content {
		number(child, line)
	}
}

// okDocuments are the documents of testdata/ok.
func okDocuments(t *testing.T) []*yaml.Node {
	t.Helper()
	tree, names := testdataTree(t, "ok")
	var docs []*yaml.Node
	for _, name := range names {
		text, err := tree.ReadFile(context.Background(), name)
		if err != nil {
			t.Fatal(err)
		}
		nodes, err := decodeAll(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		x := expander{pos: func(int, int) Pos { return Pos{} }, open: map[*yaml.Node]bool{}}
		for _, n := range nodes {
			docs = append(docs, x.expand(n, 0))
		}
	}
	return docs
}

// eachKey calls visit for each entry of the mappings of a document; i is the
// index of the key.
func eachKey(path string, n *yaml.Node, visit func(path string, mapping *yaml.Node, i int)) {
	for i := 0; i < len(n.Content); i++ {
		switch {
		case n.Kind == yaml.SequenceNode:
			eachKey(path, n.Content[i], visit)
		case i%2 == 1:
			key := n.Content[i-1].Value
			visit(path+"."+key, n, i-1)
			if !slices.Contains(freeKeys, key) {
				eachKey(path+"."+key, n.Content[i], visit)
			}
		}
	}
}

func kindName(k schema.Kind) string {
	return map[schema.Kind]string{schema.Meta: "meta", schema.DockerfileImage: "dockerfileImage", schema.StapelImage: "stapelImage"}[k]
}

// TestEveryKeyIsReadAndWrongValuesAreRefused takes each key of each good document
// and leaves it out, which must make a difference, and gives it values of other
// types, which must be an error in its place or make a difference too.
func TestEveryKeyIsReadAndWrongValuesAreRefused(t *testing.T) {
	seen := map[string]bool{}
	for _, doc := range okDocuments(t) {
		line := 0
		number(doc, &line)
		eachKey(kindName(schema.KindOf(doc)), doc, func(path string, m *yaml.Node, i int) {
			key := m.Content[i].Value
			if slices.Contains(resolvedKeys, key) || slices.Contains(unreadKeys, key) {
				seen[path] = true
				return
			}
			if !seen[path] {
				seen[path] = true
				tryValues(t, path, doc, m, i)
			}
		})
	}
	for _, path := range schemaPaths(t) {
		if !seen[path] {
			t.Errorf("no good project file has the key %s", path)
		}
	}
}

var unexported = cmpopts.IgnoreUnexported(Project{})

func tryValues(t *testing.T, path string, doc, m *yaml.Node, i int) {
	all := m.Content
	good := decodeTree(doc)
	m.Content = slices.Delete(slices.Clone(all), i, i+2)
	without := decodeTree(doc)
	m.Content = slices.Clone(all)
	if cmp.Equal(good.project, without.project, unexported) {
		t.Errorf("%s makes no difference", path)
	}
	for _, text := range []string{"?", "/x", "7", "1.5", "true", "~", "[]", "[?]", "[[?]]", "{}", "{x: ?}", "[{x: ?}]"} {
		m.Content[i+1] = valueNode(t, text, all[i+1].Line)
		d := decodeTree(doc)
		refused := slices.ContainsFunc(d.errs, func(e *Error) bool { return e.Pos.Line == all[i].Line || e.Pos.Line == all[i+1].Line })
		empty := text == "[]" || text == "{}" || text == "~"
		if !refused && !empty && cmp.Equal(d.project, without.project, unexported) {
			t.Errorf("%s: the value %s is neither refused nor read", path, text)
		}
	}
	m.Content = all
}

// valueNode parses a value and puts it on one line.
func valueNode(t *testing.T, text string, line int) *yaml.Node {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(strings.ReplaceAll(text, "?", "'?'")), &doc); err != nil {
		t.Fatal(err)
	}
	place(doc.Content[0], line)
	return doc.Content[0]
}

func place(n *yaml.Node, line int) {
	n.Line = line
	for _, child := range n.Content {
		place(child, line)
	}
}

// schemaPaths lists the keys of the schema, as eachKey does.
func schemaPaths(t *testing.T) []string {
	defs := schemaDocument(t)["$defs"].(map[string]any)
	var paths []string
	for _, kind := range []string{"meta", "dockerfileImage", "stapelImage"} {
		eachKey(kind, everyKey(defs, defs[kind].(map[string]any)), func(path string, _ *yaml.Node, _ int) {
			paths = append(paths, path)
		})
	}
	return slices.DeleteFunc(paths, func(path string) bool {
		last := path[strings.LastIndex(path, ".")+1:]
		return slices.Contains(resolvedKeys, last)
	})
}
