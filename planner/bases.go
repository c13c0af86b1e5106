package planner

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/strakebuild/strake/config"
	"golang.org/x/sync/errgroup"
)

// basesAtOnce is how many external images are looked up at the same time.
const basesAtOnce = 8

// resolver asks for each external image once.
type resolver struct {
	bases    Bases
	platform string

	mu    sync.Mutex
	found map[string]func() (*Base, error)
}

func newResolver(bases Bases, platform string) *resolver {
	return &resolver{bases: bases, platform: platform, found: map[string]func() (*Base, error){}}
}

// get returns the base of a reference; a second question waits for the answer
// to the first.
func (r *resolver) get(ctx context.Context, ref string) (*Base, error) {
	r.mu.Lock()
	ask, ok := r.found[ref]
	if !ok {
		ask = sync.OnceValues(func() (*Base, error) { return r.ask(ctx, ref) })
		r.found[ref] = ask
	}
	r.mu.Unlock()
	return ask()
}

func (r *resolver) ask(ctx context.Context, ref string) (*Base, error) {
	if r.bases == nil {
		return nil, errors.New("no backend to look it up")
	}
	base, err := r.bases.Base(ctx, ref, r.platform)
	if err == nil && (base == nil || base.ID == "") {
		err = errors.New("the backend found it without an id")
	}
	return base, err
}

// fetch asks for all references at once. Their errors come again from get.
func (r *resolver) fetch(ctx context.Context, refs []string) {
	var group errgroup.Group
	group.SetLimit(basesAtOnce)
	for _, ref := range refs {
		group.Go(func() error {
			_, err := r.get(ctx, ref)
			return err
		})
	}
	_ = group.Wait()
}

// base is get with errors at the place that names the image.
func (r *resolver) base(ctx context.Context, ref string, pos config.Pos) (*Base, error) {
	base, err := r.get(ctx, ref)
	if err != nil {
		text := strings.Join(strings.Fields(err.Error()), " ")
		return nil, &config.Error{Pos: pos, Message: "base image " + ref + ": " + text}
	}
	return base, nil
}
