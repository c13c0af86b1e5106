package buildah

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/strakebuild/strake/executor/buildah/rootfs"
	"github.com/strakebuild/strake/executor/buildah/sandbox"
	"github.com/strakebuild/strake/planner"
	"github.com/strakebuild/strake/planner/recipe"
)

// run runs a command on the layers of the step. What it writes goes to the new
// layer; everything it gets besides is mounted and leaves no trace.
func (w *work) run(ctx context.Context, op *planner.Run) error {
	if err := w.open(); err != nil {
		return err
	}
	if err := w.writer.Close(); err != nil {
		return err
	}
	dir, err := w.b.commandDir(op.Scripts, w.replace)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	spec, err := w.spec(op, dir)
	if err != nil {
		return err
	}
	stubs, err := rootfs.MakeStubs(w.root, mountPoints)
	if err != nil {
		return err
	}
	code, err := runLogged(ctx, spec, op.Stdin, w.in.Output)
	err = errors.Join(err, stubs.Remove())
	w.close()
	return explain(code, err)
}

// explain makes one error of an exit code and an error.
func explain(code int, err error) error {
	switch {
	case err != nil:
		return err
	case code == 128+int(syscall.SIGKILL):
		return errors.New("the command was killed (137); it may have run out of memory")
	case code != 0:
		return fmt.Errorf("the command ended with exit code %d", code)
	}
	return nil
}

func (w *work) spec(op *planner.Run, dir string) (*sandbox.Spec, error) {
	who, err := identify(w.root, op.User)
	if err != nil {
		return nil, err
	}
	s := w.b.surroundings(w.root, dir)
	s.Network = op.Network
	who.set(s)
	s.Env = recipe.DefaultEnv(w.texts(op.Env), "HOME", who.home)
	s.Args = w.texts(op.Args)
	s.Dir = op.Dir
	if s.Dir == "" {
		s.Dir = "/"
	}
	return s, nil
}

func (w *work) texts(in []string) []string {
	out := make([]string, len(in))
	for i, text := range in {
		out[i] = w.replace.Replace(text)
	}
	return out
}

// surroundings is what every command gets.
func (b *Backend) surroundings(root *rootfs.Root, dir string) *sandbox.Spec {
	return &sandbox.Spec{
		Root: root.File(), MountPoint: filepath.Join(filepath.Dir(dir), "root"),
		Limits: b.opts.Limits, Filter: b.filter,
		Binds: []sandbox.Bind{
			{Source: filepath.Join(dir, "hosts"), Target: "/etc/hosts"},
			{Source: filepath.Join(dir, "resolv.conf"), Target: "/etc/resolv.conf"},
			{Source: filepath.Join(dir, "scripts"), Target: "/run/strake", ReadOnly: true},
		},
	}
}

// mountPoints are the paths that the surroundings of a command are mounted on.
var mountPoints = []rootfs.Target{
	{Path: "/proc", Dir: true}, {Path: "/sys", Dir: true}, {Path: "/dev", Dir: true},
	{Path: "/run/strake", Dir: true}, {Path: "/etc/hosts"}, {Path: "/etc/resolv.conf"},
}

// commandDir makes the folder with the files that one command sees as its own.
func (b *Backend) commandDir(scripts []planner.Script, replace *strings.Replacer) (string, error) {
	parent, err := b.run.dir()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(parent, "command-")
	if err != nil {
		return "", fmt.Errorf("preparing a command: %w", err)
	}
	if err := fillCommandDir(dir, scripts, replace); err != nil {
		os.RemoveAll(dir)
		return "", fmt.Errorf("preparing a command: %w", err)
	}
	return dir, nil
}

func fillCommandDir(dir string, scripts []planner.Script, replace *strings.Replacer) error {
	for name, host := range map[string]string{"hosts": "/etc/hosts", "resolv.conf": "/etc/resolv.conf"} {
		data, err := os.ReadFile(host)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := writeMode(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	folder := filepath.Join(dir, "scripts")
	if err := errors.Join(os.Mkdir(folder, 0o755), os.Chmod(folder, 0o755)); err != nil {
		return err
	}
	for _, s := range scripts {
		mode := os.FileMode(0o755)
		if s.Mode != 0 {
			mode = os.FileMode(s.Mode & 0o777)
		}
		if err := writeMode(filepath.Join(folder, filepath.Base(s.Path)), []byte(replace.Replace(s.Data)), mode); err != nil {
			return err
		}
	}
	return nil
}

// writeMode writes a file that has exactly this mode, whatever the umask is.
func writeMode(path string, data []byte, mode os.FileMode) error {
	if err := os.WriteFile(path, data, mode); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// runLogged runs a command with its output going to out.
func runLogged(ctx context.Context, spec *sandbox.Spec, stdin string, out io.Writer) (int, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return 0, fmt.Errorf("creating a pipe: %w", err)
	}
	spec.Stdout, spec.Stderr = write, write
	if stdin != "" {
		in, err := textFile(stdin)
		if err != nil {
			return 0, err
		}
		defer in.Close()
		spec.Stdin = in
	}
	copied := make(chan struct{})
	go func() { io.Copy(out, read); close(copied) }()
	code, err := sandbox.Run(ctx, spec)
	write.Close()
	<-copied
	read.Close()
	return code, err
}

// textFile is an anonymous file that holds text, at its beginning.
func textFile(text string) (*os.File, error) {
	fd, err := unix.MemfdCreate("strake-stdin", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("creating an anonymous file: %w", err)
	}
	f := os.NewFile(uintptr(fd), "stdin")
	if _, err := f.WriteString(text); err != nil {
		f.Close()
		return nil, fmt.Errorf("writing standard input: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		f.Close()
		return nil, fmt.Errorf("rewinding standard input: %w", err)
	}
	return f, nil
}
