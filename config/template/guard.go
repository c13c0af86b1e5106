package template

import (
	"reflect"
	"text/template/parse"
)

// Lists and maps can hold each other so often or so deep that printing them would
// not end, or break the process. So a value is measured before it is printed. That
// takes time for each action, and few templates build such values: as long as all
// values are small when they are made and none is changed later, the actions that
// only print a field or a variable go without.

// pureAccess reports whether a pipeline is a field, a variable or the dot, and so
// changes nothing.
func pureAccess(n *parse.PipeNode) bool {
	if len(n.Cmds) != 1 || len(n.Cmds[0].Args) != 1 {
		return false
	}
	switch n.Cmds[0].Args[0].(type) {
	case *parse.FieldNode, *parse.VariableNode, *parse.DotNode:
		return true
	}
	return false
}

// guard lets the value of an action be measured before it is printed.
func (m *marker) guard(n *parse.PipeNode) {
	switch {
	case !m.r.wary && pureAccess(n):
		m.r.unguarded = append(m.r.unguarded, n)
	case !m.r.functions.printsScalar(n.Cmds[len(n.Cmds)-1].Args[0]):
		n.Cmds = append(n.Cmds, m.r.measuringCommand(n.Pos))
	}
}

// measuringCommand is the command that measures a value on its way through a
// pipeline.
func (r *renderer) measuringCommand(pos parse.Pos) *parse.CommandNode {
	return command(pos, r.functions.hidden(valueGuard, pos))
}

// beWary makes all actions measure what they print, also those that are yet to be
// parsed. None of those changed here is running: they call nothing.
func (r *renderer) beWary() {
	if r.wary {
		return
	}
	r.wary = true
	for _, n := range r.unguarded {
		n.Cmds = append(n.Cmds, r.measuringCommand(n.Pos))
	}
	r.unguarded = nil
	r.set.Funcs(r.functions.takeUsed())
}

// watchValue looks at a value that was just made.
func (r *renderer) watchValue(v any) {
	if r.wary || isScalar(v) {
		return
	}
	m := meter{limits: &Limits{Items: 1000, Value: 1 << 16, Depth: 50}}
	if m.add(v, 0) != nil {
		r.beWary()
	}
}

func isScalar(v any) bool {
	switch v := v.(type) {
	case nil, bool, int, int64, float64:
		return true
	case string:
		return len(v) <= 100
	}
	return false
}

// guardValue measures a value that an action prints or a method made.
func (r *renderer) guardValue(v reflect.Value) (reflect.Value, error) {
	if !v.IsValid() || !v.CanInterface() {
		return v, nil
	}
	switch v.Kind() {
	case reflect.String:
		return v, r.fits(v.Len())
	case reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64:
		return v, nil
	}
	return v, r.measured(v.Interface())
}
