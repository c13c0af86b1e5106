package planner

import "github.com/strakebuild/strake/config"

// Selects reports whether a file or folder of From, named relative to one of the
// Paths, is to be copied: it matches one of Include, if there are any, and none
// of Exclude.
func (c *Copy) Selects(rel string) bool {
	if len(c.Include) > 0 && !config.MatchAny(c.Include, rel) {
		return false
	}
	return !config.MatchAny(c.Exclude, rel)
}
