package executor

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/planner"
)

func outcomes(r *Report) map[string]Outcome {
	out := map[string]Outcome{}
	for _, s := range r.Steps {
		out[string(s.Step.Key)] = s.Outcome
	}
	for _, i := range r.Images {
		out["image "+i.Name] = i.Outcome
	}
	return out
}

func TestRunBuildsSharedStepsOnceAndInOrder(t *testing.T) {
	base := step("base", nil)
	a := step("a", base)
	b := step("b", base, a)
	f := newFake(t)
	p := plan([]*planner.Image{image("x", a), image("y", b)}, base, a, b)
	r, err := Run(context.Background(), p, f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Outcome{"base": Built, "a": Built, "b": Built, "image x": Built, "image y": Built}
	if diff := cmp.Diff(want, outcomes(r)); diff != "" {
		t.Error(diff)
	}
	for _, key := range []string{"base", "a", "b"} {
		if f.calls["build "+key] != 1 {
			t.Errorf("step %s was built %d times", key, f.calls["build "+key])
		}
	}
}

func TestRunAsksOneQuestionForAnImageThatExists(t *testing.T) {
	base := step("base", nil)
	top := step("top", base)
	f := newFake(t)
	img := image("x", top)
	f.images[img.Key] = true
	r, err := Run(context.Background(), plan([]*planner.Image{img}, base, top), f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"image x": 1, "publish x": 1}, f.calls); diff != "" {
		t.Error(diff)
	}
	if r.Images[0].Outcome != Cached {
		t.Errorf("outcome %s", r.Images[0].Outcome)
	}
}

func TestRunSkipsStepsBelowOneThatExists(t *testing.T) {
	base, other := step("base", nil), step("other", nil)
	mid := step("mid", base, other)
	top := step("top", mid)
	f := newFake(t)
	f.layers["mid"] = true
	r, err := Run(context.Background(), plan([]*planner.Image{image("x", top)}, base, other, mid, top), f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]Outcome{"mid": Cached, "top": Built, "image x": Built}, outcomes(r)); diff != "" {
		t.Error(diff)
	}
	if f.calls["build base"]+f.calls["build other"] > 0 {
		t.Error("steps that nobody needs were built")
	}
}

