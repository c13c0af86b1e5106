package config

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/strakebuild/strake/config/template"
)

// aroundFault is how many rendered lines are shown on each side of a fault.
const aroundFault = 2

// Locate adds to errors what a template made of their places: the calls that led
// there, and the rendered lines. Errors of the planner have places only.
func (p *Project) Locate(errs Errors) {
	if p.sources != nil {
		p.sources.locate(errs)
	}
}

func (s *sources) locate(errs Errors) {
	for _, e := range errs {
		if e.Pos.Rendered == 0 || e.Rendered != nil {
			continue
		}
		if src := s.at(e.Pos.Rendered); src != nil && src.template != nil {
			line := e.Pos.Rendered - src.base
			e.Message = src.template.Hide(e.Message)
			e.Rendered = src.excerpt(line)
			e.Calls = src.calls(line, e.Pos)
		}
	}
}

// excerpt is the lines around a line of the text, without what is secret in them.
func (s *source) excerpt(line int) *Excerpt {
	first := max(1, line-aroundFault)
	x := &Excerpt{First: first, Fault: line}
	last := min(line+aroundFault, len(s.lineStarts()))
	for n := first; n <= last; n++ {
		x.Lines = append(x.Lines, s.template.Hide(string(s.line(n))))
	}
	for len(x.Lines) > line-first+1 && strings.TrimSpace(x.Lines[len(x.Lines)-1]) == "" {
		x.Lines = x.Lines[:len(x.Lines)-1]
	}
	return x
}

// maxColumns is how much of a line is searched for a place.
const maxColumns = 2000

// calls is how the template came to a place that is in a line of the text.
func (s *source) calls(line int, at Pos) []Pos {
	end := min(utf8.RuneCount(s.line(line))+1, maxColumns)
	for col := 1; col <= end; col++ {
		o := s.template.Origin(line, col)
		if o.File != at.File || o.Line != at.Line || o.Col != at.Col {
			continue
		}
		return callsOf(o)
	}
	return nil
}

// callsOf lists the calls of an origin. A template that calls itself again and
// again is one call.
func callsOf(o template.Origin) []Pos {
	var calls []Pos
	for _, c := range o.Calls {
		calls = append(calls, Pos{File: c.File, Line: c.Line, Col: c.Col})
	}
	return slices.Compact(calls)
}
