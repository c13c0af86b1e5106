package buildah

import (
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// settled is the age after which a staging folder that is not locked is not just
// about to be: the store makes the folder, then the file in it, then the lock.
const settled = 2 * time.Second

// reap removes what runs that were killed left in the storage. Whatever a living
// process works on is locked and stays.
func (b *Backend) reap() {
	root := b.store.GraphRoot()
	each(filepath.Join(root, b.store.GraphDriverName(), "staging"), func(path string) {
		if abandoned(path) {
			os.RemoveAll(path)
		}
	})
	each(b.ownDir("locks"), removeUnlocked)
	each(b.ownDir("scratch"), removeUnlocked)
}

// ownDir is a folder of this program in the storage.
func (b *Backend) ownDir(name string) string {
	return filepath.Join(b.store.GraphRoot(), "strake", name)
}

func each(dir string, f func(path string)) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		f(filepath.Join(dir, e.Name()))
	}
}

// removeUnlocked removes a file or folder that nobody holds a lock on.
func removeUnlocked(path string) {
	lock, err := lockPath(path)
	if err != nil {
		return
	}
	if current(lock, path) {
		os.RemoveAll(path)
	}
	lock.Close()
}

// abandoned reports whether the process that made a staging folder of the store
// is gone. The store holds a record lock on a file in it.
func abandoned(path string) bool {
	info, err := os.Stat(path)
	if err != nil || time.Since(info.ModTime()) < settled {
		return false
	}
	f, err := os.OpenFile(filepath.Join(path, "staging.lock"), os.O_RDWR, 0)
	if err != nil {
		return true
	}
	defer f.Close()
	l := unix.Flock_t{Type: unix.F_WRLCK}
	return unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &l) == nil
}
