package buildah

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.podman.io/storage"

	"github.com/strakebuild/strake/executor/buildah/rootfs"
	"github.com/strakebuild/strake/executor/buildah/sandbox"
	"github.com/strakebuild/strake/planner"
	"github.com/strakebuild/strake/planner/recipe"
)

// Exec is a command to be run on a finished image.
type Exec struct {
	Image                 string   // reference or id in the local storage
	Args                  []string // empty: the image's own command
	Env                   []string // added to the image's, or in place of them
	Stdin, Stdout, Stderr *os.File
}

// Exec runs a command on an image, with the host's network, and returns its exit
// code. What it writes is thrown away when it ends.
func (b *Backend) Exec(ctx context.Context, e Exec) (int, error) {
	img, err := b.localImage(e.Image)
	if errors.Is(err, storage.ErrImageUnknown) {
		return 0, fmt.Errorf("image %s is not built yet: run strake build first", e.Image)
	}
	if err != nil {
		return 0, err
	}
	base, err := b.localBase(img, e.Image)
	if err != nil {
		return 0, err
	}
	args := command(base.Config, e.Args)
	if len(args) == 0 {
		return 0, fmt.Errorf("image %s has no command: say one after --", e.Image)
	}
	scratch, remove, err := b.scratch()
	if err != nil {
		return 0, fmt.Errorf("preparing a command: %w", err)
	}
	defer remove()
	return b.execIn(ctx, img.TopLayer, scratch, base.Config, args, e)
}

// scratch makes a folder in the storage that is removed with the run, or by a
// later one.
func (b *Backend) scratch() (dir string, remove func(), err error) {
	b.begun.Do(b.reap)
	dir, lock, err := lockedTemp(b.ownDir("scratch"), "exec-")
	if err != nil {
		return "", nil, err
	}
	return dir, func() { os.RemoveAll(dir); lock.Close() }, nil
}

// command puts an image's entrypoint and command together like other tools do.
func command(c planner.Config, args []string) []string {
	if len(args) == 0 {
		args = c.Cmd
	}
	return append(append([]string{}, c.Entrypoint...), args...)
}

func (b *Backend) execIn(ctx context.Context, layer, scratch string, c planner.Config, args []string, e Exec) (int, error) {
	root, err := b.execRoot(layer, scratch)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	dir, err := b.commandDir(nil, replacer(nil))
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if _, err := rootfs.MakeStubs(root, mountPoints); err != nil {
		return 0, err
	}
	who, err := identify(root, c.User)
	if err != nil {
		return 0, err
	}
	s := b.surroundings(root, dir)
	who.set(s)
	s.Args, s.Dir = args, c.WorkingDir
	if s.Dir == "" {
		s.Dir = "/"
	}
	s.Env = c.Env
	for _, entry := range e.Env {
		name, value, _ := strings.Cut(entry, "=")
		s.Env = recipe.Setenv(s.Env, name, value)
	}
	s.Env = recipe.DefaultEnv(recipe.DefaultEnv(s.Env, "PATH", recipe.DefaultPath), "HOME", who.home)
	s.Stdin, s.Stdout, s.Stderr, s.Foreground = e.Stdin, e.Stdout, e.Stderr, true
	return sandbox.Run(ctx, s)
}

func (b *Backend) execRoot(layer, scratch string) (*rootfs.Root, error) {
	lower, err := b.layerDirs(layer)
	if err != nil {
		return nil, err
	}
	run, err := b.run.dir()
	if err != nil {
		return nil, err
	}
	for _, dir := range []string{"upper", "work"} {
		if err := os.Mkdir(filepath.Join(scratch, dir), 0o755); err != nil {
			return nil, fmt.Errorf("preparing a command: %w", err)
		}
	}
	if _, err := (&differ{lower: lower}).rootLike(filepath.Join(scratch, "upper")); err != nil {
		return nil, err
	}
	return rootfs.Mount(rootfs.Layers{
		Lower: append(lower, filepath.Join(run, "skeleton")), Upper: filepath.Join(scratch, "upper"),
		Work: filepath.Join(scratch, "work"), User: b.user, Point: filepath.Join(run, "root"),
	})
}
