package buildah

import (
	"errors"
	"fmt"
	"io/fs"
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
	each(r.root, removeUnlocked)
	path, lock, err := lockedTemp(r.root, "run-")
	if err != nil {
		return "", fmt.Errorf("creating the folder of this run: %w", err)
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
	return errors.Join(level(filepath.Join(r.path, "root")), level(filepath.Join(r.path, "skeleton")))
}

// level gives all of a folder the modes and times that equal layers and every
// user need, whatever the umask and the hour are.
func level(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if e.IsDir() {
			mode = 0o755
		}
		return errors.Join(os.Chmod(path, mode), os.Chtimes(path, earliest, earliest))
	})
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

// lockedTemp makes a temporary folder and locks it. Another process that clears
// up can be quicker than the lock, so a folder that is gone is made again.
func lockedTemp(root, prefix string) (string, *os.File, error) {
	if err := os.MkdirAll(root, 0o700); err != nil {
		return "", nil, err
	}
	for {
		path, err := os.MkdirTemp(root, prefix)
		if err != nil {
			return "", nil, err
		}
		lock, err := lockPath(path)
		if err != nil {
			continue
		}
		if current(lock, path) {
			return path, lock, nil
		}
		lock.Close()
	}
}

// lockPath takes the lock of a file or folder without waiting; it ends with the file.
func lockPath(path string) (*os.File, error) {
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
