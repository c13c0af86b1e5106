package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/executor"
	"github.com/strakebuild/strake/planner"
)

// report prints the error of a command, once. Faults of files show the line.
func (a *app) report(ctx context.Context, err error) {
	var status exitStatus
	var sig interrupted
	switch {
	case errors.As(context.Cause(ctx), &sig):
		fmt.Fprintln(a.err, "strake:", sig.Error())
	case err == nil || errors.As(err, &status):
	default:
		a.fault(ctx, err)
	}
}

func (a *app) fault(ctx context.Context, err error) {
	var faults config.Errors
	var fault *config.Error
	switch e := err.(type) {
	case *executor.StepError:
		a.step(e)
		return
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			a.fault(ctx, one)
		}
		return
	}
	switch {
	case errors.As(err, &faults):
		a.excerpts(ctx, faults)
	case errors.As(err, &fault):
		a.excerpts(ctx, config.Errors{fault})
	default:
		fmt.Fprintln(a.err, "strake:", err)
	}
}

// step prints a failed step with the last lines of its command.
func (a *app) step(e *executor.StepError) {
	fmt.Fprintf(a.err, "%s: %s: %s: %v\n", e.Step.Pos, e.Step.Image, stepTitle(e.Step), e.Err)
	if len(e.Output) == 0 {
		return
	}
	fmt.Fprintln(a.err, "  the last lines it printed:")
	for line := range bytes.Lines(e.Output) {
		fmt.Fprintf(a.err, "  | %s\n", printable(bytes.TrimRight(line, "\n")))
	}
}

// blank is as wide as the first n characters of line, with its tabs.
func blank(line string, n int) string {
	var b strings.Builder
	for i, r := range []rune(line) {
		if i == n {
			break
		}
		if r == '\t' {
			b.WriteRune('\t')
		} else {
			b.WriteRune(' ')
		}
	}
	return b.String()
}

// printable keeps terminal control out of what is shown of foreign text.
func printable(line []byte) string {
	return strings.Map(func(r rune) rune {
		if (r < ' ' && r != '\t') || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(line), "?"))
}

// maxTitle is how much of a step's name is shown, in characters.
const maxTitle = 100

// stepTitle is the name of a step on one line of bounded length.
func stepTitle(s *planner.Step) string { return title(s.Name) }

// title is the first line of a text, of bounded length.
func title(text string) string { return firstLine(text, maxTitle) }

// firstLine is the first line of a text, of so many characters at most.
func firstLine(text string, most int) string {
	first, _, more := strings.Cut(text, "\n")
	line := []rune(printable([]byte(first)))
	if len(line) > most {
		line, more = line[:most], true
	}
	if more {
		return string(line) + "…"
	}
	return string(line)
}
