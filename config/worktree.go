package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// workTreeTime is the time of a work tree in a repository without a commit.
var workTreeTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// WorkTree writes the files of the work tree as a git tree and returns it as a
// Commit without an id. Ignored files are left out. Its time is that of HEAD, or
// 1980-01-01 when there is no commit.
//
// Nothing is written into the repository: the index is a copy, and new objects
// go to a temporary folder that Close removes. Git may renew the time of objects
// that are there already. Clean filters run as in git add.
//
// Changes of files that ignore selects are left out: such a file is as in the
// index. The masks are relative to the root; like all masks, one selects a path
// and everything below it.
func (r *Repo) WorkTree(ctx context.Context, ignore ...string) (Commit, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	when, err := r.headTime(ctx)
	if err != nil {
		return Commit{}, err
	}
	if err := r.makePrivate(); err != nil {
		return Commit{}, fmt.Errorf("preparing to read the work tree: %w", err)
	}
	tree, err := r.writeTree(ctx, ignore)
	if err != nil {
		return Commit{}, fmt.Errorf("reading the work tree %s: %w", r.root, err)
	}
	return Commit{Tree: tree, Time: when}, nil
}

func (r *Repo) headTime(ctx context.Context) (time.Time, error) {
	head, err := r.Head(ctx)
	if errors.Is(err, ErrNoCommit) {
		return workTreeTime, nil
	}
	return head.Time, err
}

// makePrivate makes the folder for the copy of the index and for new objects,
// and lets the processes that read objects see them.
func (r *Repo) makePrivate() error {
	if r.private != "" {
		return nil
	}
	dir, err := os.MkdirTemp("", "strake-dev-")
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(dir, "objects"), 0o700); err != nil {
		os.RemoveAll(dir)
		return err
	}
	r.private = dir
	r.blobs.setEnv(r.readEnv())
	return nil
}

// addObjects lets git find the objects of another object folder.
func (r *Repo) addObjects(dir string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.others, dir) {
		r.others = append(r.others, dir)
		r.blobs.setEnv(r.readEnv())
	}
}

// readEnv lets git find the objects of WorkTree and of other repositories beside
// the repository's. The caller holds mu.
func (r *Repo) readEnv() []string {
	var folders []string
	if r.private != "" {
		folders = append(folders, quoteAlternate(filepath.Join(r.private, "objects")))
	}
	for _, dir := range r.others {
		folders = append(folders, quoteAlternate(dir))
	}
	if len(folders) == 0 {
		return nil
	}
	return []string{"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + strings.Join(folders, ":")}
}

// writeTree returns the id of the tree that a commit of all files would have.
func (r *Repo) writeTree(ctx context.Context, ignore []string) (string, error) {
	index := filepath.Join(r.private, "index")
	if err := copyIndex(r.index, index); err != nil {
		return "", err
	}
	env := append(r.writeEnv(), "GIT_INDEX_FILE="+index)
	if err := r.addAll(ctx, env, ignore); err != nil {
		return "", err
	}
	out, err := r.git.output(ctx, env, safely("write-tree")...)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(out)), nil
}

// addAll takes all files of the work tree into the index, also those that lie
// outside of what a sparse checkout has. Only git that knows --sparse asks for it.
func (r *Repo) addAll(ctx context.Context, env, ignore []string) error {
	_, err := r.git.output(ctx, env, safely(addArgs(ignore)...)...)
	if err != nil && strings.Contains(err.Error(), "sparse-checkout") {
		_, err = r.git.output(ctx, env, safely(addArgs(ignore, "--sparse")...)...)
	}
	return err
}

func addArgs(ignore []string, options ...string) []string {
	args := append(append([]string{"add", "-A"}, options...), "--", ":/")
	for _, mask := range ignore {
		for _, glob := range Globs(mask) {
			args = append(args, ":(top,exclude,glob)"+glob)
		}
	}
	return args
}

// writeEnv lets git write new objects into the private folder. The caller holds
// mu.
func (r *Repo) writeEnv() []string {
	return []string{
		"GIT_OBJECT_DIRECTORY=" + filepath.Join(r.private, "objects"),
		"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + quoteAlternate(r.objects),
	}
}

// safely sets what keeps git from writing into the repository, as a split index
// would be, from running hooks, and from work that temporary objects are not
// worth.
func safely(args ...string) []string {
	return append([]string{
		"-c", "core.splitIndex=false", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
		"-c", "core.fsync=none", "-c", "core.compression=0",
	}, args...)
}

// copyIndex copies the index with its time. Git takes an entry for unchanged by
// comparing the times of file and index; with a newer time on the copy, a file
// that was changed right after the index was written would be missed.
func copyIndex(from, to string) error {
	src, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return err
	}
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(dst, src); err != nil {
		dst.Close()
		return err
	}
	if err := dst.Close(); err != nil {
		return err
	}
	return os.Chtimes(to, info.ModTime(), info.ModTime())
}

// quoteAlternate writes a path for the list of object directories, which is
// separated by colons.
func quoteAlternate(path string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(path) + `"`
}
