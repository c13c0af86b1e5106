package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/strakebuild/strake/executor"
	"github.com/strakebuild/strake/planner"
)

// progress prints one line as each step starts and ends.
type progress struct {
	mu    sync.Mutex
	out   io.Writer
	color bool
}

func newProgress(f *os.File) *progress {
	color := term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == ""
	return &progress{out: f, color: color}
}

// StepStarted prints the beginning of a step.
func (p *progress) StepStarted(s *planner.Step) {
	p.line(faint, "start", s, "")
}

// StepDone prints how a step ended.
func (p *progress) StepDone(r executor.StepResult) {
	switch r.Outcome {
	case executor.Built:
		p.line(green, "done", r.Step, seconds(r.Time))
	case executor.Failed:
		p.line(red, "failed", r.Step, seconds(r.Time))
	case executor.Skipped:
		p.line(faint, "skip", r.Step, "")
	}
}

// StepOutput is silent: what commands print is shown when they fail.
func (p *progress) StepOutput(*planner.Step, []byte) {}

// ImageDone is silent: images are in the table.
func (p *progress) ImageDone(executor.ImageResult) {}

const (
	bold   = "1"
	faint  = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (p *progress) line(color, word string, s *planner.Step, after string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	head := fmt.Sprintf("%-6s", word)
	if p.color {
		head = paint(color, head)
	}
	text := s.Image + ": " + stepTitle(s)
	if after != "" {
		text += "  " + after
	}
	fmt.Fprintln(p.out, head, text)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2fs", d.Seconds()) }

// paint makes text colored on a terminal.
func paint(color, text string) string {
	if text == "" {
		return ""
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}
