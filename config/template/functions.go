package template

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"text/template/parse"

	"github.com/Masterminds/sprig/v3"
)

// Functions that the marker puts into templates. The parser does not know them, so
// that no template can name them.
const (
	valueGuard = "_value"
	varsCheck  = "_vars"
)

// functions is what templates can call. A function is made when the first
// template names it.
type functions struct {
	r     *renderer
	known map[string]any // names for the parser
	class map[string]class
	own   map[string]any
	sprig map[string]any
	ready map[string]any
	fresh map[string]any // of ready, those that the interpreter does not have
}

func newFunctions(r *renderer) functions {
	f := functions{
		r:     r,
		known: map[string]any{},
		class: classes(),
		own:   r.ownFunctions(),
		sprig: sprig.GenericFuncMap(),
		ready: map[string]any{},
		fresh: map[string]any{},
	}
	for name, class := range f.class {
		if class != classUnsorted {
			f.known[name] = true
		}
	}
	for _, name := range strings.Fields(addedNames + builtinNames) {
		f.known[name] = true
	}
	return f
}

// names returns what can be called, sorted.
func (f *functions) names() []string { return slices.Sorted(maps.Keys(f.known)) }

// use makes a function ready.
func (f *functions) use(name string) {
	if f.ready[name] != nil {
		return
	}
	if fn := f.make(name); fn != nil {
		f.ready[name], f.fresh[name] = fn, fn
	}
}

// takeUsed returns the functions that were made since the last call.
func (f *functions) takeUsed() map[string]any {
	fresh := f.fresh
	f.fresh = map[string]any{}
	return fresh
}

// make returns a function, nil when it is one of the interpreter's own.
func (f *functions) make(name string) any {
	if fn := f.own[name]; fn != nil {
		return fn
	}
	fn := f.sprig[name]
	switch f.class[name] {
	case classPlain:
		return fn
	case classMeasured:
		return f.r.measuring(fn)
	case classMerge:
		f.r.beWary()
		return f.r.measuring(fn)
	case classShallow:
		return f.r.counting(fn)
	case classRandom:
		if f.r.opts.Loose {
			return f.r.measuring(fn)
		}
		return refused(name)
	case classOutside:
		return refused(name)
	}
	return nil
}

func refused(name string) any {
	return func(...any) (any, error) { return nil, refusal(name) }
}

// hidden is a call of a function that templates cannot name.
func (f *functions) hidden(name string, pos parse.Pos) *parse.IdentifierNode {
	f.use(name)
	return parse.NewIdentifier(name).SetPos(pos)
}

// printsScalar reports whether a command can only give a value without parts.
func (f *functions) printsScalar(first parse.Node) bool {
	switch n := first.(type) {
	case *parse.StringNode, *parse.NumberNode, *parse.BoolNode:
		return true
	case *parse.IdentifierNode:
		fn := f.ready[n.Ident]
		if fn == nil {
			return false
		}
		switch reflect.TypeOf(fn).Out(0).Kind() {
		case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64:
			return true
		}
	}
	return false
}

// ownFunctions returns what this package adds to or puts in place of Sprig.
func (r *renderer) ownFunctions() map[string]any {
	return map[string]any{
		valueGuard: r.guardValue, varsCheck: r.checkVar,
		"env": r.env, "required": required, "eq": eq, "ne": ne, "fromYaml": r.fromYaml, "toYaml": r.toYaml,
		"include": r.include, "tpl": r.tpl,
		"include_debug": r.includeDebug, "tpl_debug": r.tplDebug,
		"printf_debug": r.printfDebug, "dump_debug": r.dumpDebug,

		"print": r.print, "println": r.println, "printf": r.printf,
		"html": r.html, "js": r.js, "urlquery": r.urlquery,

		"repeat": r.repeat, "indent": r.indent, "nindent": r.nindent, "replace": r.replace,
		"join": r.join, "wrap": r.wrap, "wrapWith": r.wrapWith,
		"regexFindAll": r.regexFindAll, "mustRegexFindAll": r.regexFindAll,
		"regexSplit": r.regexSplit, "mustRegexSplit": r.regexSplit,
		"regexReplaceAll": r.regexReplaceAll, "mustRegexReplaceAll": r.regexReplaceAll,
		"regexReplaceAllLiteral": r.regexReplaceAllLiteral, "mustRegexReplaceAllLiteral": r.regexReplaceAllLiteral,

		"until": r.until, "untilStep": r.untilStep, "seq": r.seq,
		"split": r.split, "splitn": r.splitn, "splitList": r.splitList,
		"keys": r.keys, "values": r.values, "dict": r.dict, "set": r.setKey,
		"slice": r.slice, "mustSlice": r.slice,
		"append": r.append, "push": r.append, "mustAppend": r.append, "mustPush": r.append,

		"now": r.now, "ago": r.ago, "durationRound": r.durationRound,
		"date": r.date, "dateInZone": r.dateInZone, "date_in_zone": r.dateInZone,
		"htmlDate": r.htmlDate, "htmlDateInZone": r.htmlDateInZone,
		"toDate": r.toDate, "mustToDate": r.mustToDate,
	}
}

// sprigFunction returns a function of Sprig. A test holds that those used here have
// the shapes that they are used with.
func sprigFunction[F any](r *renderer, name string) F { return r.functions.sprig[name].(F) }
