package stapel

import (
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/strakebuild/strake/config"
)

// masks are the globs that one entry of includePaths or excludePaths stands
// for: the path itself, and everything below it.
func masks(mask string) []string {
	mask = strings.Trim(path.Clean("/"+mask), "/")
	base := trimmed(mask)
	all := []string{mask, base, path.Join(base, "**", "*")}
	return slices.Compact(slices.DeleteFunc(all, func(m string) bool { return m == "" }))
}

// trimmed is a mask without leading and trailing slashes and without trailing
// parts that are only stars.
func trimmed(mask string) string {
	mask = strings.Trim(path.Clean("/"+mask), "/")
	for mask == "*" || mask == "**" || strings.HasSuffix(mask, "/*") || strings.HasSuffix(mask, "/**") {
		mask = strings.TrimRight(strings.TrimRight(mask, "*"), "/")
	}
	return mask
}

// quote makes a glob that matches only the text itself.
func quote(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`, "{", `\{`, "}", `\}`).Replace(text)
}

// compile turns entries into globs and reports those that are no valid pattern.
func compile(entries []config.String) ([]string, config.Errors) {
	var globs []string
	var faults config.Errors
	for _, entry := range entries {
		if !doublestar.ValidatePattern(entry.Value) {
			faults = append(faults, &config.Error{Pos: entry.Pos, Message: "invalid pattern " + entry.Value})
			continue
		}
		globs = append(globs, masks(entry.Value)...)
	}
	return globs, faults
}

// matches reports whether one of the globs matches a path. The globs are valid.
func matches(globs []string, name string) bool {
	for _, glob := range globs {
		if doublestar.MatchUnvalidated(glob, name) {
			return true
		}
	}
	return false
}

// values returns the texts of a list.
func values(list []config.String) []string {
	out := make([]string, len(list))
	for i, item := range list {
		out[i] = item.Value
	}
	return out
}
