package config

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ChangeKind says how a file differs from the commit.
type ChangeKind int

// The kinds of changes.
const (
	Modified  ChangeKind = iota // other content, mode or type; also a file that is new in the index
	Untracked                   // not known to git, and not ignored
	Deleted                     // not in the work tree
	Submodule                   // a submodule at another commit
	// moduleContent is a submodule at the right commit with changes in it.
	moduleContent
)

// Change is a file that is not as in the commit.
type Change struct {
	Path string // from the repository root
	Kind ChangeKind
}

// changes is the answer of git about the whole work tree, as soon as it is there.
type changes struct {
	ready chan struct{}
	stop  context.CancelFunc
	list  []Change // sorted by the bytes of Path, each once
	err   error
}

// findChanges starts to look for changes. Close ends it.
func (r *Repo) findChanges(ctx context.Context) *changes {
	ctx, stop := context.WithCancel(ctx)
	c := &changes{ready: make(chan struct{}), stop: stop}
	r.mu.Lock()
	r.searches = append(r.searches, c)
	r.mu.Unlock()
	go func() {
		defer close(c.ready)
		c.list, c.err = r.status(ctx)
	}()
	return c
}

// wait returns all changes. The program that looks for them ends with the context
// it was started with.
func (c *changes) wait() ([]Change, error) {
	if c == nil {
		return nil, nil
	}
	<-c.ready
	return c.list, c.err
}

// status asks git for all changes at once.
func (r *Repo) status(ctx context.Context) ([]Change, error) {
	env, err := r.statusIndex(ctx)
	if err != nil {
		return nil, err
	}
	out, err := r.git.output(ctx, env, "-c", "core.fsmonitor=false",
		"status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=none")
	if err != nil {
		return nil, fmt.Errorf("looking for uncommitted files: %w", err)
	}
	list, err := parseStatus(string(out))
	if err != nil {
		return nil, err
	}
	return r.insideModules(ctx, list)
}

// insideModules lists changed files in place of submodules that are at the right
// commit.
func (r *Repo) insideModules(ctx context.Context, list []Change) ([]Change, error) {
	var all []Change
	for _, c := range list {
		if c.Kind != moduleContent {
			all = append(all, c)
			continue
		}
		c.Kind = Submodule
		inner, err := r.insideModule(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("looking for uncommitted files in the submodule %s: %w", c.Path, err)
		}
		all = append(all, inner...)
	}
	return sortChanges(all), nil
}

// statusIndex is a variable for an index that holds HEAD when the work tree has no
// index yet, as beside a bare repository.
func (r *Repo) statusIndex(ctx context.Context) ([]string, error) {
	if _, err := os.Lstat(r.index); err == nil {
		return nil, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.makePrivate(); err != nil {
		return nil, fmt.Errorf("preparing to look for uncommitted files: %w", err)
	}
	env := []string{"GIT_INDEX_FILE=" + filepath.Join(r.private, "head")}
	if _, err := r.git.output(ctx, env, safely("read-tree", "HEAD")...); err != nil {
		return nil, fmt.Errorf("looking for uncommitted files: %w", err)
	}
	return env, nil
}

// parseStatus reads the records of git status. Those of a file that the index
// has no more, but the work tree has, become one.
func parseStatus(text string) ([]Change, error) {
	var list []Change
	for record := range strings.SplitSeq(text, "\x00") {
		if record == "" {
			continue
		}
		c, err := parseChange(record)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return sortChanges(list), nil
}

// sortChanges leaves the first change of each path. It changes list.
func sortChanges(list []Change) []Change {
	slices.SortStableFunc(list, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return slices.CompactFunc(list, func(a, b Change) bool { return a.Path == b.Path })
}

// fieldsBefore is how many fields stand before the path, by kind of record.
var fieldsBefore = map[byte]int{'1': 8, 'u': 10, '?': 1}

func parseChange(record string) (Change, error) {
	n, ok := fieldsBefore[record[0]]
	fields := strings.SplitN(record, " ", n+1)
	if !ok || len(fields) != n+1 {
		return Change{}, errors.New("git status gave a line that is not understood: " + strconv.Quote(record))
	}
	c := Change{Path: strings.TrimSuffix(fields[n], "/")}
	switch {
	case record[0] == '?':
		c.Kind = Untracked
	case strings.Contains(fields[1], "D"):
		c.Kind = Deleted
	case fields[2][0] == 'S' && fields[1] == ".M" && fields[2][1] == '.':
		c.Kind = moduleContent
	case fields[2][0] == 'S':
		c.Kind = Submodule
	}
	return c, nil
}

// Uncommitted lists the files below a folder, or the file itself, that differ
// from the work tree. selects gets paths relative to the folder, "" for the file
// itself; nil selects all. It is empty for a tree that was not listed through
// Repo.Inputs.
func (t *Tree) Uncommitted(dir string, selects func(rel string) bool) ([]Change, error) {
	all, err := t.changes.wait()
	if err != nil {
		return nil, err
	}
	var found []Change
	for _, c := range all {
		if c.Kind == Submodule && t.selectsModule(c.Path, dir, selects) || within(c.Path, dir, selects) {
			found = append(found, c)
		}
	}
	return found, nil
}

func within(name, dir string, selects func(rel string) bool) bool {
	rel, ok := below(name, dir)
	return ok && (selects == nil || selects(rel))
}

// selectsModule reports whether a file of a submodule is selected.
func (t *Tree) selectsModule(module, dir string, selects func(rel string) bool) bool {
	return slices.ContainsFunc(t.Under(module), func(e Entry) bool { return !e.IsDir() && within(e.Path, dir, selects) })
}

// below makes a path relative to a folder that it is in.
func below(name, dir string) (string, bool) {
	if dir == "" || name == dir {
		return name[len(dir):], true
	}
	return strings.CutPrefix(name, dir+"/")
}
