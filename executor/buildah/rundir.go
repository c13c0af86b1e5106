package buildah

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
)

// runDir is the temporary folder of one run of the program. It is locked while
// the run lives; the folders of runs that died are removed by the next one.
type runDir struct {
	root string

	mu   sync.Mutex
	path string
	lock *os.File
}

// dir returns the folder, which it makes when it is first needed.
func (r *runDir) dir() (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.path != "" {
		return r.path, nil
	}
	if err := os.MkdirAll(r.root, 0o700); err != nil {
		return "", fmt.Errorf("creating the folder of runs: %w", err)
	}
	r.reap()
	path, err := os.MkdirTemp(r.root, "run-")
	if err != nil {
		return "", fmt.Errorf("creating the folder of this run: %w", err)
	}
	lock, err := lockDir(path)
	if err != nil {
		return "", fmt.Errorf("locking %s: %w", path, err)
	}
	r.path, r.lock = path, lock
	return path, r.fill()
}

// fill makes what commands of all steps share: a place to attach a root, and
// the skeleton of folders and files that mounts inside a root need. The skeleton
// is the lowest layer of a root, so it never becomes part of an image.
func (r *runDir) fill() error {
	for _, dir := range []string{"root", "skeleton/proc", "skeleton/sys", "skeleton/dev", "skeleton/etc", "skeleton/run/strake"} {
		if err := os.MkdirAll(filepath.Join(r.path, dir), 0o755); err != nil {
			return fmt.Errorf("preparing the folder of this run: %w", err)
		}
	}
	for _, file := range []string{"hosts", "resolv.conf"} {
		if err := os.WriteFile(filepath.Join(r.path, "skeleton/etc", file), nil, 0o644); err != nil {
			return fmt.Errorf("preparing the folder of this run: %w", err)
		}
	}
	return nil
}

func (r *runDir) reap() {
	entries, _ := os.ReadDir(r.root)
	for _, e := range entries {
		path := filepath.Join(r.root, e.Name())
		lock, err := lockDir(path)
		if err != nil {
			continue // alive
		}
		os.RemoveAll(path)
		lock.Close()
	}
}

func (r *runDir) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.path == "" {
		return nil
	}
	err := os.RemoveAll(r.path)
	r.lock.Close()
	r.path = ""
	return err
}

// lockDir takes the lock of a folder without waiting; it ends with the file.
func lockDir(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
