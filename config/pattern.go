package config

import "regexp"

// Pattern selects names: one name, or those that a regular expression matches as
// a whole. The zero value selects the empty name.
type Pattern struct {
	name string
	re   *regexp.Regexp
}

// ParsePattern reads a name, or a regular expression between slashes. The error
// is that of the regular expression.
func ParsePattern(text string) (Pattern, error) {
	n := len(text)
	if n < 3 || text[0] != '/' || text[n-1] != '/' {
		return Pattern{name: text}, nil
	}
	inner := text[1 : n-1]
	if _, err := regexp.Compile(inner); err != nil {
		return Pattern{}, err
	}
	re, err := regexp.Compile(`^(?:` + inner + `)$`)
	return Pattern{re: re}, err
}

// Match reports whether a name is selected.
func (p Pattern) Match(name string) bool {
	if p.re != nil {
		return p.re.MatchString(name)
	}
	return p.name == name
}
