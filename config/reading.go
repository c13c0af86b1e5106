package config

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/strakebuild/strake/config/template"
	"github.com/strakebuild/strake/schema"
)

// reading turns the files of a project into documents: it renders templates,
// parses YAML and expands aliases.
type reading struct {
	in       *Inputs
	opts     LoadOptions
	sources  sources
	expander expander
	docs     []*document
	vars     []Var
	partials []template.Source
	ready    bool // partials are read
	broken   bool // a part could not be read, so names may be missing
	errs     Errors
	warnings Errors
}

func newReading(in *Inputs, opts LoadOptions) *reading {
	r := &reading{in: in, opts: opts}
	r.expander = expander{pos: r.sources.pos, open: map[*yaml.Node]bool{}}
	return r
}

func (r *reading) fail(pos Pos, format string, args ...any) {
	r.errs = append(r.errs, &Error{Pos: pos, Message: plainLine(format, args...)})
}

func (r *reading) warn(pos Pos, format string, args ...any) {
	r.warnings = append(r.warnings, &Error{Pos: pos, Message: plainLine(format, args...)})
}

// main reads the project file, and the files that it includes.
func (r *reading) main(ctx context.Context, name string) error {
	src, err := r.open(ctx, name)
	if src == nil {
		return err
	}
	r.declareVars(src)
	if err := r.values(); err != nil {
		return err
	}
	if err := r.parse(ctx, src); err != nil {
		return err
	}
	for _, file := range r.included(name) {
		if err := r.include(ctx, file); err != nil {
			return err
		}
	}
	r.errs = append(r.errs, r.expander.errs...)
	return nil
}

func (r *reading) include(ctx context.Context, name string) error {
	src, err := r.open(ctx, name)
	if src == nil {
		return err
	}
	return r.parse(ctx, src)
}

// open reads the text of a file; nil when it is not one that YAML can hold.
func (r *reading) open(ctx context.Context, name string) (*source, error) {
	text, err := r.in.Read(ctx, ProjectFile, name)
	if err != nil {
		return nil, fmt.Errorf("reading the project file: %w", err)
	}
	if len(text) > maxProjectFile {
		return nil, fmt.Errorf("%s has %d bytes, more than the limit of %d", name, len(text), maxProjectFile)
	}
	src, bad := readSource(name, text)
	if bad != nil {
		r.stop(bad)
		return nil, nil
	}
	return src, nil
}

// stop notes a fault after which the rest of a file cannot be read.
func (r *reading) stop(bad *Error) {
	r.broken = true
	r.errs = append(r.errs, bad)
}

// parse renders a text and takes in its documents.
func (r *reading) parse(ctx context.Context, src *source) error {
	if err := r.render(ctx, src); err != nil {
		return err
	}
	r.sources.add(src)
	if src.template != nil {
		if at, message := badCharacter(src.text); message != "" {
			r.stop(&Error{Pos: src.pos(at), Message: message})
			return nil
		}
		r.warnOfNoValue(src)
	}
	nodes, bad := parseYAML(src)
	for _, n := range nodes {
		src.number(n)
		r.document(n)
	}
	if bad != nil {
		r.stop(bad)
	}
	return nil
}

// document expands the aliases of a document.
func (r *reading) document(n *yaml.Node) {
	r.expander.cut = false
	tree := r.expander.expand(n, 0)
	r.broken = r.broken || r.expander.cut
	if tree != nil {
		r.docs = append(r.docs, &document{tree: tree, cut: r.expander.cut})
	}
}

// render runs the template that a text is. A text without actions stays as it
// is.
func (r *reading) render(ctx context.Context, src *source) error {
	if action(src.text) < 0 {
		return nil
	}
	if err := r.readPartials(ctx); err != nil {
		return err
	}
	commit := r.in.Tree.Commit()
	result, err := template.Render(ctx, template.Options{
		Main:     template.Source{Name: path.Base(src.file), File: src.file, Text: src.text},
		Partials: r.partials,
		Project:  &templateFiles{ctx: ctx, reading: r},
		Env:      r.opts.Env,
		Vars:     typedValues(r.vars),
		Commit:   template.Commit{Hash: commit.ID, Time: commit.Time},
		Loose:    r.opts.Loose, Debug: r.opts.Debug, Log: r.opts.Log,
	})
	var fault *template.Error
	switch {
	case errors.As(err, &fault):
		r.stop(templateFault(src, fault))
		src.text = nil
		return nil
	case err != nil:
		return fmt.Errorf("rendering %s: %w", src.file, err)
	}
	src.text, src.template = unixText(result.Text()), result
	return nil
}

func templateFault(src *source, fault *template.Error) *Error {
	e := &Error{Pos: Pos{File: fault.Origin.File, Line: fault.Origin.Line, Col: fault.Origin.Col}, Message: strings.Join(strings.Fields(fault.Message), " ")}
	e.Calls = callsOf(fault.Origin)
	if e.Pos.File == src.file && misspelt(src.line(e.Pos.Line), e.Pos.Col) {
		e.Message += "; in ${{ }} there can be vars.NAME and matrix.NAME"
	}
	return e
}

// misspelt reports whether an action of a line, or what is in it, begins as our
// own expressions do.
func misspelt(line []byte, col int) bool {
	before := []rune(string(line))
	before = before[:min(col-1, len(before))]
	text := strings.TrimRight(string(before), " ")
	return strings.HasSuffix(text, "${{") || strings.HasSuffix(text, "$")
}

// meta is the project section, nil when there is none.
func (r *reading) meta() *document {
	for _, doc := range r.docs {
		if schema.KindOf(doc.tree) == schema.Meta {
			return doc
		}
	}
	return nil
}
