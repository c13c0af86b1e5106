package config

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// maxBraces bounds the ways in which a glob can match a name.
const maxBraces = 8

// checkGlob is nil for a doublestar glob that can be used.
func checkGlob(glob string) error {
	switch {
	case strings.Count(glob, "{") > maxBraces:
		return fmt.Errorf("the glob has more than %d braces: write several globs", maxBraces)
	case !doublestar.ValidatePattern(glob):
		return fmt.Errorf("the glob %q cannot be understood: a bracket or brace is not closed, or it ends in a backslash", glob)
	}
	return nil
}

// Matcher tells which paths the includePaths and excludePaths of a Files select.
type Matcher struct {
	include, exclude []string
	all              bool // no includePaths
}

// Matcher compiles the masks of f. A mask selects the path itself and everything
// below it; trailing parts of stars make no difference. Masks are doublestar
// globs; one with a fault selects nothing.
func (f Files) Matcher() Matcher {
	return Matcher{include: globs(f.Include), exclude: globs(f.Exclude), all: len(f.Include) == 0}
}

// Match reports whether a path relative to Add is selected.
func (m Matcher) Match(rel string) bool {
	return (m.all || MatchAny(m.include, rel)) && !MatchAny(m.exclude, rel)
}

// MatchAny reports whether one of the globs matches a path. A glob with a fault
// matches nothing.
func MatchAny(globs []string, rel string) bool {
	for _, g := range globs {
		if ok, err := doublestar.Match(g, rel); ok && err == nil {
			return true
		}
	}
	return false
}

// MaskBase is a mask without slashes around it and without trailing parts that
// are only stars.
func MaskBase(mask string) string {
	base := strings.Trim(path.Clean("/"+mask), "/")
	for base != "" && strings.Trim(path.Base(base), "*") == "" {
		base = strings.TrimSuffix(strings.TrimSuffix(base, path.Base(base)), "/")
	}
	return base
}

// Globs gives the globs that a mask stands for: the path itself, and everything
// below it.
func Globs(mask string) []string {
	whole, base := strings.Trim(path.Clean("/"+mask), "/"), MaskBase(mask)
	all := []string{whole, base, path.Join(base, "**", "*")}
	return slices.Compact(slices.DeleteFunc(all, func(g string) bool { return g == "" }))
}

// globs gives the globs that masks stand for.
func globs(masks []String) []string {
	var list []string
	for _, m := range masks {
		list = append(list, Globs(m.Value)...)
	}
	return list
}
