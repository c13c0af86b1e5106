package rootfs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Meta is what a written file gets besides its content.
type Meta struct {
	Mode     uint32 // permission bits, with setuid, setgid and sticky
	UID, GID uint32
	Time     time.Time
	Xattrs   map[string][]byte
}

// Writer adds files to a Root. Close restores the times of folders that were
// there before; a Writer that is not closed leaves them changed.
type Writer struct {
	root    *Root
	touched []touched // folders whose time is to be set, in the order they were met
	set     []touched // times that were asked for; they come last
	known   map[string]bool
	dirPath string // the folder that dir refers to
	dir     int
}

type touched struct {
	path string
	time unix.Timespec
}

// NewWriter returns a Writer for a root that was mounted with an upper folder.
func NewWriter(root *Root) *Writer {
	return &Writer{root: root, known: map[string]bool{}, dir: -1}
}

// Close sets the times of all folders that were written to.
func (w *Writer) Close() error {
	w.leave()
	var errs []error
	for _, t := range slices.Backward(w.touched) { // one folder can be met under two names
		errs = append(errs, w.setTime(t))
	}
	for _, t := range w.set {
		errs = append(errs, w.setTime(t))
	}
	return errors.Join(errs...)
}

func (w *Writer) leave() {
	if w.dir >= 0 {
		unix.Close(w.dir)
	}
	w.dir, w.dirPath = -1, ""
}

func (w *Writer) setTime(t touched) error {
	fd, err := w.root.openat(t.path, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil // replaced since by something else
	}
	defer unix.Close(fd)
	return setTimes(fd, "", t.time)
}

// Mkdir makes a folder and its missing parents; all that is made gets m. A
// folder, or a link to one, that exists stays as it is.
func (w *Writer) Mkdir(name string, m Meta) error {
	_, err := w.enter(Clean(name), m)
	return err
}

// SetDir gives an existing folder the owner, mode, time and attributes of m.
func (w *Writer) SetDir(name string, m Meta) error {
	fd, err := w.enter(Clean(name), m)
	if err != nil {
		return err
	}
	w.set = append(w.set, touched{Clean(name), timespec(m.Time)})
	return apply(fd, name, m)
}

// enter returns a descriptor of the folder, which it makes if needed. It stays
// valid until the next call.
func (w *Writer) enter(name string, m Meta) (int, error) {
	if w.dir >= 0 && w.dirPath == name {
		return w.dir, nil
	}
	fd, err := w.root.openat(name, unix.O_RDONLY|unix.O_DIRECTORY)
	if errors.Is(err, unix.ENOENT) && name != "/" {
		return w.make(name, m)
	}
	if errors.Is(err, unix.ENOTDIR) {
		return -1, w.notFolder(name)
	}
	if err != nil {
		return -1, err
	}
	w.leave()
	w.dir, w.dirPath = fd, name
	return fd, w.remember(name, fd)
}

// notFolder names the part of a path that is no folder.
func (w *Writer) notFolder(name string) error {
	for name != "/" {
		if _, err := w.root.Stat(name); !errors.Is(err, unix.ENOTDIR) {
			break
		}
		name = path.Dir(name)
	}
	return fmt.Errorf("%s exists in the image and is not a directory", name)
}

// remember notes the time of an existing folder before it changes.
func (w *Writer) remember(name string, fd int) error {
	if w.known[name] {
		return nil
	}
	w.known[name] = true
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return &os.PathError{Op: "stat", Path: name, Err: err}
	}
	w.touched = append(w.touched, touched{name, st.Mtim})
	return nil
}

func (w *Writer) make(name string, m Meta) (int, error) {
	parent, err := w.enter(path.Dir(name), m)
	if err != nil {
		return -1, err
	}
	if err := unix.Mkdirat(parent, path.Base(name), 0o700); err != nil {
		if errors.Is(err, unix.EEXIST) {
			return -1, fmt.Errorf("%s exists in the image and is not a directory", name)
		}
		return -1, &os.PathError{Op: "mkdir", Path: name, Err: err}
	}
	fd, err := w.root.openat(name, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return -1, err
	}
	w.leave()
	w.dir, w.dirPath = fd, name
	w.known[name] = true
	w.touched = append(w.touched, touched{name, timespec(m.Time)})
	return fd, apply(fd, name, m)
}

