package planner

import "github.com/bmatcuk/doublestar/v4"

// Selects reports whether a file or folder of From, named relative to one of the
// Paths, is to be copied: it matches one of Include, if there are any, and none
// of Exclude.
func (c *Copy) Selects(rel string) bool {
	if len(c.Include) > 0 && !matchesAny(c.Include, rel) {
		return false
	}
	return !matchesAny(c.Exclude, rel)
}

func matchesAny(globs []string, rel string) bool {
	for _, glob := range globs {
		if ok, _ := doublestar.Match(glob, rel); ok {
			return true
		}
	}
	return false
}
