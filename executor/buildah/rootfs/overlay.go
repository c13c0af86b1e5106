package rootfs

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Layers are the folders that an overlay is made of.
type Layers struct {
	Lower []string // at least one, the topmost first
	Upper string   // takes what is written; "" makes the root read-only
	Work  string   // empty folder on the file system of Upper
	User  bool     // mount with the rights of a user namespace
	Point string   // empty folder, used only where the kernel needs one (before Linux 6.5)
}

// Mount returns the overlay of the layers as a Root that is mounted nowhere.
func Mount(l Layers) (*Root, error) {
	fd, err := l.mountByLayer()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		fd, err = l.mountByOption()
	}
	if err != nil {
		return nil, fmt.Errorf("mounting an overlay of %d layers: %w", len(l.Lower), err)
	}
	return &Root{file: os.NewFile(uintptr(fd), "root")}, nil
}

// folders names the layer folders by descriptor, which keeps mount options
// short whatever the paths are.
type folders struct {
	lower       []string
	upper, work string
}

func (l Layers) open() (folders, func(), error) {
	var fds []int
	closeAll := func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}
	var err error
	open := func(path string) string {
		fd, e := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if e != nil {
			err = errors.Join(err, &os.PathError{Op: "open", Path: path, Err: e})
			return ""
		}
		fds = append(fds, fd)
		return fmt.Sprintf("/proc/self/fd/%d", fd)
	}
	var d folders
	for _, path := range l.Lower {
		d.lower = append(d.lower, open(path))
	}
	if l.Upper != "" {
		d.upper, d.work = open(l.Upper), open(l.Work)
	}
	if err != nil {
		closeAll()
		return folders{}, nil, err
	}
	return d, closeAll, nil
}

// flags are the options without a value. Writes need no sync of their own: the
// layer is synced as a whole before anything refers to it.
func (l Layers) flags() []string {
	var flags []string
	if l.Upper != "" {
		flags = append(flags, "volatile")
	}
	if l.User {
		flags = append(flags, "userxattr")
	}
	return flags
}

// settings are the options that keep a layer readable without its overlay.
func (l Layers) settings() [][2]string {
	if l.User {
		return nil // redirections need rights that a user namespace does not have
	}
	return [][2]string{{"redirect_dir", "nofollow"}, {"metacopy", "off"}, {"index", "off"}}
}

func (l Layers) mountByLayer() (int, error) {
	d, closeDirs, err := l.open()
	if err != nil {
		return -1, err
	}
	defer closeDirs()
	fs, err := unix.Fsopen("overlay", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, err
	}
	defer unix.Close(fs)
	for _, f := range l.flags() {
		if err := unix.FsconfigSetFlag(fs, f); err != nil {
			return -1, err
		}
	}
	settings := l.settings()
	for _, dir := range d.lower {
		settings = append(settings, [2]string{"lowerdir+", dir})
	}
	if d.upper != "" {
		settings = append(settings, [2]string{"upperdir", d.upper}, [2]string{"workdir", d.work})
	}
	for _, s := range settings {
		if err := unix.FsconfigSetString(fs, s[0], s[1]); err != nil {
			return -1, err
		}
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return -1, err
	}
	return unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
}

// mountByOption is for kernels that take all layers in one option. It mounts in
// a namespace of a thread of its own, takes the mount out of it as a detached
// copy, and lets thread and namespace end.
func (l Layers) mountByOption() (fd int, err error) {
	onLostThread(func() { fd, err = l.mountAtPoint() })
	return fd, err
}

// onLostThread runs f on a thread that ends with it. That cannot be the first
// thread of the process, which never ends and which /proc/self stands for.
func onLostThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // not unlocked after f: the thread ends with the goroutine
		if unix.Gettid() == unix.Getpid() {
			onLostThread(f) // this thread is taken, so it is another one
			runtime.UnlockOSThread()
			return
		}
		f()
	}()
	<-done
}

// mountAtPoint opens the layers after it has left the namespace: the kernel
// takes folders of its caller's namespace only.
func (l Layers) mountAtPoint() (int, error) {
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_FS); err != nil {
		return -1, err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return -1, err
	}
	d, closeDirs, err := l.open()
	if err != nil {
		return -1, err
	}
	defer closeDirs()
	if err := unix.Mount("overlay", l.Point, "overlay", 0, d.options(l)); err != nil {
		return -1, err
	}
	return unix.OpenTree(unix.AT_FDCWD, l.Point, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
}

func (d folders) options(l Layers) string {
	options := l.flags()
	for _, s := range l.settings() {
		options = append(options, s[0]+"="+s[1])
	}
	options = append(options, "lowerdir="+strings.Join(d.lower, ":"))
	if d.upper != "" {
		options = append(options, "upperdir="+d.upper, "workdir="+d.work)
	}
	return strings.Join(options, ",")
}
