package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/strakebuild/strake/config/template"
)

// templateFolders hold the partial templates of a project.
var templateFolders = []string{".werf", ".strake"}

const (
	maxPartials     = 10_000
	maxPartialBytes = 16 << 20
	maxGlobBytes    = 64 << 20 // of all files that one Glob of a template returns
)

// readPartials reads the partial templates, once. Their names are relative to
// their folder.
func (r *reading) readPartials(ctx context.Context) error {
	if r.ready {
		return nil
	}
	r.ready = true
	folders := templateFolders
	if r.opts.TemplatesDir != "" {
		folders = []string{r.opts.TemplatesDir}
	}
	taken := map[string]string{}
	total := 0
	for _, folder := range folders {
		dir := cleanDir(path.Join(r.opts.Dir, folder))
		found, err := r.in.selected(TemplateFile, dir, func(name string) bool { return path.Ext(name) == ".tmpl" })
		if err != nil {
			return fmt.Errorf("reading templates: %w", err)
		}
		for _, e := range found {
			name, _ := below(e.Path, dir)
			if first := taken[name]; first != "" {
				r.fail(Pos{File: e.Path, Line: 1, Col: 1}, "the template %s is given twice; first in %s", name, first)
				continue
			}
			taken[name] = e.Path
			text, err := r.in.Read(ctx, TemplateFile, e.Path)
			if err != nil {
				return fmt.Errorf("reading templates: %w", err)
			}
			if total += len(text); total > maxPartialBytes || len(r.partials) == maxPartials {
				return fmt.Errorf("reading templates: they have more than %d bytes or %d files", maxPartialBytes, maxPartials)
			}
			r.partials = append(r.partials, template.Source{Name: name, File: e.Path, Text: unixText(text)})
		}
	}
	return nil
}

// templateFiles is what a template can reach: the files of the project, and the
// environment as far as the project allows it.
type templateFiles struct {
	ctx     context.Context // of the one rendering that this value is for
	reading *reading
}

// Get returns the content of a file; name is relative to the project folder.
func (t *templateFiles) Get(name string) (string, error) {
	full, err := t.full(name)
	if err != nil {
		return "", err
	}
	text, err := t.reading.in.Read(t.ctx, TemplateData, full)
	return string(text), err
}

// Glob returns the files that a pattern matches with their contents.
func (t *templateFiles) Glob(pattern string) (map[string]string, error) {
	pattern = strings.TrimPrefix(path.Clean(pattern), "/")
	if err := checkGlob(pattern); err != nil {
		return nil, err
	}
	dir := t.reading.opts.Dir
	entries, err := t.reading.in.selected(TemplateData, dir, func(name string) bool { return doublestar.MatchUnvalidated(pattern, name) })
	if err != nil {
		return nil, err
	}
	found, total := map[string]string{}, 0
	for _, e := range entries {
		text, err := t.reading.in.Read(t.ctx, TemplateData, e.Path)
		if err != nil {
			return nil, err
		}
		if total += len(text); total > maxGlobBytes {
			return nil, fmt.Errorf("the files of the glob %q have more than %d bytes", pattern, maxGlobBytes)
		}
		name, _ := below(e.Path, dir)
		found[name] = string(text)
	}
	return found, nil
}

// Exists reports whether there is a file or folder.
func (t *templateFiles) Exists(name string) (bool, error) {
	_, ok, err := t.lookup(name)
	return ok, err
}

// IsDir reports whether there is a folder.
func (t *templateFiles) IsDir(name string) (bool, error) {
	e, ok, err := t.lookup(name)
	return ok && e.IsDir(), err
}

func (t *templateFiles) lookup(name string) (Entry, bool, error) {
	full, err := t.full(name)
	if err != nil {
		return Entry{}, false, err
	}
	e, err := t.reading.in.View(TemplateData).Resolve(t.ctx, full)
	if errors.Is(err, fs.ErrNotExist) {
		return Entry{}, false, nil
	}
	return e, err == nil, err
}

// full is a name of the project folder relative to the repository.
func (t *templateFiles) full(name string) (string, error) {
	rel := strings.TrimPrefix(path.Clean(name), "/")
	if !filepath.IsLocal(rel) {
		return "", fmt.Errorf("%s is outside the project folder", name)
	}
	return cleanDir(path.Join(t.reading.opts.Dir, rel)), nil
}

// Getenv returns a variable of the environment.
func (t *templateFiles) Getenv(name string) (string, bool, error) {
	if err := t.reading.in.Policy.EnvAllowed(name); err != nil && !t.reading.opts.Loose {
		return "", false, err
	}
	value, set := t.reading.opts.getenv(name)
	return value, set, nil
}
