package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// IncludesInput says where a project's includes are read from.
type IncludesInput struct {
	Repo *Repo
	Dir  string // project folder relative to the root of Repo, "" for the root
	// Read returns the content of a file by its path from the root of Repo, and an
	// error that wraps fs.ErrNotExist for one that is not there.
	Read func(ctx context.Context, path string) ([]byte, error)
	// Live asks the other repositories what their branches and tags stand for now,
	// in place of the lock file. The project has to allow it.
	Live bool
}

// Includes is the files that a project takes from other repositories.
type Includes struct {
	sources []string
	entries []IncludedEntry
}

// IncludedEntry is a file of another repository. Its path is the one that it has
// in the project, from the root of the project's repository. It is never a folder
// or a symbolic link: those are resolved inside the other repository.
type IncludedEntry struct {
	Entry
	Source string // name of the include
}

// includesFiles are the names of the file that lists includes, in the project
// folder. The lock file beside it ends in .lock instead of .yaml.
var includesFiles = []string{"strake-includes.yaml", "werf-includes.yaml"}

// HasIncludes reports whether the project folder dir of a work tree has a list of
// includes, without reading it.
func HasIncludes(dir string) bool {
	return slices.ContainsFunc(includesFiles, func(name string) bool {
		_, err := os.Lstat(filepath.Join(dir, name))
		return err == nil
	})
}

// localOnly are files of the project folder that another repository cannot give.
var localOnly = []string{
	"strake-includes.yaml", "strake-includes.lock", "werf-includes.yaml", "werf-includes.lock",
	"strake-giterminism.yaml", "strake-giterminism.yml", "werf-giterminism.yaml", "werf-giterminism.yml",
}

// fetches is how many repositories are asked at the same time.
const fetches = 4

// LoadIncludes reads the list of includes of a project and its lock file, and
// fetches the commits that are not in the user's cache. It returns nil for a
// project without the file.
//
// Faults of the files are Errors with their places; so are refs that the lock
// does not have and repositories that cannot be read.
func LoadIncludes(ctx context.Context, in IncludesInput) (*Includes, error) {
	list, err := readIncludes(ctx, in)
	if list == nil || err != nil {
		return nil, err
	}
	commits, err := list.commits(ctx, in)
	if err != nil {
		return nil, err
	}
	trees := make([]*Tree, len(list.includes))
	err = eachInclude(ctx, list.includes, func(ctx context.Context, i int, inc *include) error {
		tree, err := in.Repo.Fetch(ctx, inc.remote, commits[i])
		if errors.Is(err, ErrCommitGone) {
			return fmt.Errorf("%w: run strake includes update, and commit %s", err, path.Base(list.lockFile()))
		}
		trees[i] = tree
		return err
	})
	if err != nil {
		return nil, err
	}
	return overlay(ctx, list, trees)
}

// Includes reads the list of includes of the project and lays their files under
// the local ones; see Below. It is nil for a project without the list. The list
// and its lock have to be committed, whatever else the policy allows. With live
// set, the policy has to allow to take branches and tags as they are now.
func (in *Inputs) Includes(ctx context.Context, live bool) (*Includes, error) {
	if in.repo == nil {
		return nil, nil
	}
	return in.includes(ctx, in.repo, live)
}

func (in *Inputs) includes(ctx context.Context, repo *Repo, live bool) (*Includes, error) {
	if live {
		if err := in.Policy.IncludesUpdateAllowed(); err != nil {
			return nil, err
		}
	}
	inc, err := LoadIncludes(ctx, IncludesInput{
		Repo: repo, Dir: in.dir, Live: live,
		Read: func(ctx context.Context, name string) ([]byte, error) { return in.Read(ctx, policyFile, name) },
	})
	if inc == nil || err != nil {
		return nil, err
	}
	entries := make([]Entry, len(inc.entries))
	for i, e := range inc.entries {
		entries[i] = e.Entry
	}
	in.Below(entries)
	return inc, nil
}

