package rootfs

import (
	"errors"
	"fmt"
	"path"

	"golang.org/x/sys/unix"
)

// Stubs are empty files and folders that were made only to mount on them.
type Stubs struct {
	root  *Root
	made  []Target
	times []touched
	hops  int
}

const maxHops = 40

// Target is a path to mount on: a folder, or else a file.
type Target struct {
	Path string
	Dir  bool
}

// MakeStubs makes those of the targets that are missing, with their parents.
func MakeStubs(root *Root, targets []Target) (*Stubs, error) {
	s := &Stubs{root: root}
	for _, t := range targets {
		if err := s.make(t); err != nil {
			return s, errors.Join(fmt.Errorf("making the mount point %s: %w", t.Path, err), s.Remove())
		}
	}
	return s, nil
}

func (s *Stubs) make(t Target) error {
	if _, err := s.root.Stat(t.Path); err == nil || !errors.Is(err, unix.ENOENT) {
		return err
	}
	if target, err := s.root.Readlink(t.Path); err == nil {
		return s.follow(t, target)
	}
	parent := path.Dir(t.Path)
	if err := s.make(Target{parent, true}); err != nil {
		return err
	}
	dir, err := s.root.OpenDir(parent)
	if err != nil {
		return err
	}
	defer dir.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(dir.Fd()), &st); err != nil {
		return err
	}
	s.made, s.times = append(s.made, t), append(s.times, touched{parent, st.Mtim})
	return create(int(dir.Fd()), path.Base(t.Path), t.Dir)
}

// follow makes what a link that leads nowhere should lead to.
func (s *Stubs) follow(t Target, target string) error {
	if s.hops++; s.hops > maxHops {
		return errors.New("too many links")
	}
	if !path.IsAbs(target) {
		target = path.Join(path.Dir(t.Path), target)
	}
	return s.make(Target{Clean(target), t.Dir})
}

func create(dir int, base string, folder bool) error {
	if folder {
		return unix.Mkdirat(dir, base, 0o755)
	}
	fd, err := unix.Openat(dir, base, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// Remove removes the stubs that are still empty and gives their parents the
// times that they had.
func (s *Stubs) Remove() error {
	for i := len(s.made) - 1; i >= 0; i-- {
		if err := s.remove(s.made[i], s.times[i]); err != nil {
			return fmt.Errorf("removing the mount point %s: %w", s.made[i].Path, err)
		}
	}
	return nil
}

func (s *Stubs) remove(t Target, parent touched) error {
	st, err := s.root.Lstat(t.Path)
	kind := uint32(unix.S_IFREG)
	if t.Dir {
		kind = unix.S_IFDIR
	}
	if err != nil || st.Mode&unix.S_IFMT != kind || (!t.Dir && st.Size > 0) {
		return nil // the command removed, replaced or used it
	}
	dir, err := s.root.OpenDir(parent.path)
	if err != nil {
		return nil
	}
	defer dir.Close()
	flags := 0
	if t.Dir {
		flags = unix.AT_REMOVEDIR
	}
	err = unix.Unlinkat(int(dir.Fd()), path.Base(t.Path), flags)
	if err != nil && !errors.Is(err, unix.ENOTEMPTY) && !errors.Is(err, unix.ENOENT) {
		return err
	}
	return setTimes(int(dir.Fd()), "", parent.time)
}
