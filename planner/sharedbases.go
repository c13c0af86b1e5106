package planner

import (
	"context"
	"sync"
)

// SharedBases asks another Bases for each image once, so that plans made with it
// agree on what a reference stands for. It may be used concurrently.
type SharedBases struct {
	Bases Bases // that is asked

	mu    sync.Mutex
	found map[baseName]func() (*Base, error)
}

type baseName struct{ ref, platform string }

// Base returns what the first question for the image was answered with.
func (b *SharedBases) Base(ctx context.Context, ref, platform string) (*Base, error) {
	name := baseName{ref, platform}
	b.mu.Lock()
	if b.found == nil {
		b.found = map[baseName]func() (*Base, error){}
	}
	ask, ok := b.found[name]
	if !ok {
		ask = sync.OnceValues(func() (*Base, error) { return b.Bases.Base(ctx, ref, platform) })
		b.found[name] = ask
	}
	b.mu.Unlock()
	return ask()
}
