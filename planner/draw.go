package planner

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// arrow is a line of a drawing from a step to one that needs it.
type arrow struct {
	from, to Key
	label    string // "" for the parent
}

// arrows is all lines between steps, each once.
func (p *Plan) arrows() []arrow {
	var all []arrow
	seen := map[arrow]bool{}
	add := func(from *Step, to *Step, label string) {
		a := arrow{parentKey(from), to.Key, label}
		if from != nil && !seen[a] {
			seen[a] = true
			all = append(all, a)
		}
	}
	for _, s := range p.Steps {
		add(s.Parent, s, "")
		for _, source := range s.sources() {
			add(source, s, "copy")
		}
		for _, img := range s.Needs {
			add(img.Top, s, "id")
		}
	}
	return all
}

// WriteDot writes the plan as a graph in the language of Graphviz. Steps that
// are not cached have a thick frame, bases are ellipses. A nil function means
// that nothing is cached.
func WriteDot(w io.Writer, p *Plan, cached func(Key) bool) error {
	var out bytes.Buffer
	out.WriteString("digraph plan {\n\trankdir=LR\n\tnode [shape=box]\n")
	for _, s := range p.Steps {
		fmt.Fprintf(&out, "\t%s [label=%s%s]\n", dotText(string(s.Key)), dotText(s.title()), dotStyle(s.state(cached)))
	}
	for _, img := range p.Images {
		fmt.Fprintf(&out, "\t%s [label=%s shape=folder]\n", dotText("image "+img.Name), dotText(img.Name))
		if img.Top != nil {
			fmt.Fprintf(&out, "\t%s -> %s\n", dotText(string(img.Top.Key)), dotText("image "+img.Name))
		}
	}
	for _, a := range p.arrows() {
		label := ""
		if a.label != "" {
			label = " [style=dashed label=" + a.label + "]"
		}
		fmt.Fprintf(&out, "\t%s -> %s%s\n", dotText(string(a.from)), dotText(string(a.to)), label)
	}
	out.WriteString("}\n")
	return writeAll(w, out.Bytes())
}

// dotText quotes a text: only quotes and backslashes are special.
func dotText(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}

func dotStyle(state string) string {
	switch state {
	case "base":
		return " shape=ellipse"
	case "build":
		return " penwidth=2"
	}
	return ""
}

// WriteMermaid writes the plan as a Mermaid flowchart. Steps that are not cached
// have the class build. A nil function means that nothing is cached.
func WriteMermaid(w io.Writer, p *Plan, cached func(Key) bool) error {
	var out bytes.Buffer
	out.WriteString("flowchart LR\n")
	for _, s := range p.Steps {
		fmt.Fprintf(&out, "\ts%s[%s]:::%s\n", s.Key.Short(), mermaidText(s.title()), s.state(cached))
	}
	for i, img := range p.Images {
		id := "i" + strconv.Itoa(i)
		fmt.Fprintf(&out, "\t%s([%s])\n", id, mermaidText(img.Name))
		if img.Top != nil {
			fmt.Fprintf(&out, "\ts%s --> %s\n", img.Top.Key.Short(), id)
		}
	}
	for _, a := range p.arrows() {
		line := "-->"
		if a.label != "" {
			line = "-. " + a.label + " .->"
		}
		fmt.Fprintf(&out, "\ts%s %s s%s\n", a.from.Short(), line, a.to.Short())
	}
	out.WriteString("\tclassDef build stroke-width:3px\n\tclassDef base stroke-dasharray:4\n\tclassDef cached opacity:0.7\n")
	return writeAll(w, out.Bytes())
}

// mermaidText quotes a text with the entities that Mermaid knows.
func mermaidText(text string) string {
	return `"` + strings.NewReplacer("#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "\n", " ").Replace(text) + `"`
}

// title is the label of a step in a drawing.
func (s *Step) title() string {
	name := []rune(strings.Join(strings.Fields(s.Name), " "))
	if len(name) > 60 {
		name = append(name[:59], '…')
	}
	return s.Image + ": " + string(name)
}

func writeAll(w io.Writer, text []byte) error {
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("writing the graph: %w", err)
	}
	return nil
}
