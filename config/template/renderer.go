package template

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	tt "text/template"
	"text/template/parse"
	"time"
)

// renderer is one rendering. One goroutine works on it.
type renderer struct {
	opts    Options
	limits  Limits
	caller  context.Context // of the caller, to tell cancelling from the bound on time
	stopped atomic.Bool     // the time is over, or the caller does not want the result
	at      atomic.Pointer[mark]

	set       *tt.Template
	sources   []*source
	functions functions
	marks     map[*byte]*mark // by the address of a text
	data      map[string]any
	vars      uintptr             // identity of the map behind .Vars
	files     map[string]*content // files that templates read, by content
	hidden    hidden
	tpls      map[string]*tt.Template

	wary      bool              // values are measured before they are printed
	unguarded []*parse.PipeNode // actions that print a value without
	ends      map[*any]int      // how much of the memory of a list is given, by its first item

	writer *writer // of the innermost running call
	calls  []call
	frames []*frame
	depth  int // running calls
	stack  int // blocks and parentheses around the running calls
	spent  int // of Limits.Total
}

// call is one run of a template that another one started. The first is the main
// template itself.
type call struct {
	parent int
	site   *mark
}

// frame is what an include or tpl returned.
type frame struct {
	trace
	call int
}

// content is a file that a template read.
type content struct {
	paths []string // of the files with these bytes
	used  int      // how often tpl rendered it
}

func newRenderer(ctx context.Context, o Options) *renderer {
	if o.Project == nil {
		o.Project = emptyProject{}
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	r := &renderer{
		opts:   o,
		limits: o.Limits.withDefaults(),
		caller: ctx,
		set:    tt.New(o.Main.Name),
		marks:  map[*byte]*mark{},
		files:  map[string]*content{},
		tpls:   map[string]*tt.Template{},
		ends:   map[*any]int{},
		calls:  []call{{parent: -1}},
	}
	r.functions = newFunctions(r)
	r.setData()
	return r
}

// watch renders in a goroutine of its own, so that a function that does not come
// back cannot hold the caller for longer than the bound on time and a grace.
func (r *renderer) watch(ctx context.Context) (*Result, error) {
	ctx, cancel := context.WithTimeout(ctx, r.limits.Time)
	defer cancel()
	defer context.AfterFunc(ctx, func() { r.stopped.Store(true) })()
	type outcome struct {
		result *Result
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		result, err := r.render()
		done <- outcome{result, err}
	}()
	select {
	case out := <-done:
		return out.result, out.err
	case <-ctx.Done():
	}
	select {
	case out := <-done:
		return out.result, out.err
	case <-time.After(grace):
		return nil, r.stuck()
	}
}

// stuck is the error for a function that does not come back.
func (r *renderer) stuck() error {
	err := r.caller.Err()
	if err != nil {
		return fmt.Errorf("rendering %s: %w", r.opts.Main.File, err)
	}
	e := &Error{Origin: Origin{Place: Place{File: r.opts.Main.File, Line: 1, Col: 1}}, Message: r.timeError().Error()}
	if m := r.at.Load(); m != nil && m.source.file != "" {
		// Its line index may be in use by the other goroutine.
		e.Origin.Place = (&source{file: m.source.file, text: m.source.text}).place(m.offset)
	}
	return e
}

func (r *renderer) render() (result *Result, err error) {
	w := &writer{r: r, limit: r.limits.Output, bound: "the bound on the rendered text"}
	r.writer = w
	defer func() {
		if p := recover(); p != nil {
			result, err = nil, r.fault(messagef("%v", p))
		}
	}()
	main, err := r.parse()
	if err != nil {
		return nil, err
	}
	if err := r.set.Lookup(r.opts.Main.Name).Execute(w, r.data); err != nil {
		return nil, r.fault(err)
	}
	made := w.finish()
	return &Result{text: made.out, main: main, trace: made, calls: r.calls, frames: r.frames, hidden: r.hidden}, nil
}

// parse reads all templates. The main one comes last and so wins where two define
// the same name.
func (r *renderer) parse() (*source, error) {
	var trees []tree
	add := func(s Source) (*source, error) {
		src := r.newSource(s.File, string(s.Text))
		list, err := r.parseSource(src, s.Name)
		trees = append(trees, list...)
		return src, err
	}
	for _, p := range r.opts.Partials {
		if _, err := add(p); err != nil {
			return nil, err
		}
	}
	main, err := add(r.opts.Main)
	if err != nil {
		return nil, err
	}
	return main, r.mark(trees)
}

func (r *renderer) newSource(file, text string) *source {
	s := &source{id: len(r.sources), file: file, text: text, parts: outlineOf(text)}
	r.sources = append(r.sources, s)
	return s
}

// templates returns the names that include knows, sorted.
func (r *renderer) templates() []string {
	var names []string
	for _, t := range r.set.Templates() {
		if t.Name() != r.opts.Main.Name && t.Tree != nil && !isTpl(t.Name()) {
			names = append(names, t.Name())
		}
	}
	slices.Sort(names)
	return names
}