// File writes a regular file from content. Missing parents get dir.
func (w *Writer) File(name string, m, dir Meta, content io.Reader) error {
	parent, err := w.enter(path.Dir(Clean(name)), dir)
	if err != nil {
		return err
	}
	fd, err := w.create(parent, path.Base(name))
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	if _, err := io.Copy(f, content); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := apply(fd, name, m); err != nil {
		return err
	}
	return setTimes(fd, "", timespec(m.Time))
}

// create opens a new file, in place of what may be there.
func (w *Writer) create(dir int, base string) (int, error) {
	const flags = unix.O_CREAT | unix.O_EXCL | unix.O_WRONLY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(dir, base, flags, 0o600)
	if !errors.Is(err, unix.EEXIST) {
		return fd, err
	}
	if err := remove(dir, base); err != nil {
		return -1, err
	}
	return unix.Openat(dir, base, flags, 0o600)
}

// remove makes room for a file; a folder with the same name is not replaced.
func remove(dir int, base string) error {
	err := unix.Unlinkat(dir, base, 0)
	switch {
	case errors.Is(err, unix.ENOENT):
		return nil
	case errors.Is(err, unix.EISDIR):
		return errors.New("the image has a directory of this name")
	}
	return err
}

// Symlink writes a symbolic link with the given target text.
func (w *Writer) Symlink(name, target string, m, dir Meta) error {
	return w.node(name, m, dir, func(parent int, base string) error {
		return unix.Symlinkat(target, parent, base)
	})
}

// Special writes a device node or a FIFO; kind is one of the S_IF bits.
func (w *Writer) Special(name string, kind uint32, dev uint64, m, dir Meta) error {
	return w.node(name, m, dir, func(parent int, base string) error {
		if err := unix.Mknodat(parent, base, kind|0o600, int(dev)); err != nil {
			return err
		}
		return unix.Fchmodat(parent, base, m.Mode, 0)
	})
}

// Link writes a second name of a file that this Writer wrote as old.
func (w *Writer) Link(name, old string, dir Meta) error {
	src, err := w.root.openat(old, unix.O_PATH|unix.O_NOFOLLOW)
	if err != nil {
		return err
	}
	defer unix.Close(src)
	parent, err := w.enter(path.Dir(Clean(name)), dir)
	if err != nil {
		return err
	}
	if err := remove(parent, path.Base(name)); err != nil {
		return fmt.Errorf("linking %s: %w", name, err)
	}
	from := fmt.Sprintf("/proc/self/fd/%d", src)
	if err := unix.Linkat(unix.AT_FDCWD, from, parent, path.Base(name), unix.AT_SYMLINK_FOLLOW); err != nil {
		return &os.LinkError{Op: "link", Old: old, New: name, Err: err}
	}
	return nil
}

func (w *Writer) node(name string, m, dir Meta, make func(parent int, base string) error) error {
	parent, err := w.enter(path.Dir(Clean(name)), dir)
	if err != nil {
		return err
	}
	base := path.Base(name)
	if err := remove(parent, base); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := make(parent, base); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := unix.Fchownat(parent, base, int(m.UID), int(m.GID), unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return ownerError(name, m, err)
	}
	return setTimes(parent, base, timespec(m.Time))
}

func apply(fd int, name string, m Meta) error {
	if err := unix.Fchown(fd, int(m.UID), int(m.GID)); err != nil {
		return ownerError(name, m, err)
	}
	if err := unix.Fchmod(fd, m.Mode&0o7777); err != nil {
		return &os.PathError{Op: "chmod", Path: name, Err: err}
	}
	for key, value := range m.Xattrs {
		if err := unix.Fsetxattr(fd, key, value, 0); err != nil {
			return fmt.Errorf("setting attribute %s of %s: %w", key, name, err)
		}
	}
	return nil
}

func ownerError(name string, m Meta, err error) error {
	if errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("%s: owner %d:%d is outside the ids that this user may use; give the user more ids in /etc/subuid and /etc/subgid", name, m.UID, m.GID)
	}
	return &os.PathError{Op: "chown", Path: name, Err: err}
}

func timespec(t time.Time) unix.Timespec {
	ts, err := unix.TimeToTimespec(t)
	if err != nil {
		return unix.Timespec{}
	}
	return ts
}

// setTimes sets both times of base in dir, or of dir itself for an empty base.
func setTimes(dir int, base string, t unix.Timespec) error {
	times := []unix.Timespec{t, t}
	if base == "" {
		return unix.UtimesNanoAt(dir, "", times, unix.AT_EMPTY_PATH)
	}
	return unix.UtimesNanoAt(dir, base, times, unix.AT_SYMLINK_NOFOLLOW)
}
