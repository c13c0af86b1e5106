package executor

import (
	"time"

	"github.com/strakebuild/strake/planner"
)

// Outcome says what happened to a step or an image.
type Outcome string

// The outcomes.
const (
	Cached   Outcome = "cached"   // was there already
	Built    Outcome = "built"    // made by this run
	Failed   Outcome = "failed"   // ended with an error of its own
	Skipped  Outcome = "skipped"  // something it needs failed
	Canceled Outcome = "canceled" // the run ended before it did
)

// Report is what happened in a run.
type Report struct {
	Steps  []StepResult  // those that were looked at, in plan order
	Images []ImageResult // the wanted images, in plan order
	Time   time.Duration
}

// StepResult is what happened to one step.
type StepResult struct {
	Step    *planner.Step
	Outcome Outcome
	Time    time.Duration // of the work, without waiting for a slot
	Err     error         // of a failed step
}

// ImageResult is what happened to one image.
type ImageResult struct {
	Image
	Outcome Outcome
	Time    time.Duration // from the start of its first built step to its publication
}

// StepError is the failure of one step.
type StepError struct {
	Step   *planner.Step
	Output []byte // the last lines its command printed
	Err    error
}

// Error names the step, its place and the cause in one line.
func (e *StepError) Error() string {
	return e.Step.Pos + ": " + e.Step.Image + ": " + e.Step.Name + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *StepError) Unwrap() error { return e.Err }

// Progress is told what happens while it happens. Its methods are called from
// many goroutines.
type Progress interface {
	StepStarted(step *planner.Step)
	StepDone(result StepResult)
	StepOutput(step *planner.Step, line []byte) // without the newline
	ImageDone(result ImageResult)
}
