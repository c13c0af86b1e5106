package dockerfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/strakebuild/strake/config"
)

// File is a parsed Dockerfile. Its stages are built at most once: parse again to
// build with other arguments.
type File struct {
	path    string
	lines   []string
	escape  rune
	globals []instructions.ArgCommand
	stages  []instructions.Stage
}

// Parse reads a Dockerfile. The path, relative to the repository root, is used in
// the positions of errors.
func Parse(path string, text []byte) (*File, error) {
	f := &File{path: path, lines: strings.Split(string(text), "\n")}
	tree, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, f.parseError(err)
	}
	f.escape = tree.EscapeToken
	if err := f.checkStart(tree.AST.Children); err != nil {
		return nil, err
	}
	f.stages, f.globals, err = instructions.Parse(tree.AST, nil)
	if err != nil {
		return nil, f.parseError(err)
	}
	return f, nil
}

// checkStart demands a FROM, and nothing but ARG in front of it.
func (f *File) checkStart(nodes []*parser.Node) error {
	for _, node := range nodes {
		switch name := strings.ToUpper(node.Value); name {
		case "FROM":
			return nil
		case "ARG":
		default:
			return f.errorf(node.StartLine, "%s before the first FROM: only ARG may stand there", name)
		}
	}
	return f.errorf(1, "no FROM instruction: a Dockerfile needs at least one")
}

// pos returns the place of the first character of a line that is not blank.
// Lines count from 1.
func (f *File) pos(line int) config.Pos {
	line = max(line, 1)
	col := 1
	if line <= len(f.lines) {
		text := f.lines[line-1]
		rest := strings.TrimLeftFunc(text, unicode.IsSpace)
		col += utf8.RuneCountInString(text[:len(text)-len(rest)])
	}
	return config.Pos{File: f.path, Line: line, Col: col}
}

func (f *File) at(ranges []parser.Range) config.Pos {
	if len(ranges) == 0 {
		return f.pos(1)
	}
	return f.pos(ranges[0].Start.Line)
}

func (f *File) errorf(line int, format string, args ...any) error {
	return errorAt(f.pos(line), format, args...)
}

// parseError gives the parser's message its place in our form.
func (f *File) parseError(err error) error {
	var located *parser.LocationError
	if !errors.As(err, &located) {
		return f.errorf(1, "%s", plain(err))
	}
	line := 1
	if len(located.Locations) > 0 && len(located.Locations[0]) > 0 {
		line = located.Locations[0][0].Start.Line
	}
	return f.errorf(line, "%s", plain(located.Unwrap()))
}

func errorAt(pos config.Pos, format string, args ...any) error {
	return &config.Error{Pos: pos, Message: fmt.Sprintf(format, args...)}
}

// plain is the text of an error on one line.
func plain(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}
