package stapel

import (
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/strakebuild/strake/config"
)

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
		globs = append(globs, config.Globs(entry.Value)...)
	}
	return globs, faults
}

// values returns the texts of a list.
func values(list []config.String) []string {
	out := make([]string, len(list))
	for i, item := range list {
		out[i] = item.Value
	}
	return out
}

// reaches reports whether a glob may select something below a folder.
func reaches(glob, dir string) bool {
	if strings.Contains(glob, "{") {
		return true // alternatives may hold slashes
	}
	for dir != "" {
		first, rest, more := strings.Cut(glob, "/")
		if first == "**" {
			return true
		}
		part, left, _ := strings.Cut(dir, "/")
		if ok, err := doublestar.Match(first, part); !ok || err != nil || !more && left == "" {
			return false
		}
		glob, dir = rest, left
	}
	return true
}
