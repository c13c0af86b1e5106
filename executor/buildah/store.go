package buildah

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"go.podman.io/storage"
	"go.podman.io/storage/pkg/unshare"

	"github.com/strakebuild/strake/executor/buildah/sandbox"
)

// Blobs gives the content of files that a plan names by git object id.
type Blobs interface {
	// Open returns the content and its size in bytes.
	Open(ctx context.Context, oid string) (io.ReadCloser, int64, error)
}

// Options say where and how to build. The zero value uses the host's storage
// settings.
type Options struct {
	Root, RunRoot string // of the storage; "" is the host's setting
	Driver        string // storage driver; "" and "overlay" are the same
	Limits        []sandbox.Limit
	Blobs         Blobs
	FileTime      time.Time // of files from git and of made folders; zero is 1980-01-01
}

// Backend is an executor.Backend on a containers storage of this host.
type Backend struct {
	opts   Options
	store  storage.Store
	run    *runDir
	filter []byte
	user   bool // inside a user namespace
	pulls  singleFlight
	// sources maps a short name to the full one that it was found under.
	sources sync.Map
	disk    *syncer
	begun   sync.Once
}

var earliest = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// Open opens the storage. It fails with one line that says what is missing.
func Open(opts Options) (*Backend, error) {
	if opts.FileTime.IsZero() {
		opts.FileTime = earliest
	}
	logrus.SetOutput(io.Discard) // every failure comes back as an error as well
	store, err := openStore(opts)
	if err != nil {
		return nil, err
	}
	filter, err := sandbox.Filter()
	if err != nil {
		return nil, err
	}
	return &Backend{
		opts: opts, store: store, filter: filter,
		user: unshare.IsRootless(), disk: &syncer{dir: store.GraphRoot()},
		run: &runDir{root: filepath.Join(store.RunRoot(), "strake")},
	}, nil
}

// Close removes what this run kept in temporary folders. The storage itself
// needs no closing.
func (b *Backend) Close() error {
	b.store.Free()
	return b.run.close()
}

func openStore(opts Options) (storage.Store, error) {
	so, err := storage.DefaultStoreOptions()
	if err != nil {
		return nil, fmt.Errorf("reading the storage settings: %w", err)
	}
	if opts.Root != "" {
		so.GraphRoot = opts.Root
		so.RunRoot = filepath.Join(opts.Root, "run")
	}
	if opts.RunRoot != "" {
		so.RunRoot = opts.RunRoot
	}
	if opts.Driver != "" {
		so.GraphDriverName = opts.Driver
	}
	if so.GraphDriverName == "" {
		so.GraphDriverName = "overlay"
	}
	if so.GraphDriverName != "overlay" {
		return nil, fmt.Errorf("storage driver %q cannot build here yet: use overlay", so.GraphDriverName)
	}
	// Nothing may refer to content that a power cut could still take away, and
	// no mount may outlive the process.
	so.GraphDriverOptions = append(so.GraphDriverOptions, "overlay.sync=filesystem", "overlay.skip_mount_home=true")
	store, err := storage.GetStore(so)
	if err != nil {
		return nil, storeError(so.GraphRoot, err)
	}
	if err := relaxRecords(store.GraphRoot()); err != nil {
		return nil, storeError(so.GraphRoot, err)
	}
	return store, nil
}

func storeError(root string, err error) error {
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("opening the storage %s: %w; use --root with a folder that you may write to", root, err)
	}
	return fmt.Errorf("opening the storage %s: %w", root, err)
}
