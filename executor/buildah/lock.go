package buildah

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/strakebuild/strake/planner"
)

// lockKey waits until no other process on this machine works on the key. It saves
// double work, and it keeps a layer that others use by now from being stored a
// second time: the store would put the new files in place of the old ones. So the
// holder looks once more whether the layer is there. The lock ends with the
// process, however that ends.
func (b *Backend) lockKey(ctx context.Context, key planner.Key) (release func(), err error) {
	dir := b.ownDir("locks")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("creating the folder of locks: %w", err)
	}
	path := filepath.Join(dir, string(key))
	for {
		f, err := waitLock(ctx, path)
		if err != nil {
			return nil, err
		}
		if current(f, path) {
			return func() { os.Remove(path); f.Close() }, nil
		}
		f.Close() // its last holder removed it while we waited
	}
}

// waitLock opens and locks a file. When ctx ends first, the waiting goroutine
// gives the lock back as soon as it has it.
func waitLock(ctx context.Context, path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock of a step: %w", err)
	}
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
		return f, nil
	}
	locked := make(chan error, 1)
	go func() { locked <- flock(f) }()
	select {
	case err := <-locked:
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("locking a step: %w", err)
		}
		return f, nil
	case <-ctx.Done():
		go func() { <-locked; f.Close() }()
		return nil, context.Cause(ctx)
	}
}

func flock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if err != unix.EINTR {
			return err
		}
	}
}

// current reports whether path still names the locked file.
func current(f *os.File, path string) bool {
	held, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(held, named)
}
