package config

import (
	"bytes"
	"fmt"
	"strings"
)

// Graph writes how the images of a project use each other, as "dot" (Graphviz)
// or "mermaid". An arrow leads from an image to one that needs it and is
// labelled with the kind of use.
func Graph(p *Project, format string) ([]byte, error) {
	switch format {
	case "dot":
		return dot(p), nil
	case "mermaid":
		return mermaid(p), nil
	}
	return nil, fmt.Errorf("%q is not a format of graphs; allowed: dot, mermaid", format)
}

func dot(p *Project) []byte {
	var out bytes.Buffer
	out.WriteString("digraph images {\n  rankdir=LR\n  node [shape=box]\n")
	for _, img := range p.Images {
		style := ""
		if !img.Final.Value {
			style = " [style=dashed]"
		}
		fmt.Fprintf(&out, "  %q%s\n", img.Name.Value, style)
	}
	for _, img := range p.Images {
		for _, use := range kinds(img, p) {
			fmt.Fprintf(&out, "  %q -> %q [label=%q]\n", use.image, img.Name.Value, use.label)
		}
	}
	out.WriteString("}\n")
	return out.Bytes()
}

func mermaid(p *Project) []byte {
	ids := make(map[string]int, len(p.Images))
	var out bytes.Buffer
	out.WriteString("graph LR\n")
	for i, img := range p.Images {
		ids[img.Name.Value] = i
		shape := "[%q]"
		if !img.Final.Value {
			shape = "(%q)"
		}
		fmt.Fprintf(&out, "  i%d"+shape+"\n", i, img.Name.Value)
	}
	for i, img := range p.Images {
		for _, use := range kinds(img, p) {
			fmt.Fprintf(&out, "  i%d -->|%s| i%d\n", ids[use.image], use.label, i)
		}
	}
	return out.Bytes()
}

// labelled is an image that is used with all the ways it is.
type labelled struct{ image, label string }

// kinds joins the uses of one image by another into one arrow.
func kinds(img *Image, p *Project) []labelled {
	var list []labelled
	at := map[string]int{}
	for _, use := range DependsOn(img, p) {
		name, kind := use.Image.Value, string(use.Kind)
		i, seen := at[name]
		if !seen {
			at[name] = len(list)
			list = append(list, labelled{name, kind})
			continue
		}
		if !strings.Contains(list[i].label, kind) {
			list[i].label += ", " + kind
		}
	}
	return list
}
