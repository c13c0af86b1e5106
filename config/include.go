package config

import (
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"gopkg.in/yaml.v3"
)

// maxProjectFiles is how many files a project may include.
const maxProjectFiles = 10_000

// included lists the files that the globs of the key include select, sorted, each
// once. The globs are relative to the folder of the project file.
func (r *reading) included(main string) []string {
	meta := r.meta()
	if meta == nil {
		return nil
	}
	_, globs := find(meta.tree, "include")
	if globs == nil {
		return nil
	}
	var files []string
	for _, n := range itemsOf(globs) {
		if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" {
			files = append(files, r.includeGlob(main, n)...)
		}
	}
	slices.Sort(files)
	files = slices.DeleteFunc(slices.Compact(files), func(f string) bool { return f == main })
	if len(files) > maxProjectFiles {
		r.fail(r.sources.pos(globs.Line, globs.Column), "include: the globs select %d files; at most %d can be included", len(files), maxProjectFiles)
		return nil
	}
	return files
}

func (r *reading) includeGlob(main string, n *yaml.Node) []string {
	at := r.sources.pos(n.Line, n.Column)
	glob := path.Clean(n.Value)
	if strings.HasPrefix(glob, "/") || glob == ".." || strings.HasPrefix(glob, "../") {
		return nil // the schema says what is wrong
	}
	if err := checkGlob(glob); err != nil {
		r.fail(at, "include: %v", err)
		return nil
	}
	dir := cleanDir(path.Dir(main))
	found, err := r.in.selected(ProjectFile, dir, func(name string) bool { return doublestar.MatchUnvalidated(glob, name) })
	if err != nil {
		r.broken = true
		r.fail(at, "include: %v", err)
		return nil
	}
	var files []string
	for _, e := range found {
		files = append(files, e.Path)
	}
	if len(files) == 0 {
		r.broken = true
		where := "the root of the repository"
		if dir != "" {
			where = dir
		}
		r.fail(at, "include: no file of %s matches %q", where, n.Value)
	}
	return files
}
