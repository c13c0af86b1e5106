package template

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strconv"
)

// setData makes what the main template gets as its dot. It is a map, so that
// templates can hand values down with set.
func (r *renderer) setData() {
	vars := r.opts.Vars
	if vars == nil {
		vars = map[string]any{}
	}
	r.vars = identityOf(vars)
	r.watchValue(vars)
	c := r.opts.Commit
	r.data = map[string]any{
		"Files": files(func(sealed) *renderer { return r }),
		"Env":   r.opts.Env,
		"Vars":  vars,
		"Commit": map[string]any{
			"Hash": c.Hash,
			"Date": map[string]any{
				"Human": c.Time.String(),
				"Unix":  strconv.FormatInt(c.Time.Unix(), 10),
			},
		},
	}
}

// checkVar returns of, after a check that it has a value of that name if it is
// .Vars.
func (r *renderer) checkVar(of any, name string) (any, error) {
	vars, ok := of.(map[string]any)
	if !ok || identityOf(vars) != r.vars {
		return of, nil
	}
	if _, ok := vars[name]; !ok {
		return nil, r.unknownVar(name, slices.Sorted(maps.Keys(vars)))
	}
	return of, nil
}

// files is .Files. It is a function, which no function of a template looks into,
// copies or prints; sealed keeps templates from calling it.
type files func(sealed) *renderer

type sealed struct{}

// String keeps addresses out of rendered texts.
func (f files) String() string { return "files of the project" }

// MarshalJSON makes the data of a template printable.
func (f files) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// MarshalYAML makes the data of a template printable.
func (f files) MarshalYAML() (any, error) { return nil, nil }

// Get returns the content of a file.
func (f files) Get(path string) (string, error) {
	r := f(sealed{})
	if err := r.check(); err != nil {
		return "", err
	}
	text, err := r.opts.Project.Get(path)
	if err != nil {
		return "", fileError(path, err)
	}
	r.remember(path, text)
	return r.text(text)
}

// Glob returns the contents of the files that a pattern selects, by path. That
// there is none is an error.
func (f files) Glob(pattern string) (map[string]any, error) {
	r := f(sealed{})
	if err := r.check(); err != nil {
		return nil, err
	}
	found, err := r.opts.Project.Glob(pattern)
	if err != nil {
		return nil, fileError(pattern, err)
	}
	if len(found) == 0 {
		return nil, messagef("no file matches %q", pattern)
	}
	contents := make(map[string]any, len(found))
	for _, path := range slices.Sorted(maps.Keys(found)) {
		contents[path] = found[path]
		r.remember(path, found[path])
	}
	return contents, r.made(contents)
}

// Exists reports whether there is a file or folder.
func (f files) Exists(path string) (bool, error) { return f.ask(path, Project.Exists) }

// IsDir reports whether there is a folder.
func (f files) IsDir(path string) (bool, error) { return f.ask(path, Project.IsDir) }

func (f files) ask(path string, question func(Project, string) (bool, error)) (bool, error) {
	r := f(sealed{})
	if err := r.check(); err != nil {
		return false, err
	}
	yes, err := question(r.opts.Project, path)
	if err != nil {
		return false, fileError(path, err)
	}
	return yes, nil
}

func fileError(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return messagef("the project has no file %q at this commit", path)
	}
	return message(err.Error())
}

// remember keeps which file a text is the content of, for tpl.
func (r *renderer) remember(path, text string) {
	c := r.files[text]
	if c == nil {
		c = &content{}
		r.files[text] = c
	}
	if !slices.Contains(c.paths, path) {
		c.paths = append(c.paths, path)
	}
}

// emptyProject stands for a project where there is none.
type emptyProject struct{}

func (emptyProject) Get(string) (string, error)             { return "", fs.ErrNotExist }
func (emptyProject) Glob(string) (map[string]string, error) { return nil, nil }
func (emptyProject) Exists(string) (bool, error)            { return false, nil }
func (emptyProject) IsDir(string) (bool, error)             { return false, nil }
func (emptyProject) Getenv(name string) (string, bool, error) {
	return "", false, messagef("the environment variable %q is not allowed here", name)
}
