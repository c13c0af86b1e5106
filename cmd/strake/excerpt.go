package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/strakebuild/strake/config"
)

// excerpts prints faults with the lines that they are in.
func (a *app) excerpts(ctx context.Context, faults config.Errors) {
	x := a.excerpter(ctx)
	if a.session != nil && a.session.project != nil {
		a.session.project.Locate(faults)
	}
	for _, f := range faults {
		x.fault(f)
	}
}

// warn prints what is accepted and should be written differently, a line each.
func (a *app) warn(ctx context.Context, warnings config.Errors) {
	x := a.excerpter(ctx)
	for _, w := range warnings {
		fmt.Fprintln(x.out, x.headline(w, "warning: "))
	}
}

// excerpter prints faults of files.
type excerpter struct {
	out   io.Writer
	color bool
	files map[string][]string // lines by path, as they were read
	read  func(name string) ([]byte, error)
}

func (a *app) excerpter(ctx context.Context) *excerpter {
	return &excerpter{
		out:   a.err,
		color: term.IsTerminal(int(a.err.Fd())) && os.Getenv("NO_COLOR") == "",
		files: map[string][]string{},
		read: func(name string) ([]byte, error) {
			if a.session == nil || a.session.inputs == nil {
				return nil, os.ErrNotExist
			}
			return a.session.inputs.Source(ctx, name)
		},
	}
}

// fault prints one fault: its place and message, the line with a mark under the
// column, how a template came there, and what the template made of it.
func (x *excerpter) fault(f *config.Error) {
	fmt.Fprintln(x.out, x.headline(f, ""))
	x.source(f.Pos)
	for _, call := range f.Calls {
		fmt.Fprintf(x.out, "  called at %s\n", call)
		x.source(call)
	}
	if f.Rendered != nil {
		x.rendered(f.Rendered)
	}
}

func (x *excerpter) headline(f *config.Error, kind string) string {
	message, _ := around(f.Message, 1, maxMessage)
	place := printable([]byte(f.Pos.String()))
	switch {
	case f.Pos == (config.Pos{}):
		return kind + message
	case !x.color:
		return place + ": " + kind + message
	}
	mark := red
	if kind != "" {
		mark = yellow
	}
	return paint(bold, place+":") + " " + paint(mark, kind) + message
}

// source prints a line and a mark under its column.
func (x *excerpter) source(pos config.Pos) {
	line, ok := x.line(pos)
	if !ok {
		return
	}
	number := fmt.Sprint(pos.Line)
	line, col := around(line, pos.Col, maxLine)
	fmt.Fprintf(x.out, "  %s | %s\n", number, line)
	fmt.Fprintf(x.out, "  %s | %s%s\n", strings.Repeat(" ", len(number)), blank(line, col-1), x.paint(red, "^"))
}

// How much of a foreign text is shown, in characters.
const (
	maxLine    = 240
	maxMessage = 2000
)

// around cuts a long text to what is around a column, and returns the column in
// what is left. Nothing of it controls the terminal.
func around(text string, col, most int) (string, int) {
	all := []rune(text)
	from := 0
	if len(all) > most {
		from = max(0, min(col-1-most/2, len(all)-most))
		all = all[from:]
	}
	cut, at := "", 0
	if len(all) > most {
		all, cut = all[:most], "…"
	}
	shown := printable([]byte(string(all)))
	if from > 0 {
		shown, at = "…"+shown, 1
	}
	return shown + cut, col - from + at
}

// rendered prints the lines that a template made around a fault.
func (x *excerpter) rendered(e *config.Excerpt) {
	fmt.Fprintln(x.out, "  which the template turned into:")
	width := len(fmt.Sprint(e.First + len(e.Lines)))
	for i, line := range e.Lines {
		mark := " "
		if e.First+i == e.Fault {
			mark = x.paint(red, ">")
		}
		line, _ = around(line, 1, maxLine)
		fmt.Fprintf(x.out, "  %s %*d | %s\n", mark, width, e.First+i, line)
	}
}

func (x *excerpter) line(pos config.Pos) (string, bool) {
	if pos.Line == 0 {
		return "", false
	}
	lines, known := x.files[pos.File]
	if !known {
		if text, err := x.read(pos.File); err == nil {
			lines = strings.Split(string(text), "\n")
		}
		x.files[pos.File] = lines
	}
	if pos.Line > len(lines) {
		return "", false
	}
	return strings.TrimRight(lines[pos.Line-1], "\r"), true
}

func (x *excerpter) paint(color, text string) string {
	if !x.color {
		return text
	}
	return paint(color, text)
}
