package template

import (
	"sort"
	"sync"
)

// Place is a place of a file that the user wrote.
type Place struct {
	File string
	Line int // 1-based
	Col  int // 1-based, in characters
}

// Origin is the place of the source that made a place of the rendered text, and
// how the rendering came there.
type Origin struct {
	Place
	// Calls is the include, template and tpl actions on the way, the innermost
	// first.
	Calls []Place
}

// Result is a rendered text. Its methods may be called from several goroutines.
type Result struct {
	text   string
	plain  bool // text is the source, unread
	main   *source
	trace  trace
	calls  []call
	frames []*frame
	hidden hidden

	mu      sync.Mutex // guards what follows, and the line indexes of the sources
	index   *lines
	matches map[matchKey][]match
}

// Text returns the rendered text.
func (r *Result) Text() []byte { return []byte(r.text) }

// Origin returns what made a place of the rendered text. Line and column are
// 1-based, the column in characters; a byte order mark is not one. Text of a
// template has its exact place, what an action printed the place of the action.
func (r *Result) Origin(line, col int) Origin {
	if r.plain {
		return Origin{Place: Place{File: r.main.file, Line: line, Col: col}}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.index == nil {
		r.index = newLines(r.text)
		r.matches = map[matchKey][]match{}
	}
	return r.resolve(&r.trace, r.index.offset(line, col))
}

// resolve finds what made a place of a text, going into what include and tpl
// returned as long as it is found again in what was printed.
func (r *Result) resolve(t *trace, offset int) Origin {
	for {
		n := sort.Search(len(t.pieces), func(i int) bool { return t.pieces[i].start > offset }) - 1
		if n < 0 {
			return originOf(r.main, 0, nil)
		}
		p := t.pieces[n]
		if p.at.kind == markText {
			into := p.at.offset + offset - p.start
			return originOf(p.at.source, min(into, len(p.at.source.text)), chainOf(r.calls, p.call))
		}
		inner, at := r.inside(t, n, offset)
		if inner == nil {
			return originOf(p.at.source, p.at.offset, chainOf(r.calls, p.call))
		}
		t, offset = inner, at
	}
}

// originOf is the origin at a place. A text that a template made has no file: what
// it makes comes from the place that gave it to tpl.
func originOf(src *source, offset int, chain []*mark) Origin {
	for src.file == "" && len(chain) > 0 {
		src, offset, chain = chain[0].source, chain[0].offset, chain[1:]
	}
	o := Origin{Place: src.place(offset)}
	for _, site := range chain {
		if site.source.file != "" {
			o.Calls = append(o.Calls, site.source.place(site.offset))
		}
	}
	return o
}