func TestRunFailure(t *testing.T) {
	tests := []struct {
		name string
		keep bool
		want map[string]Outcome
	}{
		{"keep going", true, map[string]Outcome{
			"bad": Failed, "after": Skipped, "good": Built, "late": Built,
			"image bad": Failed, "image after": Skipped, "image late": Built,
		}},
		{"stop", false, map[string]Outcome{
			"bad": Failed, "after": Skipped, "good": Canceled, "late": Canceled,
			"image bad": Failed, "image after": Skipped, "image late": Canceled,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bad := step("bad", nil)
			after := step("after", bad)
			good := step("good", nil)
			late := step("late", good)
			f := newFake(t)
			f.fails["bad"] = errBroken
			images := []*planner.Image{image("bad", bad), image("after", after), image("late", late)}
			p := plan(images, bad, after, good, late)
			if !tt.keep {
				f.delay = time.Minute // ended by the failure of the other
			}
			r, err := Run(context.Background(), p, failFast{f}, Options{Tasks: 4, KeepGoing: tt.keep})
			var failed *StepError
			if !errors.As(err, &failed) || !errors.Is(err, errBroken) || failed.Step != bad {
				t.Fatalf("error %v", err)
			}
			if n := strings.Count(err.Error(), "it broke"); n != 1 {
				t.Errorf("the failure is reported %d times: %v", n, err)
			}
			if diff := cmp.Diff(tt.want, outcomes(r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// failFast fails steps at once; all others take their time.
type failFast struct{ *fake }

func (f failFast) Build(ctx context.Context, s *planner.Step, in Input) (Layer, error) {
	if err := f.fails[s.Key]; err != nil {
		return nil, err
	}
	return f.fake.Build(ctx, s, in)
}

func TestRunKeepsLastLinesOfAFailedStep(t *testing.T) {
	bad := step("bad", nil)
	f := newFake(t)
	f.fails["bad"] = errBroken
	_, err := Run(context.Background(), plan([]*planner.Image{image("x", bad)}, bad), f, Options{})
	var failed *StepError
	if !errors.As(err, &failed) || string(failed.Output) != "building bad" {
		t.Fatalf("error %#v", err)
	}
	if got, want := failed.Error(), "f:1:1: bad: bad: it broke"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
}

func TestRunUsesAtMostTheSlotsGiven(t *testing.T) {
	for _, tasks := range []int{1, 3} {
		f := newFake(t)
		f.delay = 2 * time.Millisecond
		var images []*planner.Image
		var steps []*planner.Step
		for i := range 12 {
			s := step(fmt.Sprint("s", i), nil)
			steps, images = append(steps, s), append(images, image(s.Name, s))
		}
		if _, err := Run(context.Background(), plan(images, steps...), f, Options{Tasks: tasks}); err != nil {
			t.Fatal(err)
		}
		if most := f.most.Load(); most > int32(tasks) {
			t.Errorf("%d steps at a time, want at most %d", most, tasks)
		}
	}
}

func TestRunHandsOnValuesOfFinishedImages(t *testing.T) {
	a := step("a", nil)
	dep := image("dep", a)
	dep.Final = false
	b := step("b", nil)
	b.Needs = []*planner.Image{dep}
	user := image("user", b)
	user.Needs = []*planner.Image{dep}
	f := newFake(t)
	if _, err := Run(context.Background(), plan([]*planner.Image{dep, user}, a, b), f, Options{}); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		planner.IDToken(dep.Key):     "id-image-dep",
		planner.DigestToken(dep.Key): "digest-image-dep",
	}
	if diff := cmp.Diff(want, f.values["b"]); diff != "" {
		t.Error("values of the step:", diff)
	}
	if diff := cmp.Diff(want, f.values["image user"]); diff != "" {
		t.Error("values of the image:", diff)
	}
}

func TestRunBuildsNamedImagesOnly(t *testing.T) {
	a, b := step("a", nil), step("b", nil)
	hidden := image("hidden", b)
	hidden.Final = false
	f := newFake(t)
	r, err := Run(context.Background(), plan([]*planner.Image{image("x", a), hidden}, a, b), f, Options{Images: []string{"hidden"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]Outcome{"b": Built, "image hidden": Built}, outcomes(r)); diff != "" {
		t.Error(diff)
	}
}

func TestRunCancelled(t *testing.T) {
	a := step("a", nil)
	b := step("b", a)
	f := newFake(t)
	f.delay = time.Minute
	f.started = make(chan planner.Key, 1)
	cause := errors.New("stop it")
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() { <-f.started; cancel(cause) }()
	r, err := Run(ctx, plan([]*planner.Image{image("x", b)}, a, b), f, Options{})
	if !errors.Is(err, cause) {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(map[string]Outcome{"a": Canceled, "b": Canceled, "image x": Canceled}, outcomes(r)); diff != "" {
		t.Error(diff)
	}
}

func TestRunReportsAFailedPublication(t *testing.T) {
	a := step("a", nil)
	f := newFake(t)
	f.publishes["x"] = errBroken
	r, err := Run(context.Background(), plan([]*planner.Image{image("x", a)}, a), f, Options{})
	if err == nil || err.Error() != "image x: it broke" {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(map[string]Outcome{"a": Built, "image x": Failed}, outcomes(r)); diff != "" {
		t.Error(diff)
	}
}

// TestRunRandomGraphs runs random graphs with random failures and what was there
// before, and checks the result against the rules, one node at a time.
func TestRunRandomGraphs(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		f := newFake(t)
		var steps []*planner.Step
		var images []*planner.Image
		pick := func() *planner.Step {
			if len(steps) == 0 || rnd.IntN(4) == 0 {
				return nil
			}
			return steps[rnd.IntN(len(steps))]
		}
		for i := range 3 + rnd.IntN(30) {
			s := step(fmt.Sprint("s", i), pick())
			if src := pick(); src != nil {
				s.Ops = append(s.Ops, planner.Op{Copy: &planner.Copy{From: src}})
			}
			if len(images) > 0 && rnd.IntN(6) == 0 {
				s.Needs = append(s.Needs, images[rnd.IntN(len(images))])
			}
			switch rnd.IntN(12) {
			case 0:
				f.fails[s.Key] = errBroken
			case 1:
				f.layers[s.Key] = true
			}
			steps = append(steps, s)
			if rnd.IntN(3) == 0 {
				img := image(s.Name, s)
				img.Final = rnd.IntN(3) > 0
				images = append(images, img)
			}
		}
		before := map[planner.Key]bool{}
		for k := range f.layers {
			before[k] = true
		}
		r, err := Run(context.Background(), plan(images, steps...), f, Options{Tasks: 1 + rnd.IntN(8), KeepGoing: true})
		checkRandom(t, seed, r, err, before, f)
	}
}

func checkRandom(t *testing.T, seed uint64, r *Report, err error, before map[planner.Key]bool, f *fake) {
	t.Helper()
	failed := 0
	for _, s := range r.Steps {
		var want Outcome
		switch {
		case before[s.Step.Key]:
			want = Cached
		case broken(r, s.Step):
			want = Skipped
		case f.fails[s.Step.Key] != nil:
			want, failed = Failed, failed+1
		default:
			want = Built
		}
		if s.Outcome != want {
			t.Errorf("seed %d: step %s is %s, want %s", seed, s.Step.Key, s.Outcome, want)
		}
		if n := f.calls["build "+string(s.Step.Key)]; n > 1 {
			t.Errorf("seed %d: step %s was built %d times", seed, s.Step.Key, n)
		}
	}
	if (err != nil) != (failed > 0) {
		t.Errorf("seed %d: %d failed steps, error %v", seed, failed, err)
	}
}

// broken reports whether something that a step waits for did not come about.
func broken(r *Report, s *planner.Step) bool {
	bad := map[planner.Key]bool{}
	for _, x := range r.Steps {
		bad[x.Step.Key] = x.Outcome == Failed || x.Outcome == Skipped
	}
	for _, d := range dependencies(s) {
		if bad[d.Key] {
			return true
		}
	}
	for _, img := range s.Needs {
		if img.Top != nil && bad[img.Top.Key] {
			return true
		}
	}
	return false
}
