package executor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/strakebuild/strake/planner"
)

// fake is a Backend in memory that checks the order of what it is asked to do.
type fake struct {
	t *testing.T

	mu        sync.Mutex
	layers    map[planner.Key]bool
	images    map[planner.Key]bool
	calls     map[string]int // "build KEY", "publish NAME", …
	values    map[string]map[string]string
	fails     map[planner.Key]error
	publishes map[string]error
	discarded int

	running, most atomic.Int32
	delay         time.Duration
	started       chan planner.Key // when set, gets each key that begins
}

func newFake(t *testing.T) *fake {
	return &fake{
		t: t, layers: map[planner.Key]bool{}, images: map[planner.Key]bool{}, calls: map[string]int{},
		values: map[string]map[string]string{}, fails: map[planner.Key]error{}, publishes: map[string]error{},
	}
}

func (f *fake) count(call string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[call]++
}

func (f *fake) FindImage(_ context.Context, img *planner.Image) (Image, bool, error) {
	f.count("image " + img.Name)
	f.mu.Lock()
	defer f.mu.Unlock()
	return Image{Name: img.Name, Key: img.Key, ID: "id-" + string(img.Key)}, f.images[img.Key], nil
}

func (f *fake) FindStep(_ context.Context, s *planner.Step) (bool, error) {
	f.count("step " + string(s.Key))
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.layers[s.Key], nil
}

func (f *fake) Build(ctx context.Context, s *planner.Step, in Input) (Layer, error) {
	f.count("build " + string(s.Key))
	now := f.running.Add(1)
	defer f.running.Add(-1)
	for most := f.most.Load(); now > most && !f.most.CompareAndSwap(most, now); most = f.most.Load() {
	}
	f.mu.Lock()
	for _, d := range dependencies(s) {
		if !f.layers[d.Key] {
			f.t.Errorf("step %s was built before %s", s.Key, d.Key)
		}
	}
	for _, img := range s.Needs {
		if !f.images[img.Key] {
			f.t.Errorf("step %s was built before image %s", s.Key, img.Name)
		}
	}
	f.values[string(s.Key)] = in.Values
	err := f.fails[s.Key]
	f.mu.Unlock()
	if f.started != nil {
		f.started <- s.Key
	}
	fmt.Fprintf(in.Output, "building %s\n", s.Key)
	if f.delay > 0 {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(f.delay):
		}
	}
	if err != nil {
		return nil, err
	}
	return &fakeLayer{f, s.Key}, nil
}

func (f *fake) Publish(_ context.Context, img *planner.Image, values map[string]string) (Image, error) {
	f.count("publish " + img.Name)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.publishes[img.Name]; err != nil {
		return Image{}, err
	}
	if img.Top != nil && !f.layers[img.Top.Key] && !f.images[img.Key] {
		f.t.Errorf("image %s was published before its last step %s", img.Name, img.Top.Key)
	}
	f.values["image "+img.Name] = values
	f.images[img.Key] = true
	return Image{Name: img.Name, Key: img.Key, ID: "id-" + string(img.Key), Digest: "sha256:digest-" + string(img.Key)}, nil
}

type fakeLayer struct {
	f   *fake
	key planner.Key
}

func (l *fakeLayer) Commit(context.Context) error {
	l.f.mu.Lock()
	defer l.f.mu.Unlock()
	if l.f.layers[l.key] {
		l.f.t.Errorf("step %s was committed twice", l.key)
	}
	l.f.layers[l.key] = true
	return nil
}

func (l *fakeLayer) Discard() {
	l.f.mu.Lock()
	defer l.f.mu.Unlock()
	l.f.discarded++
}

var errBroken = errors.New("it broke")

// A graph is written down as steps with what they stand on.

func step(key string, parent *planner.Step, from ...*planner.Step) *planner.Step {
	s := &planner.Step{Key: planner.Key(key), Name: key, Image: key, Pos: "f:1:1", Parent: parent}
	for _, src := range from {
		s.Ops = append(s.Ops, planner.Op{Copy: &planner.Copy{From: src}})
	}
	return s
}

func image(name string, top *planner.Step) *planner.Image {
	return &planner.Image{Name: name, Key: planner.Key("image-" + name), Final: true, Top: top}
}

func plan(images []*planner.Image, steps ...*planner.Step) *planner.Plan {
	return &planner.Plan{Images: images, Steps: steps}
}
