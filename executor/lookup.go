package executor

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/strakebuild/strake/planner"
)

// lookup finds out what is there, and makes nodes for the rest. It walks back
// from each wanted image to the newest steps that exist.
func (r *run) lookup(ctx context.Context) error {
	for _, img := range r.plan.Images {
		if r.isWanted(img) {
			if err := r.want(ctx, img, true); err != nil {
				return err
			}
		}
	}
	for _, s := range r.plan.Steps {
		if r.steps[s] != nil {
			r.order = append(r.order, s)
		}
	}
	return nil
}

func (r *run) want(ctx context.Context, img *planner.Image, wanted bool) error {
	if n := r.images[img]; n != nil {
		n.wanted = n.wanted || wanted
		return nil
	}
	n := &imageNode{wanted: wanted, done: make(chan struct{})}
	n.result = ImageResult{Image: Image{Name: img.Name, Key: img.Key}, Outcome: Built}
	r.images[img] = n
	found, ok, err := r.backend.FindImage(ctx, img)
	if err != nil {
		return fmt.Errorf("looking up image %s: %w", img.Name, err)
	}
	if ok {
		n.result.Image, n.result.Outcome = found, Cached
		return nil
	}
	for _, dep := range img.Needs {
		if err := r.want(ctx, dep, false); err != nil {
			return err
		}
	}
	if img.Top == nil {
		return nil
	}
	return r.need(ctx, img.Top)
}

// need makes a node for a step that is not there, and for what it depends on.
func (r *run) need(ctx context.Context, s *planner.Step) error {
	if r.steps[s] != nil || r.found[s] {
		return nil
	}
	found, err := r.backend.FindStep(ctx, s)
	if err != nil {
		return fmt.Errorf("looking up step %s of %s: %w", s.Name, s.Image, err)
	}
	if found {
		r.found[s] = true
		return nil
	}
	r.steps[s] = &stepNode{result: StepResult{Step: s, Outcome: Built}, done: make(chan struct{})}
	for _, dep := range s.Needs {
		if err := r.want(ctx, dep, false); err != nil {
			return err
		}
	}
	for _, dep := range dependencies(s) {
		if err := r.need(ctx, dep); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) isWanted(img *planner.Image) bool {
	if len(r.opts.Images) > 0 {
		return slices.Contains(r.opts.Images, img.Name)
	}
	return img.Final
}

// dependencies are the steps that have to exist before s can be made.
func dependencies(s *planner.Step) []*planner.Step {
	var deps []*planner.Step
	if s.Parent != nil {
		deps = append(deps, s.Parent)
	}
	for _, op := range s.Ops {
		if op.Copy != nil && op.Copy.From != nil {
			deps = append(deps, op.Copy.From)
		}
	}
	return deps
}

// elapsed is the time from the start of the first step that was built for an
// image until now.
func (r *run) elapsed(img *planner.Image) time.Duration {
	var first time.Time
	for s := img.Top; s != nil; s = s.Parent {
		n := r.steps[s]
		if n == nil {
			break
		}
		if !n.begun.IsZero() && (first.IsZero() || n.begun.Before(first)) {
			first = n.begun
		}
	}
	if first.IsZero() {
		return 0
	}
	return time.Since(first)
}

func (r *run) report() *Report {
	report := &Report{}
	for _, s := range r.plan.Steps {
		switch n := r.steps[s]; {
		case n != nil:
			report.Steps = append(report.Steps, n.result)
		case r.found[s]:
			report.Steps = append(report.Steps, StepResult{Step: s, Outcome: Cached})
		}
	}
	for _, img := range r.plan.Images {
		if n := r.images[img]; n != nil && n.wanted {
			report.Images = append(report.Images, n.result)
		}
	}
	return report
}

type silent struct{}

func (silent) StepStarted(*planner.Step)        {}
func (silent) StepDone(StepResult)              {}
func (silent) StepOutput(*planner.Step, []byte) {}
func (silent) ImageDone(ImageResult)            {}
