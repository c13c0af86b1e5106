package buildah

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/opencontainers/go-digest"
	"github.com/vbatts/tar-split/tar/asm"
	tarsplit "github.com/vbatts/tar-split/tar/storage"
	"go.podman.io/storage"
	drivers "go.podman.io/storage/drivers"
	"go.podman.io/storage/pkg/archive"
	"golang.org/x/sys/unix"

	"github.com/strakebuild/strake/planner"
)

// layer is a written folder that is to become the layer of a step.
type layer struct {
	b       *Backend
	key     planner.Key
	parent  string // layer id, "" for none
	output  *drivers.DriverWithDifferOutput
	staging string // folder around the written one
	unlock  func()
	once    sync.Once
}

// stage lets fill write a layer on top of parent in a fresh folder, and reads
// the result once to learn its digest.
func (b *Backend) stage(key planner.Key, parent string, fill func(s staged) error) (*layer, error) {
	lower, err := b.layerDirs(parent)
	if err != nil {
		return nil, err
	}
	d := &differ{fill: fill, lower: lower}
	out, err := b.store.PrepareStagedLayer(&drivers.ApplyDiffWithDifferOpts{}, d)
	l := &layer{b: b, key: key, parent: parent, output: out, staging: d.staging}
	if err != nil {
		l.Discard()
		return nil, err
	}
	return l, nil
}

// staged is where a step writes.
type staged struct {
	dir   string   // becomes the layer
	work  string   // folder beside it on the same file system, for the overlay's own use
	lower []string // folders of the layers below, topmost first
}

// differ writes one layer in the folder that the store hands out.
type differ struct {
	fill    func(s staged) error
	lower   []string
	staging string
}

// ApplyDiff is called by the store with an empty folder.
func (d *differ) ApplyDiff(dest string, _ *archive.TarOptions, opts *drivers.DifferOptions) (drivers.DriverWithDifferOutput, error) {
	d.staging = opts.StagingDirectory
	none := drivers.DriverWithDifferOutput{}
	mode, err := d.rootLike(dest)
	if err != nil {
		return none, err
	}
	s := staged{dir: dest, work: filepath.Join(opts.StagingDirectory, "work"), lower: d.lower}
	if err := d.fill(s); err != nil {
		return none, err
	}
	out, err := d.measure(dest)
	if err != nil {
		return none, err
	}
	out.RootDirMode = &mode
	return out, nil
}

// Close is called by nobody who needs it.
func (d *differ) Close() error { return nil }

// rootLike gives the folder of a new layer the owner, mode and times that the
// root directory has in the layers below.
func (d *differ) rootLike(dest string) (os.FileMode, error) {
	if len(d.lower) == 0 {
		if err := os.Chmod(dest, 0o755); err != nil {
			return 0, fmt.Errorf("preparing a layer: %w", err)
		}
		t := []unix.Timespec{{Sec: earliest.Unix()}, {Sec: earliest.Unix()}}
		return 0o755, unix.UtimesNanoAt(unix.AT_FDCWD, dest, t, 0)
	}
	var st unix.Stat_t
	if err := unix.Stat(d.lower[0], &st); err != nil {
		return 0, fmt.Errorf("reading the parent layer: %w", err)
	}
	for _, err := range []error{
		unix.Chown(dest, int(st.Uid), int(st.Gid)),
		unix.Chmod(dest, st.Mode&0o7777),
		unix.UtimesNanoAt(unix.AT_FDCWD, dest, []unix.Timespec{st.Mtim, st.Mtim}, 0),
	} {
		if err != nil {
			return 0, fmt.Errorf("preparing the layer in %s: %w", dest, err)
		}
	}
	return os.FileMode(st.Mode & 0o777), nil
}

