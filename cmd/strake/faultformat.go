package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/strakebuild/strake/config"
)

// faultFormats are the ways in which config check prints.
var faultFormats = []string{"text", "json", "github"}

// faultJSON is one fault or warning as config check --format json prints it.
type faultJSON struct {
	Severity string        `json:"severity"` // error or warning
	File     string        `json:"file,omitempty"`
	Line     int           `json:"line,omitempty"`
	Column   int           `json:"column,omitempty"`
	Message  string        `json:"message"`
	Calls    []placeJSON   `json:"calls,omitempty"`
	Rendered *renderedJSON `json:"rendered,omitempty"`
}

type placeJSON struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

type renderedJSON struct {
	FirstLine int      `json:"firstLine"`
	Line      int      `json:"line"` // of the fault
	Lines     []string `json:"lines"`
}

// checked is what a check of the project found.
type checked struct {
	faults   config.Errors
	warnings config.Errors
}

// write prints the findings in a format for other programs.
func (c checked) write(out io.Writer, format string) error {
	if format == "github" {
		return c.writeGitHub(out)
	}
	list := make([]faultJSON, 0, len(c.faults)+len(c.warnings))
	for _, f := range c.faults {
		list = append(list, toJSON("error", f))
	}
	for _, w := range c.warnings {
		list = append(list, toJSON("warning", w))
	}
	return writeJSON(out, map[string][]faultJSON{"faults": list})
}

// writeJSON prints a value as JSON that people can read, too.
func writeJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

func toJSON(severity string, f *config.Error) faultJSON {
	j := faultJSON{Severity: severity, File: f.Pos.File, Line: f.Pos.Line, Column: f.Pos.Col, Message: f.Message}
	for _, c := range f.Calls {
		j.Calls = append(j.Calls, placeJSON{c.File, c.Line, c.Col})
	}
	if f.Rendered != nil {
		j.Rendered = &renderedJSON{f.Rendered.First, f.Rendered.Fault, f.Rendered.Lines}
	}
	return j
}

// writeGitHub prints workflow commands that become annotations of the files.
func (c checked) writeGitHub(out io.Writer) error {
	for i, f := range slices.Concat(c.faults, c.warnings) {
		severity, place, message := "error", "", f.Message
		if i >= len(c.faults) {
			severity = "warning"
		}
		if f.Pos.File != "" {
			place = fmt.Sprintf(" file=%s,line=%d,col=%d", githubProperty.Replace(f.Pos.File), f.Pos.Line, f.Pos.Col)
		}
		for _, call := range f.Calls {
			message += "\ncalled at " + call.String()
		}
		if _, err := fmt.Fprintf(out, "::%s%s::%s\n", severity, place, githubText.Replace(message)); err != nil {
			return err
		}
	}
	return nil
}

var (
	githubText     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// check reports what is wrong with the project, all of it.
func (a *app) check(ctx context.Context, format string) error {
	s, err := a.loadQuietly(ctx)
	found := checked{}
	var one *config.Error
	switch {
	case errors.As(err, &found.faults):
	case errors.As(err, &one):
		found.faults = config.Errors{one}
	case err != nil:
		found.faults = config.Errors{{Message: err.Error()}}
	default:
		found.warnings = s.project.Warnings
	}
	if format == "text" {
		a.warn(ctx, found.warnings)
		return err
	}
	if e := found.write(a.out, format); e != nil {
		return e
	}
	if err != nil {
		return exitStatus(exitUsage)
	}
	return nil
}
