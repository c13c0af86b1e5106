package executor

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/strakebuild/strake/planner"
)

// Options of a run. The zero value uses all processors and says nothing.
type Options struct {
	Images    []string // names of the wanted images; empty means all final ones
	Tasks     int      // steps worked on at the same time; 0 means the number of processors
	KeepGoing bool     // go on with steps that do not depend on a failed one
	Progress  Progress // nil: silent
}

// Run makes the wanted images of the plan exist in the backend. The error joins
// one *StepError per failed step, or is the cause of ctx; the report is complete
// in either case.
func Run(ctx context.Context, plan *planner.Plan, backend Backend, opts Options) (*Report, error) {
	start := time.Now()
	r := newRun(plan, backend, opts)
	if err := r.lookup(ctx); err != nil {
		return &Report{}, err
	}
	err := r.work(ctx)
	report := r.report()
	report.Time = time.Since(start)
	return report, err
}

// run is the state of one Run. Nodes are made before anything starts and found
// without a lock; what is in a node belongs to its goroutine until done is closed.
type run struct {
	plan    *planner.Plan
	backend Backend
	opts    Options
	slots   *semaphore.Weighted
	steps   map[*planner.Step]*stepNode
	images  map[*planner.Image]*imageNode
	found   map[*planner.Step]bool // steps that exist
	cancel  context.CancelFunc
	order   []*planner.Step // needed steps in plan order

	mu   sync.Mutex
	errs []error
}

type stepNode struct {
	result StepResult
	begun  time.Time
	done   chan struct{}
}

type imageNode struct {
	result ImageResult
	wanted bool // part of the report
	done   chan struct{}
}

func newRun(plan *planner.Plan, backend Backend, opts Options) *run {
	if opts.Tasks <= 0 {
		opts.Tasks = runtime.NumCPU()
	}
	if opts.Progress == nil {
		opts.Progress = silent{}
	}
	return &run{
		plan: plan, backend: backend, opts: opts,
		slots:  semaphore.NewWeighted(int64(opts.Tasks)),
		steps:  map[*planner.Step]*stepNode{},
		images: map[*planner.Image]*imageNode{},
		found:  map[*planner.Step]bool{},
	}
}

// work runs everything that lookup found to be needed.
func (r *run) work(ctx context.Context) error {
	ctx, r.cancel = context.WithCancel(ctx)
	defer r.cancel()
	var g errgroup.Group
	for _, s := range r.order {
		g.Go(func() error { r.step(ctx, s); return nil })
	}
	for _, img := range r.plan.Images {
		if n := r.images[img]; n != nil {
			g.Go(func() error { r.image(ctx, img, n); return nil })
		}
	}
	_ = g.Wait() // failures are collected in errs
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.errs) == 0 {
		return context.Cause(ctx)
	}
	return errors.Join(r.errs...)
}

// step waits for what a step needs, takes a slot and makes its layer.
func (r *run) step(ctx context.Context, s *planner.Step) {
	n := r.steps[s]
	defer close(n.done)
	defer func() { r.opts.Progress.StepDone(n.result) }()
	n.result.Outcome = r.wait(s)
	if n.result.Outcome != Built {
		return
	}
	if err := r.slots.Acquire(ctx, 1); err != nil {
		n.result.Outcome = Canceled
		return
	}
	n.begun = time.Now()
	r.opts.Progress.StepStarted(s)
	err := r.build(ctx, s)
	n.result.Time = time.Since(n.begun)
	if err == nil {
		return
	}
	n.result.Outcome, n.result.Err = Failed, err
	if ctx.Err() != nil {
		n.result.Outcome, n.result.Err = Canceled, nil
		return
	}
	r.fail(err)
}

// wait returns Built when all that s needs is there. It needs no context: every
// step ends soon after the run was cancelled.
func (r *run) wait(s *planner.Step) Outcome {
	for _, d := range dependencies(s) {
		if o := r.waitStep(d); o != Built {
			return follow(o)
		}
	}
	return r.waitImages(s.Needs)
}

// waitStep returns what became of a step, Built for one that was there before.
func (r *run) waitStep(s *planner.Step) Outcome {
	n := r.steps[s]
	if n == nil {
		return Built
	}
	<-n.done
	return n.result.Outcome
}

func (r *run) waitImages(images []*planner.Image) Outcome {
	for _, img := range images {
		n := r.images[img]
		<-n.done
		if o := follow(n.result.Outcome); o != Built {
			return o
		}
	}
	return Built
}

// follow is the outcome of what depends on something with outcome o.
func follow(o Outcome) Outcome {
	switch o {
	case Failed, Skipped:
		return Skipped
	case Canceled:
		return Canceled
	}
	return Built
}

// build gives the slot back before the layer is made durable, so that waiting
// for the disk keeps no processor from working.
func (r *run) build(ctx context.Context, s *planner.Step) error {
	out := &tail{line: func(line []byte) { r.opts.Progress.StepOutput(s, line) }}
	layer, err := r.backend.Build(ctx, s, Input{Values: r.values(s.Needs), Output: out})
	r.slots.Release(1)
	last := out.last()
	if err == nil {
		err = layer.Commit(ctx)
	}
	if err != nil {
		return &StepError{Step: s, Output: last, Err: err}
	}
	return nil
}

// values maps the tokens of finished images to what they stand for.
func (r *run) values(images []*planner.Image) map[string]string {
	values := map[string]string{}
	for _, img := range images {
		done := r.images[img].result.Image
		values[planner.IDToken(img.Key)] = done.ID
		if len(done.Digest) > len("sha256:") {
			values[planner.DigestToken(img.Key)] = done.Digest[len("sha256:"):]
		}
	}
	return values
}

func (r *run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
	if !r.opts.KeepGoing {
		r.cancel()
	}
}

// image waits for the last step of an image and publishes it.
func (r *run) image(ctx context.Context, img *planner.Image, n *imageNode) {
	defer close(n.done)
	if n.wanted {
		defer func() { r.opts.Progress.ImageDone(n.result) }()
	}
	if n.result.Outcome == Built {
		if o := r.waitFor(img); o != Built {
			n.result.Outcome = o
			return
		}
	}
	r.publish(ctx, img, n)
}

// waitFor returns Built when the last step of img and all it refers to is there.
// An image fails by a step of its own and is skipped for one of another image.
func (r *run) waitFor(img *planner.Image) Outcome {
	if img.Top != nil {
		switch o := r.waitStep(img.Top); {
		case o == Built:
		case o != Canceled && r.ownFailure(img):
			return Failed
		default:
			return follow(o)
		}
	}
	return r.waitImages(img.Needs)
}

func (r *run) ownFailure(img *planner.Image) bool {
	for s := img.Top; s != nil && r.steps[s] != nil; s = s.Parent {
		if r.steps[s].result.Outcome == Failed && s.Image == img.Name {
			return true
		}
	}
	return false
}

func (r *run) publish(ctx context.Context, img *planner.Image, n *imageNode) {
	var values map[string]string
	if n.result.Outcome == Built {
		values = r.values(img.Needs)
	}
	done, err := r.backend.Publish(ctx, img, values)
	switch {
	case err == nil:
		n.result.Image = done
		n.result.Time = r.elapsed(img)
	case ctx.Err() != nil:
		n.result.Outcome = Canceled
	default:
		n.result.Outcome = Failed
		r.fail(fmt.Errorf("image %s: %w", img.Name, err))
	}
}
