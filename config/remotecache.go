package config

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// remoteCache is a bare repository that keeps what was fetched from one address:
// commits without their history, each named by the reference refs/strake/COMMIT,
// which git writes after all objects are there.
//
// Fetches of one address are made one after the other, also by different
// processes. Nothing is ever taken away, so readers need no lock.
type remoteCache struct {
	parent string // folder of all caches
	name   string // of this one in parent
}

// openCache returns the cache for an address and commits whose ids have idLength
// digits. It makes the folder that all caches are in.
func openCache(a address, idLength int) (remoteCache, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return remoteCache{}, fmt.Errorf("finding the folder for fetched repositories: %w: set HOME or XDG_CACHE_HOME", err)
	}
	parent := filepath.Join(base, "strake", "git")
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return remoteCache{}, fmt.Errorf("making the folder for fetched repositories: %w", err)
	}
	name := fmt.Sprintf("%x", sha256.Sum256([]byte(a.url)))
	if idLength == 64 {
		name += "-sha256"
	}
	return remoteCache{parent: parent, name: name}, nil
}

func (c remoteCache) path(parts ...string) string {
	return filepath.Join(append([]string{c.parent, c.name}, parts...)...)
}

// objects is the object folder, for readers.
func (c remoteCache) objects() string { return c.path("objects") }

func keptAs(commit string) string { return "refs/strake/" + commit }

// has reports whether a commit was fetched as a whole.
func (c remoteCache) has(commit string) bool {
	_, err := os.Stat(c.path(filepath.FromSlash(keptAs(commit))))
	return err == nil
}

// lock waits until no other goroutine or process fetches into the cache.
func (c remoteCache) lock(ctx context.Context) (unlock func(), err error) {
	f, err := os.OpenFile(c.path()+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	locked := make(chan error, 1)
	go func() { locked <- flock(f) }()
	select {
	case err := <-locked:
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("locking %s: %w", f.Name(), err)
		}
		return func() { f.Close() }, nil
	case <-ctx.Done():
		go func() { <-locked; f.Close() }()
		return nil, context.Cause(ctx)
	}
}

func flock(f *os.File) error {
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != syscall.EINTR {
			return err
		}
	}
}

// make makes the repository if there is none and removes what processes left
// behind that were killed. The caller holds the lock.
func (c remoteCache) make(ctx context.Context, g remoteGit, idLength int) error {
	if err := c.sweep(); err != nil {
		return fmt.Errorf("cleaning up in %s: %w", c.path(), err)
	}
	if _, err := os.Stat(c.path()); err == nil {
		return nil
	}
	fresh, err := os.MkdirTemp(c.parent, c.name+".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	args := []string{"init", "--quiet", "--bare", "--template="}
	if idLength == 64 {
		args = append(args, "--object-format=sha256")
	}
	if _, err := g.in(fresh).run(ctx, args...); err != nil {
		return err
	}
	return os.Rename(fresh, c.path())
}

// sweep removes locks and half-written files of git, and folders that were being
// made or removed.
func (c remoteCache) sweep() error {
	sweeps := []struct{ dir, prefix, suffix string }{
		{c.parent, c.name + ".new-", ""},
		{c.parent, c.name + ".old", ""},
		{c.path(), "", ".lock"},
		{c.path("refs", "strake"), "", ".lock"},
		{c.path("objects"), "tmp_", ""},
		{c.path("objects"), "incoming-", ""},
		{c.path("objects", "pack"), "tmp_", ""},
	}
	for _, s := range sweeps {
		entries, err := os.ReadDir(s.dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), s.prefix) && strings.HasSuffix(e.Name(), s.suffix) {
				if err := os.RemoveAll(filepath.Join(s.dir, e.Name())); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// discard removes a cache that cannot be read. The caller holds the lock.
func (c remoteCache) discard() error {
	old := c.path() + ".old"
	if err := os.RemoveAll(old); err != nil {
		return err
	}
	if err := os.Rename(c.path(), old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(old)
}
