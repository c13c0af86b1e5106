package template

import (
	"fmt"
	"slices"
	"text/template/parse"
)

// mark is a place of a source that the writer is told of: by writing a text of
// the template, or by writing an empty text that stands in front of an action.
type mark struct {
	kind   markKind
	source *source
	offset int
	depth  int // blocks and parentheses around it in its template
	// flows is the actions whose include or tpl may have made the value that this
	// action prints, by way of a variable.
	flows []*mark
}

type markKind int

const (
	markText   markKind = iota // text of the template
	markAction                 // an action follows
	markCall                   // a template action follows
	markReturn                 // the template action is over
	markTick                   // the body of a loop begins
)

// marker puts marks into one parsed template.
type marker struct {
	r      *renderer
	source *source
	// made is, for a variable, the actions that gave it what include or tpl
	// returned. "." is the dot.
	made    map[string][]*mark
	varsDot bool // the dot is .Vars
	fault   *Error

	// Of the pipeline being read:
	calls   bool     // it has an include or tpl
	names   []string // variables in it
	deepest int      // blocks and parentheses around its innermost part
}

// mark prepares parsed templates for rendering.
func (r *renderer) mark(trees []tree) error {
	for _, t := range trees {
		m := &marker{r: r, source: t.source, made: map[string][]*mark{}}
		m.list(t.parsed.Root, 1)
		if m.fault != nil {
			return m.fault
		}
	}
	r.set.Funcs(r.functions.takeUsed())
	return nil
}

func (m *marker) list(list *parse.ListNode, depth int) {
	if list == nil || m.tooDeep(list.Pos, depth) {
		return
	}
	nodes := make([]parse.Node, 0, 2*len(list.Nodes)+1)
	for _, n := range list.Nodes {
		nodes = m.node(nodes, n, depth)
	}
	list.Nodes = nodes
}

// node appends a node and its marks.
func (m *marker) node(nodes []parse.Node, n parse.Node, depth int) []parse.Node {
	switch n := n.(type) {
	case *parse.TextNode:
		m.text(n)
		return append(nodes, n)
	case *parse.ActionNode:
		front, at := m.front(markAction, n.Pos, depth)
		m.pipe(n.Pipe, at, depth)
		if len(n.Pipe.Decl) == 0 {
			m.guard(n.Pipe)
		}
		return append(nodes, front, n)
	case *parse.TemplateNode:
		front, at := m.front(markCall, n.Pos, depth)
		m.pipe(n.Pipe, at, depth)
		back, _ := m.front(markReturn, n.Pos, depth)
		return append(nodes, front, n, back)
	case *parse.IfNode:
		return append(nodes, m.branch(&n.BranchNode, depth), n)
	case *parse.WithNode:
		return append(nodes, m.branch(&n.BranchNode, depth), n)
	case *parse.RangeNode:
		return append(nodes, m.branch(&n.BranchNode, depth), n)
	}
	return append(nodes, n)
}

// branch marks a block and returns the mark in front of it.
func (m *marker) branch(n *parse.BranchNode, depth int) parse.Node {
	front, at := m.front(markAction, n.Pipe.Pos, depth)
	m.pipe(n.Pipe, at, depth)
	dot, varsDot := m.made["."], m.varsDot
	switch n.NodeType {
	case parse.NodeWith:
		m.varsDot = isVars(n.Pipe)
		if m.made["."] = nil; m.calls {
			m.made["."] = []*mark{at}
		}
	case parse.NodeRange:
		m.varsDot, m.made["."] = false, nil
	}
	m.list(n.List, depth+1)
	if n.NodeType == parse.NodeRange {
		tick, _ := m.front(markTick, n.Pipe.Pos, depth)
		n.List.Nodes = slices.Insert(n.List.Nodes, 0, tick)
	}
	m.made["."], m.varsDot = dot, varsDot
	m.list(n.ElseList, depth+1)
	return front
}

// text gives a text of the template its mark, and its references their bytes back.
func (m *marker) text(n *parse.TextNode) {
	if len(n.Text) == 0 {
		return
	}
	at := int(n.Pos)
	n.Text = []byte(m.source.text[at : at+len(n.Text)])
	m.r.marks[&n.Text[0]] = &mark{kind: markText, source: m.source, offset: at}
}

// front makes the empty text that stands in front of an action. Its capacity is
// one byte, and the address of that byte is its name.
func (m *marker) front(kind markKind, pos parse.Pos, depth int) (parse.Node, *mark) {
	name := make([]byte, 1)
	at := &mark{kind: kind, source: m.source, offset: m.source.action(int(pos)).start, depth: depth}
	m.r.marks[&name[0]] = at
	return &parse.TextNode{NodeType: parse.NodeText, Pos: pos, Text: name[:0]}, at
}

// pipe reads the pipeline of an action.
func (m *marker) pipe(n *parse.PipeNode, at *mark, depth int) {
	m.calls, m.names, m.deepest = false, nil, depth
	if n == nil {
		return
	}
	m.pipeline(n, depth)
	at.depth = m.deepest
	for _, name := range m.names {
		at.flows = append(at.flows, m.made[name]...)
	}
	for _, v := range n.Decl {
		if m.calls {
			m.made[v.Ident[0]] = append(m.made[v.Ident[0]], at)
		} else if len(at.flows) > 0 {
			m.made[v.Ident[0]] = append(m.made[v.Ident[0]], at.flows...)
		}
	}
}

func command(pos parse.Pos, args ...parse.Node) *parse.CommandNode {
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: args}
}

func (m *marker) tooDeep(pos parse.Pos, depth int) bool {
	if depth > maxNesting && m.fault == nil {
		m.fault = m.r.faultAt(m.source, m.source.action(int(pos)).start,
			fmt.Sprintf("blocks and parentheses lie more than %d deep in each other, the bound on nesting", maxNesting))
	}
	return m.fault != nil
}