// measure archives a layer without keeping the archive: what is kept is its
// digest and size, and how to make the same bytes again from the files.
func (d *differ) measure(dir string) (drivers.DriverWithDifferOutput, error) {
	none := drivers.DriverWithDifferOutput{}
	split, err := os.CreateTemp(d.staging, "split-")
	if err != nil {
		return none, fmt.Errorf("creating a temporary file: %w", err)
	}
	os.Remove(split.Name())
	stream, err := archive.TarWithOptions(dir, &archive.TarOptions{
		Compression:    archive.Uncompressed,
		WhiteoutFormat: archive.OverlayWhiteoutFormat,
		WhiteoutData:   d.lower,
	})
	if err != nil {
		split.Close()
		return none, fmt.Errorf("reading a layer: %w", err)
	}
	defer stream.Close()
	out, err := digestArchive(dir, stream, split)
	if err != nil {
		split.Close()
		return none, fmt.Errorf("reading a layer: %w", err)
	}
	out.TarSplit = split
	return out, nil
}

func digestArchive(dir string, stream io.Reader, split io.Writer) (drivers.DriverWithDifferOutput, error) {
	none := drivers.DriverWithDifferOutput{}
	digester := digest.Canonical.Digester()
	var size counter
	packer := tarsplit.NewJSONPacker(split)
	read := io.TeeReader(stream, io.MultiWriter(digester.Hash(), &size))
	in, done, err := asm.NewInputTarStreamWithDone(read, packer, tarsplit.NewDiscardFilePutter())
	if err != nil {
		return none, err
	}
	uids, gids, err := owners(dir, in)
	if err != nil {
		in.Close() // lets the writer of the structure end
		<-done
		return none, err
	}
	if err := <-done; err != nil {
		return none, err
	}
	return drivers.DriverWithDifferOutput{
		Size: int64(size), UncompressedDigest: digester.Digest(), UIDs: uids, GIDs: gids,
	}, nil
}

// owners reads the archive of a folder to its end and returns the ids that own
// its members.
func owners(dir string, in io.Reader) (uids, gids []uint32, err error) {
	u, g := map[uint32]bool{}, map[uint32]bool{}
	tr := tar.NewReader(in)
	for {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		if err := storable(dir, h.Name); err != nil {
			return nil, nil, err
		}
		u[uint32(h.Uid)], g[uint32(h.Gid)] = true, true
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return nil, nil, err
	}
	return slices.Sorted(maps.Keys(u)), slices.Sorted(maps.Keys(g)), nil
}

// storable refuses a file whose name would delete another one when the layer is
// unpacked. A member that stands for a deletion is not in the folder.
func storable(dir, name string) error {
	if !strings.HasPrefix(path.Base(name), archive.WhiteoutPrefix) {
		return nil
	}
	if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
		return nil
	}
	return fmt.Errorf("/%s: a name that begins with .wh. cannot be stored in an image", path.Clean(name))
}

type counter int64

// Write counts the bytes of p.
func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// Commit makes the layer durable and then known by its key.
func (l *layer) Commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		l.Discard()
		return context.Cause(ctx)
	}
	l.once.Do(func() {})
	defer l.release()
	_, err := l.b.store.ApplyStagedLayer(storage.ApplyStagedLayerOptions{
		ID: string(l.key), ParentLayer: l.parent, DiffOutput: l.output, DiffOptions: &drivers.ApplyDiffWithDifferOpts{},
	})
	if err != nil {
		return fmt.Errorf("storing the layer: %w", err)
	}
	return nil
}

// Discard removes what was written.
func (l *layer) Discard() {
	l.once.Do(func() {
		if l.output != nil && l.output.Target != "" {
			_ = l.b.store.CleanupStagedLayer(l.output)
		}
		l.release()
	})
}

func (l *layer) release() {
	if l.staging != "" {
		os.RemoveAll(l.staging)
	}
	if l.unlock != nil {
		l.unlock()
		l.unlock = nil
	}
}

// layerDirs returns the folders of a layer and those below it, topmost first.
func (b *Backend) layerDirs(id string) ([]string, error) {
	if id == "" {
		return nil, nil
	}
	driver, err := b.store.GraphDriver()
	if err != nil {
		return nil, fmt.Errorf("opening the storage driver: %w", err)
	}
	meta, err := driver.Metadata(id)
	if err != nil {
		return nil, fmt.Errorf("finding layer %.12s: %w", id, err)
	}
	dirs := []string{meta["UpperDir"]}
	if lower := meta["LowerDir"]; lower != "" {
		dirs = append(dirs, filepath.SplitList(lower)...)
	}
	return dirs, nil
}
