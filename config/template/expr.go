package template

import (
	"text/template/parse"
)

func (m *marker) pipeline(n *parse.PipeNode, depth int) {
	if m.tooDeep(n.Pos, depth) {
		return
	}
	m.deepest = max(m.deepest, depth)
	commands := make([]*parse.CommandNode, 0, len(n.Cmds))
	for i, c := range n.Cmds {
		for i, arg := range c.Args {
			c.Args[i] = m.expression(arg, depth)
		}
		commands = append(commands, c)
		if _, named := c.Args[0].(*parse.IdentifierNode); !named && (i > 0 || len(c.Args) > 1) {
			// A method, as of a time. Functions measure what they make.
			commands = append(commands, m.r.measuringCommand(c.Pos))
		}
	}
	n.Cmds = commands
}

// expression reads a part of a pipeline and returns what to put in its place.
func (m *marker) expression(n parse.Node, depth int) parse.Node {
	switch n := n.(type) {
	case *parse.PipeNode:
		m.pipeline(n, depth+1)
	case *parse.ChainNode:
		n.Node = m.expression(n.Node, depth+1)
		return m.chain(n)
	case *parse.FieldNode:
		return m.field(n)
	case *parse.VariableNode:
		m.names = append(m.names, n.Ident[0])
		return m.variable(n)
	case *parse.DotNode:
		m.names = append(m.names, ".")
	case *parse.IdentifierNode:
		m.calls = m.calls || n.Ident == "include" || n.Ident == "tpl"
		m.r.functions.use(n.Ident)
	}
	return n
}

// A variable that is not declared is an error, a key that another map lacks is
// not. So .Vars.NAME is turned into (check .Vars "NAME").NAME, wherever it stands.

func (m *marker) field(n *parse.FieldNode) parse.Node {
	if m.varsDot {
		dot := &parse.DotNode{NodeType: parse.NodeDot, Pos: n.Pos}
		return m.checked(dot, n.Ident, n.Pos)
	}
	if i := afterVars(n.Ident); i > 0 {
		of := &parse.FieldNode{NodeType: parse.NodeField, Pos: n.Pos, Ident: n.Ident[:i]}
		return m.checked(of, n.Ident[i:], n.Pos)
	}
	return n
}

func (m *marker) variable(n *parse.VariableNode) parse.Node {
	if i := afterVars(n.Ident[1:]); i > 0 {
		of := &parse.VariableNode{NodeType: parse.NodeVariable, Pos: n.Pos, Ident: n.Ident[:i+1]}
		return m.checked(of, n.Ident[i+1:], n.Pos)
	}
	return n
}

func (m *marker) chain(n *parse.ChainNode) parse.Node {
	if i := afterVars(n.Field); i > 0 {
		of := &parse.ChainNode{NodeType: parse.NodeChain, Pos: n.Pos, Node: n.Node, Field: n.Field[:i]}
		return m.checked(of, n.Field[i:], n.Pos)
	}
	return n
}

// afterVars returns the index of the name behind "Vars", 0 when there is none.
func afterVars(path []string) int {
	for i, name := range path[:max(len(path)-1, 0)] {
		if name == "Vars" {
			return i + 1
		}
	}
	return 0
}

func (m *marker) checked(of parse.Node, path []string, pos parse.Pos) parse.Node {
	name := &parse.StringNode{NodeType: parse.NodeString, Pos: pos, Quoted: path[0], Text: path[0]}
	check := m.r.functions.hidden(varsCheck, pos)
	pipe := &parse.PipeNode{NodeType: parse.NodePipe, Pos: pos, Cmds: []*parse.CommandNode{command(pos, check, of, name)}}
	return &parse.ChainNode{NodeType: parse.NodeChain, Pos: pos, Node: pipe, Field: path}
}

// isVars reports whether a pipeline is .Vars and nothing else.
func isVars(n *parse.PipeNode) bool {
	if len(n.Cmds) != 1 || len(n.Cmds[0].Args) != 1 {
		return false
	}
	switch n := n.Cmds[0].Args[0].(type) {
	case *parse.FieldNode:
		return n.Ident[len(n.Ident)-1] == "Vars"
	case *parse.VariableNode:
		return len(n.Ident) > 1 && n.Ident[len(n.Ident)-1] == "Vars"
	}
	return false
}
