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

// readIgnore reads the ignore file of a Dockerfile and remembers its path.
func (c *Context) readIgnore(ctx context.Context, dockerfile string) (rules, error) {
	for _, name := range []string{dockerfile + ".dockerignore", path.Join(c.dir, ".dockerignore")} {
		text, err := c.tree.ReadFile(ctx, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return rules{}, err
		}
		c.ignore = name
		return parseIgnore(name, text)
	}
	return rules{}, nil
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

// filter returns the entries that are not ignored. Entries are sorted, so that a
// folder comes before what is in it.
func (r rules) filter(entries []config.Entry) ([]config.Entry, error) {
	if r.matcher == nil {
		return entries, nil
	}
	var kept []config.Entry
	for _, e := range entries {
		ignored, err := r.ignores(e)
		if err != nil {
			return nil, err
		}
		if !ignored {
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
