package buildah

import (
	"fmt"
	"os"
	"sync"

	"go.podman.io/storage/pkg/ioutils"
	"golang.org/x/sys/unix"
)

// File systems that write out the data of a file before a rename of it over
// another one can become durable. On them a record that is replaced by rename
// is after a power cut either the old or the new one, without a sync of its own.
var orderedFileSystems = map[int64]bool{
	unix.EXT4_SUPER_MAGIC:  true,
	unix.BTRFS_SUPER_MAGIC: true,
	unix.TMPFS_MAGIC:       true,
}

// relaxRecords tells the store not to sync each of its records by itself where
// the file system keeps the order anyway. What the records point to is synced
// in either case before they are found: layers by the store, images by Publish.
func relaxRecords(root string) error {
	var st unix.Statfs_t
	if err := unix.Statfs(root, &st); err != nil {
		return &os.PathError{Op: "statfs", Path: root, Err: err}
	}
	if orderedFileSystems[int64(st.Type)] {
		ioutils.SetDefaultOptions(ioutils.AtomicFileWriterOptions{NoSync: true})
	}
	return nil
}

// syncer makes a file system durable. Callers that come while it is busy share
// the next turn.
type syncer struct {
	dir string

	turn sync.Mutex
	mu   sync.Mutex
	next *syncTurn // not begun yet
}

type syncTurn struct {
	done chan struct{}
	err  error
}

// sync returns when everything written before the call is durable.
func (s *syncer) sync() error {
	s.mu.Lock()
	t := s.next
	if t == nil {
		t = &syncTurn{done: make(chan struct{})}
		s.next = t
		go s.perform(t)
	}
	s.mu.Unlock()
	<-t.done
	return t.err
}

func (s *syncer) perform(t *syncTurn) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.mu.Lock()
	s.next = nil
	s.mu.Unlock()
	t.err = syncfs(s.dir)
	close(t.done)
}

func syncfs(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("syncing the storage: %w", err)
	}
	defer f.Close()
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return fmt.Errorf("syncing the storage %s: %w", dir, err)
	}
	return nil
}
