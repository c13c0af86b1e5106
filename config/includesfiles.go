package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// maxIncluded is how many files are looked at for one include; links to folders
// can make many of few.
const maxIncluded = 1_000_000

// selection collects the files that an include takes from its tree.
type selection struct {
	inc     *include
	tree    *Tree
	matcher Matcher
	lfs     bool // some files may be pointers of git LFS
	seen    int
	found   []IncludedEntry
}

// selectFiles returns the files of an include with the paths that they get
// relative to the project folder.
func (inc *include) selectFiles(ctx context.Context, tree *Tree) ([]IncludedEntry, error) {
	s := &selection{inc: inc, tree: tree, matcher: inc.files.Matcher()}
	add, to := strings.Trim(inc.files.Add.Value, "/"), strings.Trim(inc.files.To.Value, "/")
	root, err := tree.Resolve(ctx, add)
	if err != nil {
		return nil, inc.placed(inc.files.Add.Pos, s.missing(add, err))
	}
	if s.lfs, err = usesLFS(ctx, tree); err != nil {
		return nil, inc.fault(err)
	}
	if root.IsDir() {
		err = s.folder(ctx, root.Path, "", 0)
	} else if to == "" {
		return nil, inc.placed(inc.files.To.Pos, fmt.Errorf("add is the file /%s, so to must name a file too: write to: /%s", add, path.Base(add)))
	} else {
		err = s.file(ctx, root, "")
	}
	if err == nil && len(s.found) == 0 {
		err = fmt.Errorf("no file of %s at commit %.12s is selected: check add, includePaths and excludePaths", inc.name, tree.commit.ID)
	}
	if err != nil {
		return nil, inc.fault(err)
	}
	for i := range s.found {
		s.found[i].Path = path.Join(to, s.found[i].Path)
	}
	return s.found, nil
}

// placed gives an error a place of its own if the key is written.
func (inc *include) placed(pos Pos, err error) error {
	if pos == (Pos{}) {
		return inc.fault(err)
	}
	return &Error{Pos: pos, Message: err.Error()}
}

func (s *selection) missing(add string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s has no /%s at commit %.12s", s.inc.name, add, s.tree.commit.ID)
	}
	return fmt.Errorf("%s: %w", s.inc.name, err)
}

// folder takes what is below a folder of the tree; as is the folder's path
// relative to add.
func (s *selection) folder(ctx context.Context, dir, as string, links int) error {
	for _, e := range s.tree.Under(dir) {
		if s.seen++; s.seen > maxIncluded {
			return fmt.Errorf("%s has more than %d files: take less of it with add", s.inc.name, maxIncluded)
		}
		rel := path.Join(as, strings.TrimPrefix(e.Path[len(dir):], "/"))
		var err error
		switch {
		case e.IsDir():
		case e.Mode == ModeSymlink:
			err = s.link(ctx, e, rel, links)
		default:
			err = s.file(ctx, e, rel)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// link takes what a symbolic link leads to: the link alone would lead elsewhere
// among the files of the project. Links that nobody selects may be broken.
func (s *selection) link(ctx context.Context, e Entry, rel string, links int) error {
	target, err := s.tree.Resolve(ctx, e.Path)
	selected := s.matcher.Match(rel)
	switch {
	case err != nil && (!selected || ctx.Err() != nil):
		return ctx.Err()
	case err != nil:
		return s.leaveOut("the symbolic link " + e.Path + " leads nowhere in the repository")
	case !target.IsDir():
		return s.file(ctx, target, rel)
	case links < maxHops && !inside(e.Path, target.Path):
		return s.folder(ctx, target.Path, rel, links+1)
	case selected:
		return s.leaveOut("the symbolic link " + e.Path + " leads to a folder that it is in")
	}
	return nil
}

// inside reports whether a path is below a folder.
func inside(name, dir string) bool { return dir == "" || strings.HasPrefix(name, dir+"/") }

// file takes one file if it is selected.
func (s *selection) file(ctx context.Context, e Entry, rel string) error {
	if !s.matcher.Match(rel) {
		return nil
	}
	if e.Mode == ModeModule {
		return s.leaveOut(e.Path + " is a git submodule, which cannot be included")
	}
	if s.lfs {
		pointer, err := isPointer(ctx, s.tree, e)
		if err != nil {
			return err
		}
		if pointer {
			return s.leaveOut(e.Path + " is kept by git LFS, which cannot be included")
		}
	}
	s.found = append(s.found, IncludedEntry{Entry: Entry{Path: rel, Mode: e.Mode, OID: e.OID}, Source: s.inc.name})
	return nil
}

// leaveOut refuses a selected file and says how to go on without it.
func (s *selection) leaveOut(why string) error {
	return fmt.Errorf("%s: %s: leave it out with excludePaths", s.inc.name, why)
}

// usesLFS reports whether the tree gives files to git LFS.
func usesLFS(ctx context.Context, t *Tree) (bool, error) {
	for _, e := range t.entries {
		if path.Base(e.Path) != ".gitattributes" || !e.IsRegular() {
			continue
		}
		text, err := t.read(ctx, e.OID, maxRecords)
		if err != nil {
			return false, fmt.Errorf("reading %s: %w", e.Path, err)
		}
		if bytes.Contains(text, []byte("filter=lfs")) {
			return true, nil
		}
	}
	return false, nil
}

// isPointer reports whether a file is what git LFS keeps in place of a content.
func isPointer(ctx context.Context, t *Tree, e Entry) (bool, error) {
	const pointerSize, mark = 1024, "version https://git-lfs.github.com/spec/"
	body, size, err := t.blobs.Open(ctx, e.OID)
	if err != nil {
		return false, err
	}
	defer body.Close()
	if size < int64(len(mark)) || size > pointerSize {
		return false, nil
	}
	text, err := t.read(ctx, e.OID, pointerSize)
	return bytes.HasPrefix(text, []byte(mark)), err
}
