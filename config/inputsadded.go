package config

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Added returns the file at a path of the work tree, or all files of the folder,
// committed or not, which the policy has to allow as contextAddFiles. Contents
// are as on disk, without the filters of git, and are read with Repo.Open. For a
// commit alone the files are those of the commit.
func (in *Inputs) Added(ctx context.Context, name string) ([]Entry, error) {
	if in.addedFrom != nil {
		return in.addedFrom.Added(ctx, name)
	}
	if in.repo == nil {
		return in.Tree.at(name)
	}
	if err := in.Policy.ContextAddFileAllowed(name); err != nil {
		return nil, err
	}
	if _, ok := in.repo.onDisk(name); !ok {
		return nil, absentError{fmt.Sprintf("contextAddFile %q not found in the work tree", name)}
	}
	var entries []Entry
	for _, file := range in.repo.filesOnDisk(name) {
		e, ok := in.repo.onDisk(file)
		if !ok || e.IsDir() {
			return nil, fmt.Errorf("contextAddFile %q: %s", file, notAFile)
		}
		entries = append(entries, e)
	}
	if len(entries) == 0 {
		return nil, absentError{fmt.Sprintf("contextAddFile %q has no files", name)}
	}
	if err := in.repo.store(ctx, entries); err != nil {
		return nil, fmt.Errorf("reading contextAddFile %q: %w", name, err)
	}
	return entries, nil
}

// at returns the file at a path, or all files in a folder.
func (t *Tree) at(name string) ([]Entry, error) {
	e, ok := t.Lookup(name)
	if !ok {
		return nil, absentError{fmt.Sprintf("contextAddFile %q not found in the project git repository", name)}
	}
	if !e.IsDir() {
		return []Entry{e}, nil
	}
	return t.Under(name), nil
}

// With returns the tree with further entries, which take the place of others with
// the same paths.
func (t *Tree) With(entries []Entry) *Tree {
	more := *t
	more.entries = lay(entries, t.entries)
	return &more
}

// store writes files and links of the work tree as temporary objects and fills in
// their OIDs.
func (r *Repo) store(ctx context.Context, entries []Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.makePrivate(); err != nil {
		return err
	}
	var names strings.Builder
	for i, e := range entries {
		file := filepath.Join(r.root, e.Path)
		if e.Mode == ModeSymlink {
			target, err := os.Readlink(file)
			if err != nil {
				return err
			}
			file = filepath.Join(r.private, "link"+strconv.Itoa(i))
			if err := os.WriteFile(file, []byte(target), 0o600); err != nil {
				return err
			}
		}
		names.WriteString(quoteAlternate(file) + "\n")
	}
	out, err := r.git.input(ctx, names.String(), r.writeEnv(), safely("hash-object", "-w", "--no-filters", "--stdin-paths")...)
	if err != nil {
		return err
	}
	oids := strings.Fields(string(out))
	if len(oids) != len(entries) {
		return fmt.Errorf("git hash-object gave %d ids for %d files", len(oids), len(entries))
	}
	for i := range entries {
		entries[i].OID = oids[i]
	}
	return nil
}
