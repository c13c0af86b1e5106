package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/strakebuild/strake/schema"
)

// includesLock is the commits that the branches and tags of includes stand for.
type includesLock struct{ commits map[lockKey]string }

// lockKey is what a commit is looked up by.
type lockKey struct{ git, branch, tag string }

func keyOf(remote GitRemote) lockKey {
	return lockKey{remote.URL.Value, remote.Branch.Value, remote.Tag.Value}
}

// commit returns the commit of an include, "" when the lock does not have it. An
// include that names a commit needs no lock.
func (l *includesLock) commit(remote GitRemote) string {
	if remote.Commit.Value != "" {
		return remote.Commit.Value
	}
	if l == nil {
		return ""
	}
	return l.commits[keyOf(remote)]
}

// readLock reads the lock file, nil when there is none.
func (l *includeList) readLock(ctx context.Context, in IncludesInput) (*includesLock, error) {
	text, err := in.Read(ctx, l.lockFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := readRecords(l.lockFile(), text)
	lock := &includesLock{commits: map[lockKey]string{}}
	for _, n := range r.items {
		r.locked(n, lock)
	}
	if len(r.errs) > 0 {
		return nil, r.errs.Sorted()
	}
	return lock, nil
}

// locked decodes one entry of the lock file.
func (r *records) locked(n *yaml.Node, lock *includesLock) {
	f := r.fields(n, "an entry", "git", "branch", "tag", "commit")
	if f == nil {
		return
	}
	remote := r.remote(f, n)
	if remote.Commit.Value == "" {
		r.fail(r.pos(n), "commit is missing: run strake includes update")
	}
	if set(remote.Branch, remote.Tag) > 1 {
		r.fail(r.pos(n), "an entry has a branch or a tag, not both: run strake includes update")
	}
	key := keyOf(remote)
	if key.branch+key.tag == "" {
		return // a commit stands for itself
	}
	if other, twice := lock.commits[key]; twice && other != remote.Commit.Value {
		r.fail(r.pos(n), "the %s of %s has two commits: run strake includes update", refText(remote), key.git)
	}
	lock.commits[key] = remote.Commit.Value
}

// Move is what an update of the lock file did to one include.
type Move struct {
	Source   string // name of the include
	Ref      string // "branch main", "tag v1"
	Old, New string // commits; Old is "" for one that is new
}

// IncludesUpdate is a new lock file.
type IncludesUpdate struct {
	File  string // path from the root of the repository
	Text  []byte
	Moves []Move // the includes whose commit is another one now, in their order
	Count int    // of includes
}

// UpdateIncludes asks the repositories of all includes, or of those named, which
// commits their branches and tags stand for, and returns the lock file that says
// so. Names are those of includes or their addresses. It returns nil for a
// project without includes. Nothing is written.
func UpdateIncludes(ctx context.Context, in IncludesInput, names []string) (*IncludesUpdate, error) {
	list, err := readIncludes(ctx, in)
	if list == nil || err != nil {
		return nil, err
	}
	if err := list.checkNames(names); err != nil {
		return nil, err
	}
	lock, err := list.readLock(ctx, in)
	if err != nil && len(names) > 0 {
		return nil, err
	}
	// Without names the file is written anew, whatever is in it, as after a merge
	// with conflicts.
	commits := make([]string, len(list.includes))
	err = eachInclude(ctx, list.includes, func(ctx context.Context, i int, inc *include) (err error) {
		old := lock.commit(inc.remote)
		if len(names) > 0 && old != "" && !inc.isNamed(names) {
			commits[i] = old
			return nil
		}
		commits[i], err = in.Repo.ResolveRef(ctx, inc.remote)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list.update(lock, commits)
}

func (inc *include) isNamed(names []string) bool {
	return slices.Contains(names, inc.name) || slices.Contains(names, inc.remote.URL.Value)
}

// checkNames refuses names that no include has.
func (l *includeList) checkNames(names []string) error {
	var known []string
	for _, inc := range l.includes {
		known = append(known, inc.name)
	}
	for _, name := range names {
		if slices.ContainsFunc(l.includes, func(inc *include) bool { return inc.isNamed([]string{name}) }) {
			continue
		}
		if near, ok := schema.Nearest(name, known); ok {
			return fmt.Errorf("there is no include %q; did you mean %q?", name, near)
		}
		return fmt.Errorf("there is no include %q: the includes are %s", name, strings.Join(known, ", "))
	}
	return nil
}

// lockEntry and lockText are the form of the lock file.
type lockEntry struct {
	Git    string `yaml:"git"`
	Branch string `yaml:"branch,omitempty"`
	Tag    string `yaml:"tag,omitempty"`
	Commit string `yaml:"commit"`
}

type lockText struct {
	Includes []lockEntry `yaml:"includes"`
}

// update writes the entries in the order of the includes, each once.
func (l *includeList) update(lock *includesLock, commits []string) (*IncludesUpdate, error) {
	u := &IncludesUpdate{File: l.lockFile(), Count: len(l.includes)}
	text := lockText{Includes: []lockEntry{}}
	for i, inc := range l.includes {
		key := keyOf(inc.remote)
		entry := lockEntry{key.git, key.branch, key.tag, commits[i]}
		if slices.ContainsFunc(text.Includes, func(e lockEntry) bool {
			return lockKey{e.Git, e.Branch, e.Tag} == key && (key.branch+key.tag != "" || e.Commit == entry.Commit)
		}) {
			continue
		}
		text.Includes = append(text.Includes, entry)
		if old := lock.commit(inc.remote); old != commits[i] {
			u.Moves = append(u.Moves, Move{Source: inc.name, Ref: refText(inc.remote), Old: old, New: commits[i]})
		}
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	if err := encoder.Encode(text); err != nil {
		return nil, fmt.Errorf("writing %s: %w", u.File, err)
	}
	u.Text = out.Bytes()
	return u, nil
}
