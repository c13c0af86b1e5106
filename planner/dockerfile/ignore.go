package dockerfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/strakebuild/strake/config"
)

// rules is an ignore file; the zero value ignores nothing.
type rules struct {
	matcher *patternmatcher.PatternMatcher
	parents map[string]patternmatcher.MatchInfo
}

// IgnoreFile returns the path of the ignore file that a Dockerfile has with a
// context, "" for none. All paths are relative to the repository root.
func IgnoreFile(ctx context.Context, in *config.Inputs, dir, dockerfile string) (string, error) {
	name, _, err := findIgnore(ctx, in, dir, dockerfile)
	return name, err
}

func findIgnore(ctx context.Context, in *config.Inputs, dir, dockerfile string) (name string, text []byte, err error) {
	for _, name := range []string{dockerfile + ".dockerignore", path.Join(dir, ".dockerignore")} {
		text, err := in.Read(ctx, config.IgnoreFile, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", nil, fmt.Errorf("unable to read dockerignore file %q: %w", name, err)
		}
		return name, text, nil
	}
	return "", nil, nil
}

// readIgnore reads the ignore file of a Dockerfile.
func readIgnore(ctx context.Context, in *config.Inputs, dir, dockerfile string) (string, rules, error) {
	name, text, err := findIgnore(ctx, in, dir, dockerfile)
	if name == "" || err != nil {
		return "", rules{}, err
	}
	parsed, err := parseIgnore(name, text)
	return name, parsed, err
}

func parseIgnore(name string, text []byte) (rules, error) {
	patterns, err := ignorefile.ReadAll(bytes.NewReader(text))
	if err != nil {
		return rules{}, fmt.Errorf("%s: %w", name, err)
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return rules{}, fmt.Errorf("%s: %w", name, err)
	}
	return rules{matcher: matcher, parents: map[string]patternmatcher.MatchInfo{}}, nil
}

// filter returns the entries that are not ignored, or added. Entries are sorted,
// so that a folder comes before what is in it.
func (c *Context) filter(entries []config.Entry) ([]config.Entry, error) {
	if c.rules.matcher == nil {
		return entries, nil
	}
	var kept []config.Entry
	for _, e := range entries {
		ignored, err := c.rules.ignores(e)
		if err != nil {
			return nil, err
		}
		if !ignored || c.added[e.Path] {
			kept = append(kept, e)
		}
	}
	return kept, nil
}

func (r rules) ignores(e config.Entry) (bool, error) {
	ignored, info, err := r.matcher.MatchesUsingParentResults(e.Path, r.parents[path.Dir(e.Path)])
	if err == nil && e.IsDir() {
		r.parents[e.Path] = info
	}
	return ignored, err
}

// ignoresFile is ignores for a path whose folders may not have been seen.
func (r rules) ignoresFile(name string) bool {
	if r.matcher == nil {
		return false
	}
	for i, c := range name {
		if c != '/' {
			continue
		}
		if _, seen := r.parents[name[:i]]; !seen {
			r.ignores(config.Entry{Path: name[:i], Mode: config.ModeDir})
		}
	}
	ignored, err := r.ignores(config.Entry{Path: name})
	return ignored && err == nil
}
