package config

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// onDiskOID begins the OID of an entry whose content is read from the work tree.
const onDiskOID = "worktree:"

// View returns the names that a purpose can see: those of Tree, with what the
// policy lets differ as it is in the work tree, and what Below has laid under
// them. Contents are for Read to give: the OIDs of a view are its own.
func (in *Inputs) View(use Purpose) *Tree {
	in.mu.Lock()
	defer in.mu.Unlock()
	if view := in.views[use]; view != nil {
		return view
	}
	view := in.view(use)
	in.views[use] = view
	return view
}

func (in *Inputs) view(use Purpose) *Tree {
	view := *in.Tree
	if in.strict {
		view.entries = in.withAllowed(use)
	}
	if len(in.below) > 0 && use != ContextAddFile {
		view.entries = lay(view.entries, in.below)
	}
	view.blobs = viewBlobs{in}
	return &view
}

// withAllowed is the entries of the commit with those that may differ as they are
// in the work tree.
func (in *Inputs) withAllowed(use Purpose) []Entry {
	names := in.allowedNames(use)
	if names == nil {
		return in.Tree.entries
	}
	var there []Entry
	gone := map[string]bool{}
	for _, name := range names {
		if e, ok := in.repo.onDisk(name); ok && !e.IsDir() {
			there = append(there, e)
		} else if !ok {
			gone[name] = true
		}
	}
	kept := slices.DeleteFunc(slices.Clone(in.Tree.entries), func(e Entry) bool { return !e.IsDir() && gone[e.Path] })
	return lay(there, kept)
}

// allowedNames is the files that may and do differ from the commit, those that
// git ignores included.
func (in *Inputs) allowedNames(use Purpose) []string {
	if use == ContextAddFile {
		return nil // may be any amount of build output, and is asked for by name
	}
	if use == ProjectFile {
		return in.allowedProjectFiles()
	}
	masks := in.Policy.lists[fileKeys[use]]
	if len(masks) == 0 {
		return nil
	}
	var names []string
	changed, _ := in.Tree.Uncommitted(in.dir, nil) // Read tells of an error
	for _, c := range changed {
		names = append(names, c.Path)
	}
	for _, mask := range masks {
		for _, name := range in.repo.filesOnDisk(path.Join(in.dir, staticPart(mask))) {
			if _, tracked := in.Tree.Lookup(name); !tracked {
				names = append(names, name)
			}
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !in.Policy.allowsFile(use, name) })
	slices.Sort(names)
	return slices.Compact(names)
}

// allowedProjectFiles is every changed file of the project folder, and the
// project file even if git ignores it.
func (in *Inputs) allowedProjectFiles() []string {
	if !in.Policy.flags[keyUncommitted] {
		return nil
	}
	names := candidates(LoadOptions{Dir: in.dir})
	changed, _ := in.Tree.Uncommitted(in.dir, nil) // Read tells of an error
	for _, c := range changed {
		names = append(names, c.Path)
	}
	return names
}

// staticPart is the folders that a mask begins with and that hold no pattern.
func staticPart(mask string) string {
	var static []string
	for part := range strings.SplitSeq(strings.Trim(path.Clean(mask), "/"), "/") {
		if strings.ContainsAny(part, `*?[{\`) {
			break
		}
		static = append(static, part)
	}
	return path.Join(static...)
}

// lay returns the entries over with those of under where over has nothing, and
// with the folders that they are in.
func lay(over, under []Entry) []Entry {
	all := make(map[string]Entry, len(over)+len(under))
	for _, e := range over {
		all[e.Path] = e
	}
	for _, e := range over {
		addFolders(all, e.Path, true)
	}
	for _, e := range under {
		if _, taken := all[e.Path]; !taken && addFolders(all, e.Path, false) {
			all[e.Path] = e
		}
	}
	list := make([]Entry, 0, len(all))
	for _, e := range all {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// addFolders adds the folders that a path is in. It reports whether they are
// folders; with replace they become that.
func addFolders(all map[string]Entry, name string, replace bool) bool {
	var missing []string
	for dir := path.Dir(name); dir != "." && dir != "/"; dir = path.Dir(dir) {
		e, ok := all[dir]
		if ok && e.IsDir() {
			break
		}
		if ok && !replace {
			return false
		}
		missing = append(missing, dir)
	}
	for _, dir := range missing {
		all[dir] = Entry{Path: dir, Mode: ModeDir}
	}
	return true
}

// onDisk returns the entry that a path of the work tree would have. It follows no
// links; what git cannot store is not there.
func (r *Repo) onDisk(name string) (Entry, bool) {
	if slices.Contains(strings.Split(name, "/"), ".git") {
		return Entry{}, false
	}
	root, err := os.OpenRoot(r.root)
	if err != nil {
		return Entry{}, false
	}
	defer root.Close()
	for i, c := range name {
		if c != '/' {
			continue
		}
		if info, err := root.Lstat(name[:i]); err != nil || !info.IsDir() {
			return Entry{}, false
		}
	}
	info, err := root.Lstat(name)
	if err != nil {
		return Entry{}, false
	}
	return diskEntry(name, info.Mode())
}

func diskEntry(name string, mode fs.FileMode) (Entry, bool) {
	e := Entry{Path: name, Mode: ModeFile, OID: onDiskOID + name}
	switch {
	case mode.IsDir():
		return Entry{Path: name, Mode: ModeDir}, true
	case mode.Type() == fs.ModeSymlink:
		e.Mode = ModeSymlink
	case !mode.IsRegular():
		return Entry{}, false
	case mode.Perm()&0o100 != 0:
		e.Mode = ModeExec
	}
	return e, true
}

// filesOnDisk lists the files at or below a path of the work tree, without those
// of other repositories in it.
func (r *Repo) filesOnDisk(start string) []string {
	var names []string
	if e, ok := r.onDisk(start); start != "" && !ok {
		return nil
	} else if start != "" && !e.IsDir() {
		return []string{start}
	}
	filepath.WalkDir(filepath.Join(r.root, start), func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && d != nil && d.IsDir():
			return fs.SkipDir // nothing in it can be read
		case err != nil || d.Name() == ".git":
			return skip(d)
		case !d.IsDir():
			names = append(names, strings.TrimPrefix(name[len(r.root):], "/"))
		}
		return nil
	})
	return names
}

func skip(d fs.DirEntry) error {
	if d != nil && d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// viewBlobs opens the contents of a view.
type viewBlobs struct{ in *Inputs }

// Open opens a file or link of the work tree, or a git object.
func (b viewBlobs) Open(ctx context.Context, oid string) (io.ReadCloser, int64, error) {
	name, ok := strings.CutPrefix(oid, onDiskOID)
	if !ok {
		return b.in.Tree.blobs.Open(ctx, oid)
	}
	content, err := b.in.repo.readDisk(name, maxFile)
	return io.NopCloser(bytes.NewReader(content)), int64(len(content)), err
}

// readDisk returns the content of a file of the work tree, or the target of a
// link.
func (r *Repo) readDisk(name string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(r.root)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if target, err := root.Readlink(name); err == nil {
		return []byte(target), nil
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is %s", name, notAFile)
	case info.Size() > limit:
		return nil, fmt.Errorf("it has %d bytes, more than the limit of %d", info.Size(), limit)
	}
	return io.ReadAll(io.LimitReader(f, limit))
}
