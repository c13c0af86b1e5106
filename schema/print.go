package schema

import (
	"bytes"
	"encoding/json"
	"strings"

	"gopkg.in/yaml.v3"
)

// lineWidth is how long a line may be that holds a whole value.
const lineWidth = 150

// printer writes nodes as JSON, with keys in their order.
type printer struct {
	out bytes.Buffer
}

func (p *printer) value(n *yaml.Node, depth int) {
	line := oneLine(n)
	column := p.out.Len() - bytes.LastIndexByte(p.out.Bytes(), '\n') - 1
	if n.Kind == yaml.ScalarNode || len(n.Content) == 0 || column+len(line) < lineWidth && !long(n) {
		p.out.WriteString(line)
		return
	}
	begin, end, step := "[", "]", 1
	if n.Kind == yaml.MappingNode {
		begin, end, step = "{", "}", 2
	}
	p.out.WriteString(begin)
	for i := 0; i < len(n.Content); i += step {
		if i > 0 {
			p.out.WriteByte(',')
		}
		p.line(depth + 1)
		if step == 2 {
			p.out.WriteString(oneLine(n.Content[i]) + ": ")
		}
		p.value(n.Content[i+step-1], depth+1)
	}
	p.line(depth)
	p.out.WriteString(end)
}

func (p *printer) line(depth int) { p.out.WriteString("\n" + strings.Repeat("  ", depth)) }

// long reports whether a value is easier to read in several lines.
func long(n *yaml.Node) bool { return entry(n, "description") != nil || entry(n, "properties") != nil }

func oneLine(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		var parts []string
		for i := 0; i < len(n.Content); i += 2 {
			parts = append(parts, oneLine(n.Content[i])+": "+oneLine(n.Content[i+1]))
		}
		if len(parts) == 0 {
			return "{}"
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	case yaml.SequenceNode:
		var parts []string
		for _, item := range n.Content {
			parts = append(parts, oneLine(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	if n.Tag == "!!str" {
		return quote(n.Value)
	}
	return n.Value
}

// quote writes a text as JSON, without escapes for HTML.
func quote(text string) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		panic(err) // any text can be encoded
	}
	return strings.TrimSuffix(out.String(), "\n")
}
