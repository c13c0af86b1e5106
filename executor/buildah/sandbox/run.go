package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// SetupError says that the surroundings of a command could not be made, or that
// the command could not be started; the command has not run.
type SetupError struct {
	Op    string // the operation that failed, as "mount" or "exec"
	What  string // its object: a path, a type of file system
	Errno syscall.Errno
}

// Error returns one line that names the operation, its object and the cause.
func (e *SetupError) Error() string {
	if e.Op == "exec" {
		return fmt.Sprintf("starting %q: %v", e.What, e.Errno)
	}
	return fmt.Sprintf("preparing the sandbox: %s %s: %v", e.Op, e.What, e.Errno)
}

// Unwrap returns the system error.
func (e *SetupError) Unwrap() error { return e.Errno }

// Run starts the command, waits for it and returns its exit code; 128 + n says
// that signal n ended it. When ctx ends first, the command and all its children
// are killed and the error is the cause of ctx. A *SetupError says that the
// command did not start.
func Run(ctx context.Context, s *Spec) (int, error) {
	if err := s.check(); err != nil {
		return 0, err
	}
	self, err := openSelf()
	if err != nil {
		return 0, err
	}
	defer self.Close()
	prog, err := compile(s).file()
	if err != nil {
		return 0, err
	}
	defer prog.Close()
	report, reportEnd, err := os.Pipe()
	if err != nil {
		return 0, fmt.Errorf("creating a pipe: %w", err)
	}
	defer report.Close()

	// The child dies with the thread that started it, so the thread has to
	// live as long as the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	cmd := s.child(ctx, prog, reportEnd, self)
	err = cmd.Start()
	reportEnd.Close()
	if err != nil {
		return 0, fmt.Errorf("starting the sandbox: %w", err)
	}
	text, _ := io.ReadAll(report)
	err = cmd.Wait()
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if len(text) > 0 {
		return 0, parseReport(string(text))
	}
	return exitCode(err)
}

// check refuses what the system would take for something else.
func (s *Spec) check() error {
	const nobody = 1<<32 - 1 // to the system: no change
	switch {
	case len(s.Args) == 0:
		return errors.New("no command to run")
	case s.UID == nobody, s.GID == nobody:
		return &SetupError{Op: "user", What: fmt.Sprintf("%d:%d", s.UID, s.GID), Errno: syscall.EINVAL}
	}
	for _, text := range slices.Concat(s.Args, s.Env, []string{s.Dir}) {
		if strings.Contains(text, "\x00") {
			return fmt.Errorf("starting %q: a zero byte in an argument or variable", s.Args[0])
		}
	}
	return nil
}

// openSelf opens this program in a form that cannot be written to: as the only
// file of the host that a command can come to see (it is what /proc/self/exe of
// the child leads to), it must not be a way out.
func openSelf() (*os.File, error) {
	const path = "/proc/self/exe"
	self, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening this program: %w", err)
	}
	if readOnly(self) || sealed(self) { // as in a user namespace
		return self, nil
	}
	self.Close()
	fd, err := unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("protecting this program from commands: %w", err)
	}
	self = os.NewFile(uintptr(fd), path)
	if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}); err != nil {
		self.Close()
		return nil, fmt.Errorf("protecting this program from commands: %w", err)
	}
	return self, nil
}

func readOnly(f *os.File) bool {
	var st unix.Statfs_t
	return unix.Fstatfs(int(f.Fd()), &st) == nil && st.Flags&unix.ST_RDONLY != 0
}

func sealed(f *os.File) bool {
	seals, err := unix.FcntlInt(f.Fd(), unix.F_GET_SEALS, 0)
	return err == nil && seals&unix.F_SEAL_WRITE != 0
}

func (s *Spec) child(ctx context.Context, prog, reportEnd, self *os.File) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/proc/self/fd/"+strconv.Itoa(selfFD))
	cmd.Args = []string{"strake-sandbox"}
	cmd.Env = []string{}
	if s.Stdin != nil {
		cmd.Stdin = s.Stdin
	}
	if s.Stdout != nil {
		cmd.Stdout = s.Stdout
	}
	if s.Stderr != nil {
		cmd.Stderr = s.Stderr
	}
	cmd.ExtraFiles = []*os.File{prog, reportEnd, s.Root, self}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		Pdeathsig:  syscall.SIGKILL,
		Setsid:     !s.Foreground,
	}
	if s.Network == NetworkNone {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWNET
	}
	return cmd
}

func parseReport(text string) error {
	fields := strings.SplitN(text, " ", 3)
	if len(fields) < 3 {
		return fmt.Errorf("preparing the sandbox: %s", text)
	}
	errno, err := strconv.Atoi(fields[0])
	if err != nil {
		return fmt.Errorf("preparing the sandbox: %s", text)
	}
	return &SetupError{Op: fields[1], What: fields[2], Errno: syscall.Errno(errno)}
}

func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case !errors.As(err, &exit):
		return 0, fmt.Errorf("waiting for the command: %w", err)
	}
	status := exit.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return status.ExitStatus(), nil
}