// eachInclude calls do for several includes at once and gives errors the places of
// their includes. All are tried, so that all faults are found.
func eachInclude(ctx context.Context, includes []*include, do func(ctx context.Context, i int, inc *include) error) error {
	found := make([]error, len(includes))
	var group errgroup.Group
	group.SetLimit(fetches)
	for i, inc := range includes {
		group.Go(func() error {
			found[i] = inc.fault(do(ctx, i, inc))
			return nil
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var faults Errors
	for _, err := range found {
		var fault *Error
		switch {
		case errors.As(err, &fault):
			faults = append(faults, fault)
		case err != nil:
			return err
		}
	}
	if len(faults) > 0 {
		return faults.Sorted()
	}
	return nil
}

// commits returns the commit of each include: from the lock, or as the other side
// says now.
func (l *includeList) commits(ctx context.Context, in IncludesInput) ([]string, error) {
	commits := make([]string, len(l.includes))
	if in.Live {
		return commits, eachInclude(ctx, l.includes, func(ctx context.Context, i int, inc *include) (err error) {
			commits[i], err = in.Repo.ResolveRef(ctx, inc.remote)
			return err
		})
	}
	lock, err := l.readLock(ctx, in)
	if err != nil {
		return nil, err
	}
	var errs Errors
	for i, inc := range l.includes {
		if commits[i] = lock.commit(inc.remote); commits[i] == "" {
			errs = append(errs, &Error{Pos: inc.remote.URL.Pos, Message: l.notLocked(inc, lock)})
		}
	}
	if len(errs) > 0 {
		return nil, errs.Sorted()
	}
	return commits, nil
}

func (l *includeList) notLocked(inc *include, lock *includesLock) string {
	name := path.Base(l.lockFile())
	what := fmt.Sprintf("%s has no commit for the %s of %s", name, refText(inc.remote), inc.name)
	if lock == nil {
		what = fmt.Sprintf("the file %s with the commit of each include is missing", name)
	}
	return what + ": run strake includes update, and commit " + name
}

// overlay lays the files of the includes over each other: of files at one path
// the one of the include that is written later counts.
func overlay(ctx context.Context, list *includeList, trees []*Tree) (*Includes, error) {
	out := &Includes{}
	taken := pathSet{files: map[string]bool{}, folders: map[string]bool{}}
	for i, inc := range slices.Backward(list.includes) {
		selected, err := inc.selectFiles(ctx, trees[i])
		if err != nil {
			return nil, err
		}
		for _, e := range selected {
			e.Path = path.Join(list.dir, e.Path)
			if taken.free(e.Path) && !list.isLocalOnly(e.Path) {
				out.entries = append(out.entries, e)
			}
		}
		for _, e := range selected {
			taken.add(path.Join(list.dir, e.Path))
		}
	}
	for _, inc := range list.includes {
		if !slices.Contains(out.sources, inc.name) {
			out.sources = append(out.sources, inc.name)
		}
	}
	slices.SortFunc(out.entries, func(a, b IncludedEntry) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

func (l *includeList) isLocalOnly(name string) bool {
	return slices.ContainsFunc(localOnly, func(file string) bool { return name == path.Join(l.dir, file) })
}

// pathSet is a set of files and the folders that they are in.
type pathSet struct{ files, folders map[string]bool }

func (p pathSet) add(name string) {
	p.files[name] = true
	for dir := path.Dir(name); dir != "." && !p.folders[dir]; dir = path.Dir(dir) {
		p.folders[dir] = true
	}
}

// free reports whether a file can be added that hides nothing.
func (p pathSet) free(name string) bool {
	if p.files[name] || p.folders[name] {
		return false
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if p.files[dir] {
			return false
		}
	}
	return true
}

// Entries returns the files of all includes, sorted by path, each path once: the
// file of the include that is written last. No path is below another one. Files
// of the project itself are not looked at. The slice must not be changed. A nil
// Includes has none.
func (i *Includes) Entries() []IncludedEntry {
	if i == nil {
		return nil
	}
	return i.entries
}

// Sources returns the names of the includes in the order they are written.
func (i *Includes) Sources() []string {
	if i == nil {
		return nil
	}
	return i.sources
}

// findIncludes reads the file that lists the includes; name is "" without one.
func findIncludes(ctx context.Context, in IncludesInput) (name string, text []byte, err error) {
	for _, file := range includesFiles {
		file = path.Join(in.Dir, file)
		content, err := in.Read(ctx, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", nil, err
		}
		if name != "" {
			return "", nil, &Error{Pos: Pos{File: file, Line: 1, Col: 1}, Message: fmt.Sprintf("there is also %s: keep one of the two", path.Base(name))}
		}
		name, text = file, content
	}
	return name, text, nil
}
