package buildah

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/strakebuild/strake/executor"
	"github.com/strakebuild/strake/executor/buildah/rootfs"
	"github.com/strakebuild/strake/planner"
)

// Build carries out a step. A base is pulled when the storage lacks it; any
// other step is written as a new layer. When another process has made the layer
// in the meantime, there is nothing left to do.
func (b *Backend) Build(ctx context.Context, step *planner.Step, in executor.Input) (executor.Layer, error) {
	if step.Base != nil {
		return existing{}, b.pull(ctx, step.Base, step.Platform, in.Output)
	}
	if err := b.begin(); err != nil {
		return nil, err
	}
	unlock, err := b.lockKey(ctx, step.Key)
	if err != nil {
		return nil, err
	}
	if b.store.Exists(string(step.Key)) {
		unlock()
		return existing{}, nil
	}
	l, err := b.buildStep(ctx, step, in)
	if err != nil {
		unlock()
		return nil, err
	}
	l.unlock = unlock
	return l, nil
}

// begin prepares the first step of a run: what dead runs left is removed before
// this one leaves anything.
func (b *Backend) begin() error {
	b.begun.Do(b.reap)
	_, err := b.run.dir()
	return err
}

func (b *Backend) buildStep(ctx context.Context, step *planner.Step, in executor.Input) (*layer, error) {
	parent, err := b.layerOf(step.Parent)
	if err != nil {
		return nil, err
	}
	return b.stage(step.Key, parent, func(s staged) error {
		w := &work{b: b, step: step, in: in, staged: s, replace: replacer(in.Values)}
		defer w.close()
		for _, op := range step.Ops {
			if err := w.op(ctx, op); err != nil {
				return err
			}
		}
		return w.finish()
	})
}

// existing is the layer of a step that is in the storage already.
type existing struct{}

// Commit does nothing.
func (existing) Commit(context.Context) error { return nil }

// Discard does nothing.
func (existing) Discard() {}

// layerOf returns the id of the layer that a step stands for, "" for an empty
// root.
func (b *Backend) layerOf(step *planner.Step) (string, error) {
	if step == nil {
		return "", nil
	}
	if step.Base == nil {
		return string(step.Key), nil
	}
	img, err := b.store.Image(step.Base.ID)
	if err != nil {
		return "", fmt.Errorf("base image %s: %w", step.Base.Ref, err)
	}
	return img.TopLayer, nil
}

func replacer(values map[string]string) *strings.Replacer {
	var pairs []string
	for old, value := range values {
		pairs = append(pairs, old, value)
	}
	return strings.NewReplacer(pairs...)
}

// work is one step being carried out. The root is mounted when an operation
// first needs it, and again after a command has used it up.
type work struct {
	b       *Backend
	step    *planner.Step
	in      executor.Input
	staged  staged
	replace *strings.Replacer

	mounts int
	root   *rootfs.Root
	writer *rootfs.Writer
}

func (w *work) op(ctx context.Context, op planner.Op) error {
	switch {
	case op.Copy != nil:
		return w.copy(ctx, op.Copy)
	case op.Mkdir != nil:
		return w.mkdir(op.Mkdir)
	case op.Run != nil:
		return w.run(ctx, op.Run)
	}
	return nil
}

// open mounts the root for writing. Steps that run a command get the skeleton
// of mount points as their lowest layer.
func (w *work) open() error {
	if w.root != nil {
		return nil
	}
	layers := rootfs.Layers{
		Lower: w.staged.lower, Upper: w.staged.dir, User: w.b.user,
		Work: fmt.Sprintf("%s%d", w.staged.work, w.mounts),
	}
	dir, err := w.b.run.dir()
	if err != nil {
		return err
	}
	layers.Point = dir + "/root"
	layers.Lower = append(layers.Lower[:len(layers.Lower):len(layers.Lower)], w.bottom(dir))
	if err := os.Mkdir(layers.Work, 0o700); err != nil {
		return fmt.Errorf("preparing a layer: %w", err)
	}
	w.mounts++
	if w.root, err = rootfs.Mount(layers); err != nil {
		return err
	}
	w.writer = rootfs.NewWriter(w.root)
	return nil
}

// bottom is the lowest layer of the root: the skeleton for commands, an empty
// folder otherwise.
func (w *work) bottom(dir string) string {
	for _, op := range w.step.Ops {
		if op.Run != nil {
			return dir + "/skeleton"
		}
	}
	return dir + "/root"
}

// finish ends writing and restores the times of folders.
func (w *work) finish() error {
	if w.root == nil {
		return nil
	}
	err := w.writer.Close()
	w.close()
	return err
}

func (w *work) close() {
	if w.root != nil {
		w.root.Close()
		w.root, w.writer = nil, nil
	}
}

func (w *work) mkdir(op *planner.Mkdir) error {
	if err := w.open(); err != nil {
		return err
	}
	uid, gid, err := w.owner(op.Owner)
	if err != nil {
		return err
	}
	return w.writer.Mkdir(w.replace.Replace(op.Path), rootfs.Meta{Mode: 0o755, UID: uid, GID: gid, Time: w.b.opts.FileTime})
}
