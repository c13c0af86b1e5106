package rootfs

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Copy says how files of one root are written to another.
type Copy struct {
	UID, GID *uint32 // nil keeps the source's
	Mode     *uint32 // nil keeps the source's
	Parent   Meta    // for missing parents of the destination
	// Selected reports whether a path relative to the source is wanted; nil
	// wants everything. Folders of wanted files are made as needed.
	Selected func(rel string) bool
	// Into places a single file inside the destination under its own name.
	Into bool
}

// Tree copies the file or the contents of the folder src of from to dst, and
// returns the number of entries written. A folder that exists keeps its entries;
// below dst it gets the metadata of the source's.
func (w *Writer) Tree(from *Root, src, dst string, c Copy) (int, error) {
	t := &treeCopy{w: w, from: from, Copy: c, links: map[inode]string{}}
	st, err := from.Stat(src)
	if err != nil {
		return 0, err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		err := t.top(src, dst)
		return t.n, err
	}
	if c.Into {
		dst = path.Join(dst, path.Base(src))
	}
	err = t.single(src, dst, st)
	return t.n, err
}

type inode struct{ dev, ino uint64 }

type treeCopy struct {
	Copy
	w     *Writer
	from  *Root
	links map[inode]string
	n     int
}

// single copies the file that src leads to.
func (t *treeCopy) single(src, dst string, st unix.Stat_t) error {
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return t.special(dst, st)
	}
	fd, err := t.from.openat(src, unix.O_RDONLY)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), src)
	defer f.Close()
	t.n++
	return t.w.File(dst, t.metaOf(f, st), t.Parent, f)
}

func (t *treeCopy) top(src, dst string) error {
	dir, err := t.from.OpenDir(src)
	if err != nil {
		return err
	}
	defer dir.Close()
	parent := t.Parent
	if st, err := t.from.Stat(src); err == nil && t.Selected == nil {
		parent = t.meta(st)
	}
	if err := t.w.Mkdir(path.Dir(Clean(dst)), t.Parent); err != nil {
		return err
	}
	if err := t.w.Mkdir(dst, parent); err != nil {
		return err
	}
	return t.folder(dir, dst, "")
}

// folder copies the entries of dir. They are taken in the order of their names,
// so that equal trees are written alike.
func (t *treeCopy) folder(dir *os.File, dst, rel string) error {
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return fmt.Errorf("reading %s: %w", dir.Name(), err)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := t.entry(dir, name, path.Join(dst, name), path.Join(rel, name)); err != nil {
			return err
		}
	}
	return nil
}

func (t *treeCopy) entry(dir *os.File, name, dst, rel string) error {
	var st unix.Stat_t
	if err := unix.Fstatat(int(dir.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return &os.PathError{Op: "stat", Path: rel, Err: err}
	}
	selected := t.Selected == nil || t.Selected(rel)
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return t.subfolder(dir, name, dst, rel, st, selected)
	}
	if !selected {
		return nil
	}
	return t.file(dir, name, dst, st)
}

func (t *treeCopy) subfolder(dir *os.File, name, dst, rel string, st unix.Stat_t, selected bool) error {
	fd, err := unix.Openat(int(dir.Fd()), name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: rel, Err: err}
	}
	sub := os.NewFile(uintptr(fd), rel)
	defer sub.Close()
	before := t.n
	if selected {
		if err := t.makeFolder(sub, dst, st); err != nil {
			return err
		}
	}
	if err := t.folder(sub, dst, rel); err != nil {
		return err
	}
	if !selected && t.n > before { // made on the way to a wanted file
		return t.w.SetDir(dst, t.metaOf(sub, st))
	}
	return nil
}

func (t *treeCopy) makeFolder(f *os.File, dst string, st unix.Stat_t) error {
	t.n++
	m := t.metaOf(f, st)
	if err := t.w.Mkdir(dst, m); err != nil {
		return err
	}
	return t.w.SetDir(dst, m)
}

