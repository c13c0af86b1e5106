package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// The git file modes of entries.
const (
	ModeDir     uint32 = 0o040000
	ModeFile    uint32 = 0o100644
	ModeExec    uint32 = 0o100755
	ModeSymlink uint32 = 0o120000
	ModeModule  uint32 = 0o160000 // a submodule: a commit of another repository
)

// Entry is a file, folder, link or submodule of a Tree.
type Entry struct {
	Path string // relative to the root of the tree, forward slashes, any bytes but NUL
	Mode uint32 // one of the Mode constants
	OID  string // id of the blob, tree or commit
}

// IsDir reports whether e is a folder.
func (e Entry) IsDir() bool { return e.Mode == ModeDir }

// IsRegular reports whether e is a file, executable or not.
func (e Entry) IsRegular() bool { return e.Mode == ModeFile || e.Mode == ModeExec }

// Tree is all names of a commit, held in memory, with the contents a question
// away. It does not change and may be used concurrently.
type Tree struct {
	commit  Commit
	entries []Entry // sorted by the bytes of Path
	blobs   blobOpener
	root    string // of the work tree, "" when there is none
	lfs     *lfsFiles
	// unusable says of submodules why they cannot be read.
	unusable map[string]error
	changes  *changes // of the work tree, nil when nobody asks for them
}

// blobOpener is what a Tree needs of a Repo.
type blobOpener interface {
	Open(ctx context.Context, oid string) (io.ReadCloser, int64, error)
}

// Tree lists the files of a commit.
func (r *Repo) Tree(ctx context.Context, c Commit) (*Tree, error) {
	if !isOID(c.Tree) {
		return nil, fmt.Errorf("listing files: %q is not the id of a tree", c.Tree)
	}
	r.mu.Lock()
	env := r.readEnv()
	r.mu.Unlock()
	out, err := r.git.output(ctx, env, "ls-tree", "-r", "-t", "-z", "--full-tree", c.Tree)
	if err != nil {
		return nil, fmt.Errorf("listing files of tree %s: %w", c.Tree, err)
	}
	entries, err := parseListing(string(out))
	if err != nil {
		return nil, fmt.Errorf("listing files of tree %s: %w", c.Tree, err)
	}
	return &Tree{commit: c, entries: entries, blobs: r, root: r.root, lfs: r.lfs}, nil
}

// parseListing reads "<mode> <type> <oid>\t<path>\0" records. The entries share
// the memory of the listing.
func parseListing(listing string) ([]Entry, error) {
	entries := make([]Entry, 0, strings.Count(listing, "\x00"))
	for listing != "" {
		record, rest, _ := strings.Cut(listing, "\x00")
		listing = rest
		e, err := parseRecord(record)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	// Git sorts a folder as if its name ended in a slash.
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	return entries, nil
}

func parseRecord(record string) (Entry, error) {
	head, path, ok := strings.Cut(record, "\t")
	mode, rest, ok2 := strings.Cut(head, " ")
	_, oid, ok3 := strings.Cut(rest, " ")
	if !ok || !ok2 || !ok3 || path == "" {
		return Entry{}, errors.New("git ls-tree gave a line that is not understood: " + strconv.Quote(record))
	}
	bits, err := strconv.ParseUint(mode, 8, 32)
	if err != nil {
		return Entry{}, errors.New("git ls-tree gave a mode that is not understood: " + strconv.Quote(mode))
	}
	return Entry{Path: path, Mode: plainMode(uint32(bits)), OID: oid}, nil
}

// plainMode maps the modes that old git versions wrote (100664) to those of
// today.
func plainMode(mode uint32) uint32 {
	if mode&0o170000 != 0o100000 {
		return mode
	}
	if mode&0o100 != 0 {
		return ModeExec
	}
	return ModeFile
}

// Commit returns what the tree was listed for.
func (t *Tree) Commit() Commit { return t.commit }

// Lookup returns the entry at a path; "" is the root folder.
func (t *Tree) Lookup(path string) (Entry, bool) {
	if path == "" {
		return Entry{Mode: ModeDir, OID: t.commit.Tree}, true
	}
	i := t.search(path)
	if i < len(t.entries) && t.entries[i].Path == path {
		return t.entries[i], true
	}
	return Entry{}, false
}

// Under returns everything below the folder dir, folders included, sorted by the
// bytes of the paths. The slice is part of the tree and must not be changed.
func (t *Tree) Under(dir string) []Entry {
	if dir == "" {
		return t.entries
	}
	from := t.searchIn(dir, '/')
	to := t.searchIn(dir, '/'+1)
	return t.entries[from:to:to]
}

// search returns the index of the first entry that is not before path.
func (t *Tree) search(path string) int {
	i, _ := slices.BinarySearchFunc(t.entries, path, func(e Entry, p string) int { return strings.Compare(e.Path, p) })
	return i
}

// searchIn is search for path followed by the byte end, without joining them.
func (t *Tree) searchIn(path string, end byte) int {
	i, _ := slices.BinarySearchFunc(t.entries, path, func(e Entry, p string) int { return compareJoined(e.Path, p, end) })
	return i
}

// compareJoined compares a with b followed by the byte end.
func compareJoined(a, b string, end byte) int {
	if len(a) <= len(b) {
		if c := strings.Compare(a, b); c != 0 {
			return c
		}
		return -1
	}
	if c := strings.Compare(a[:len(b)], b); c != 0 {
		return c
	}
	if a[len(b)] != end {
		return int(a[len(b)]) - int(end)
	}
	return min(len(a)-len(b)-1, 1)
}
