package config

import (
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

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
	return (m.all || matchAny(m.include, rel)) && !matchAny(m.exclude, rel)
}

func matchAny(globs []string, rel string) bool {
	for _, g := range globs {
		if ok, err := doublestar.Match(g, rel); ok && err == nil {
			return true
		}
	}
	return false
}

// globs gives the globs that masks stand for.
func globs(masks []String) []string {
	var list []string
	for _, m := range masks {
		mask := strings.Trim(path.Clean("/"+m.Value), "/")
		base := mask
		for base != "" && strings.Trim(path.Base(base), "*") == "" {
			base = strings.TrimSuffix(strings.TrimSuffix(base, path.Base(base)), "/")
		}
		if base != "" {
			list = append(list, base)
		}
		if base != mask {
			list = append(list, mask)
		}
		list = append(list, path.Join(base, "**", "*"))
	}
	return list
}