func (t *treeCopy) file(dir *os.File, name, dst string, st unix.Stat_t) error {
	key := inode{st.Dev, st.Ino}
	if old, ok := t.links[key]; ok && st.Nlink > 1 {
		t.n++
		return t.w.Link(dst, old, t.Parent)
	}
	if err := t.content(dir, name, dst, st); err != nil {
		return err
	}
	if st.Nlink > 1 {
		t.links[key] = dst
	}
	return nil
}

func (t *treeCopy) content(dir *os.File, name, dst string, st unix.Stat_t) error {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		t.n++
		return t.regular(dir, name, dst, st)
	case unix.S_IFLNK:
		buf := make([]byte, st.Size+1)
		n, err := unix.Readlinkat(int(dir.Fd()), name, buf)
		if err != nil {
			return &os.PathError{Op: "readlink", Path: name, Err: err}
		}
		t.n++
		return t.w.Symlink(dst, string(buf[:n]), t.meta(st), t.Parent)
	}
	return t.special(dst, st)
}

func (t *treeCopy) special(dst string, st unix.Stat_t) error {
	kind := st.Mode & unix.S_IFMT
	if kind == unix.S_IFSOCK {
		return nil // it has no content that a layer could hold
	}
	t.n++
	return t.w.Special(dst, kind, st.Rdev, t.meta(st), t.Parent)
}

func (t *treeCopy) regular(dir *os.File, name, dst string, st unix.Stat_t) error {
	fd, err := unix.Openat(int(dir.Fd()), name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: name, Err: err}
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	return t.w.File(dst, t.metaOf(f, st), t.Parent, f)
}

func (t *treeCopy) meta(st unix.Stat_t) Meta {
	m := Meta{Mode: st.Mode & 0o7777, UID: st.Uid, GID: st.Gid, Time: time.Unix(st.Mtim.Unix())}
	if t.UID != nil {
		m.UID = *t.UID
	}
	if t.GID != nil {
		m.GID = *t.GID
	}
	if t.Mode != nil {
		m.Mode = *t.Mode
	}
	return m
}

func (t *treeCopy) metaOf(f *os.File, st unix.Stat_t) Meta {
	m := t.meta(st)
	m.Xattrs = xattrs(int(f.Fd()))
	return m
}

// xattrs returns the attributes that belong to a file and not to the overlay or
// the host's security policy.
func xattrs(fd int) map[string][]byte {
	buf := make([]byte, 65536) // the most that a list takes, and a value
	n, err := unix.Flistxattr(fd, buf)
	if err != nil || n == 0 {
		return nil
	}
	attrs := map[string][]byte{}
	for _, key := range strings.Split(strings.TrimRight(string(buf[:n]), "\x00"), "\x00") {
		if key != "security.capability" && (!strings.HasPrefix(key, "user.") || strings.HasPrefix(key, "user.overlay.")) {
			continue
		}
		value := make([]byte, 65536)
		if n, err := unix.Fgetxattr(fd, key, value); err == nil {
			attrs[key] = value[:n]
		}
	}
	return attrs
}

// Glob returns the absolute paths in the root that match an absolute pattern in
// the manner of path.Match, sorted. A pattern without wildcards is returned as it
// is when it exists.
func (r *Root) Glob(pattern string) ([]string, error) {
	paths := []string{"/"}
	for _, part := range strings.Split(strings.Trim(Clean(pattern), "/"), "/") {
		var next []string
		for _, p := range paths {
			found, err := r.match(p, part)
			if err != nil {
				return nil, err
			}
			next = append(next, found...)
		}
		paths = next
	}
	slices.Sort(paths)
	return paths, nil
}

func (r *Root) match(dir, part string) ([]string, error) {
	if !strings.ContainsAny(part, `*?[\`) {
		name := path.Join(dir, part)
		if _, err := r.Lstat(name); err != nil {
			return nil, nil
		}
		return []string{name}, nil
	}
	f, err := r.OpenDir(dir)
	if err != nil {
		return nil, nil // not a folder: nothing in it matches
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", dir, err)
	}
	var out []string
	for _, name := range names {
		ok, err := path.Match(part, name)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", part, err)
		}
		if ok {
			out = append(out, path.Join(dir, name))
		}
	}
	return out, nil
}
