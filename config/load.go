package config

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// fileNames are the names of the project file in the order they are tried.
var fileNames = []string{"strake.yaml", "strake.yml", "werf.yaml", "werf.yml"}

const maxProjectFile = 8 << 20 // bytes

// LoadOptions says which project file to load and what it may be told from
// outside. The zero value means the one in the root of the repository.
type LoadOptions struct {
	Dir          string            // project folder relative to the root, "" for the root
	File         string            // project file relative to the root; "" looks in Dir for the usual names
	TemplatesDir string            // folder of partial templates relative to Dir; "" means .werf and .strake
	Name         string            // name of the project in place of the one in the file
	Env          string            // what templates see as .Env
	Vars         map[string]string // values of variables that the project declares
	Loose        bool              // templates may use the environment, the clock and chance
	Debug        bool              // templates may print through Log
	Log          func(string)      // takes what templates print; nil for nobody
	Getenv       func(name string) (string, bool)
}

func (o LoadOptions) getenv(name string) (string, bool) {
	if o.Getenv == nil {
		return os.LookupEnv(name)
	}
	return o.Getenv(name)
}

// Load reads, decodes and checks a project file with the files that it includes.
// When they have faults the error is of type Errors and holds all of them.
func Load(ctx context.Context, in *Inputs, opts LoadOptions) (*Project, error) {
	opts.Dir = cleanDir(opts.Dir)
	entry, err := findFile(ctx, in, opts)
	if err != nil {
		return nil, err
	}
	r := newReading(in, opts)
	if err := r.main(ctx, entry.Path); err != nil {
		return nil, err
	}
	r.rewrite()
	d := r.decode(entry.Path)
	fillIn(d.project)
	errs, err := check(ctx, d, in)
	if err != nil {
		return nil, fmt.Errorf("checking the project file %s: %w", entry.Path, err)
	}
	if len(errs) > 0 {
		errs = errs.Sorted()
		r.sources.locate(errs)
		return nil, errs
	}
	r.sources.locate(d.project.Warnings)
	return d.project, nil
}

func cleanDir(dir string) string {
	dir = path.Clean(dir)
	if dir == "." {
		return ""
	}
	return dir
}

// findFile returns the entry of the project file, which must be a regular file or
// a link to one.
func findFile(ctx context.Context, in *Inputs, opts LoadOptions) (Entry, error) {
	t := in.View(ProjectFile)
	for _, name := range candidates(opts) {
		e, ok := t.Lookup(name)
		if !ok {
			continue
		}
		if e.Mode == ModeSymlink {
			target, err := t.Resolve(ctx, name)
			if err != nil {
				return Entry{}, err
			}
			e.Mode = target.Mode
		}
		if !e.IsRegular() {
			return Entry{}, fmt.Errorf("%s is %s: the project file must be a regular file", name, kindOf(e.Mode))
		}
		return e, nil
	}
	return Entry{}, notFound(t, opts)
}

func candidates(opts LoadOptions) []string {
	if opts.File != "" {
		return []string{path.Clean(opts.File)}
	}
	names := make([]string, len(fileNames))
	for i, name := range fileNames {
		names[i] = path.Join(opts.Dir, name)
	}
	return names
}

// notFound says why there is no project file: not committed, or not there.
func notFound(t *Tree, opts LoadOptions) error {
	for _, name := range candidates(opts) {
		if t.onDisk(name) {
			return errors.New(t.notCommitted(name))
		}
	}
	if opts.File != "" {
		return fmt.Errorf("there is no project file %s in the repository", opts.File)
	}
	where := "the root of the repository"
	if opts.Dir != "" {
		where = "the folder " + opts.Dir + " of the repository"
	}
	return fmt.Errorf("there is no project file in %s; looked for %s", where, strings.Join(fileNames, ", "))
}

// onDisk reports whether a path that is not in the tree exists in the work tree.
func (t *Tree) onDisk(name string) bool {
	if t.root == "" || !filepath.IsLocal(filepath.FromSlash(name)) {
		return false
	}
	_, err := os.Lstat(filepath.Join(t.root, filepath.FromSlash(name)))
	return err == nil
}

// notCommitted says what to do about a file that is on disk only. A work tree
// leaves out nothing but ignored files.
func (t *Tree) notCommitted(name string) string {
	if t.commit.ID == "" {
		return name + " is ignored by git: remove it from .gitignore, or git add it with --force"
	}
	return name + " is not committed: commit it, or use --dev"
}

func kindOf(mode uint32) string {
	switch mode {
	case ModeDir:
		return "a folder"
	case ModeSymlink:
		return "a symbolic link"
	case ModeModule:
		return "a git submodule"
	}
	return "a file"
}
