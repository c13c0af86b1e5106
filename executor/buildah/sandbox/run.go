package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
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

	cmd := s.child(ctx, prog, reportEnd)
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

func (s *Spec) child(ctx context.Context, prog, reportEnd *os.File) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Args = []string{"strake-sandbox"}
	cmd.Env = []string{}
	if s.Stdin != nil {
		cmd.Stdin = s.Stdin
	}
	cmd.Stdout, cmd.Stderr = s.Stdout, s.Stderr
	cmd.ExtraFiles = []*os.File{prog, reportEnd, s.Root}
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
