package rootfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// Root is the file system of an image. All paths are absolute in the image, and
// links are followed inside it.
type Root struct {
	file *os.File
}

// Open returns a folder of the host as a Root.
func Open(dir string) (*Root, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	return &Root{file: os.NewFile(uintptr(fd), dir)}, nil
}

// File is the descriptor of the root; it stays owned by r.
func (r *Root) File() *os.File { return r.file }

// Close releases the root. A mounted one is unmounted with its last descriptor.
func (r *Root) Close() error { return r.file.Close() }

func (r *Root) openat(name string, flags uint64) (int, error) {
	how := unix.OpenHow{
		Flags:   flags | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	}
	rel := strings.TrimLeft(name, "/")
	if rel == "" {
		rel = "."
	}
	for {
		fd, err := unix.Openat2(int(r.file.Fd()), rel, &how)
		switch {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.EAGAIN):
			continue
		case err != nil:
			return -1, &os.PathError{Op: "open", Path: name, Err: err}
		}
		return fd, nil
	}
}

// Stat describes the file that name leads to, following links.
func (r *Root) Stat(name string) (unix.Stat_t, error) {
	var st unix.Stat_t
	fd, err := r.openat(name, unix.O_PATH)
	if err != nil {
		return st, err
	}
	defer unix.Close(fd)
	if err := unix.Fstat(fd, &st); err != nil {
		return st, &os.PathError{Op: "stat", Path: name, Err: err}
	}
	return st, nil
}

// Lstat describes name itself; links are followed in its parents only.
func (r *Root) Lstat(name string) (unix.Stat_t, error) {
	var st unix.Stat_t
	fd, err := r.openat(name, unix.O_PATH|unix.O_NOFOLLOW)
	if err != nil {
		return st, err
	}
	defer unix.Close(fd)
	if err := unix.Fstat(fd, &st); err != nil {
		return st, &os.PathError{Op: "stat", Path: name, Err: err}
	}
	return st, nil
}

// Readlink returns the text of the symbolic link name.
func (r *Root) Readlink(name string) (string, error) {
	fd, err := r.openat(name, unix.O_PATH|unix.O_NOFOLLOW)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	buf := make([]byte, 4096)
	n, err := unix.Readlinkat(fd, "", buf)
	if err != nil {
		return "", &os.PathError{Op: "readlink", Path: name, Err: err}
	}
	return string(buf[:n]), nil
}

// IsDir reports whether name leads to a folder.
func (r *Root) IsDir(name string) bool {
	st, err := r.Stat(name)
	return err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR
}

// OpenDir opens a folder for reading its entries and as a base for *at calls.
func (r *Root) OpenDir(name string) (*os.File, error) {
	fd, err := r.openat(name, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

// ReadFile returns the content of a regular file of at most limit bytes. Other
// kinds of files are refused, without waiting for a writer.
func (r *Root) ReadFile(name string, limit int64) ([]byte, error) {
	fd, err := r.openat(name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, err
}

// Clean makes name an absolute path without "." and "..", keeping a trailing
// slash off.
func Clean(name string) string { return path.Clean("/" + name) }

// IsNotExist reports whether err says that a path leads nowhere.
func IsNotExist(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR)
}
