package config

import (
	"fmt"
	"strings"
)

// faultIn returns the offset in a line of what a message of the YAML parser is
// about, which the parser itself does not tell; that of the first word where it
// cannot be found.
func faultIn(line, message string) int {
	first := len(line) - len(strings.TrimLeft(line, " "))
	at := -1
	switch {
	case strings.HasPrefix(message, "unknown anchor '"):
		name, _, _ := strings.Cut(strings.TrimPrefix(message, "unknown anchor '"), "'")
		at = strings.Index(line, "*"+name)
	case strings.HasPrefix(message, "mapping values are not allowed"):
		at = secondColon(line)
	case strings.HasPrefix(message, "found character that cannot start any token"):
		at = wordStart(line, "@`%\t")
	case strings.HasPrefix(message, "found unexpected end of stream"):
		at = wordStart(line, "\"'")
	case strings.HasPrefix(message, "did not find expected ','"):
		at = wordStart(line, "{[")
	case strings.HasPrefix(message, "block sequence entries are not allowed"):
		at = itemAfterKey(line)
	}
	if at < 0 {
		return first
	}
	return at
}

// itemAfterKey is the offset of a hyphen that stands where a value begins.
func itemAfterKey(line string) int {
	i := strings.Index(line, ": ")
	if i < 0 {
		return -1
	}
	return len(line) - len(strings.TrimLeft(line[i+1:], " "))
}

// secondColon is the offset of the second colon that ends a key.
func secondColon(line string) int {
	i := strings.Index(line, ": ")
	if i < 0 {
		return -1
	}
	rest := line[i+1:]
	if j := strings.Index(rest, ": "); j >= 0 {
		return i + 1 + j
	}
	if strings.HasSuffix(rest, ":") {
		return len(line) - 1
	}
	return -1
}

// wordStart is the offset of the first of some characters that begins a word.
func wordStart(line, characters string) int {
	for i := range len(line) {
		begins := i == 0 || strings.IndexByte(" [{,", line[i-1]) >= 0
		if begins && strings.IndexByte(characters, line[i]) >= 0 {
			return i
		}
	}
	return -1
}

// plainMessage puts the words of the parser into those of the user.
func plainMessage(message string) string {
	switch {
	case strings.HasPrefix(message, "mapping values are not allowed"):
		return `text with ": " in it must be in quotes, or a line before is not complete`
	case strings.HasPrefix(message, "did not find expected key"):
		return "this line does not fit the indentation of the lines before it"
	case strings.HasPrefix(message, "did not find expected ','"):
		return "a bracket that begins here is not closed, or a comma is missing in it"
	case strings.HasPrefix(message, "block sequence entries are not allowed"):
		return `a list cannot begin on the line of its key: text that begins with "- ", or is a hyphen, must be in quotes`
	case strings.HasPrefix(message, "found incompatible YAML document"):
		return "the version that the line %YAML asks for is not known: leave that line out"
	case strings.HasPrefix(message, "exceeded max depth"):
		return fmt.Sprintf("more than %d levels of nesting", maxDepth)
	case strings.HasPrefix(message, "unknown anchor"):
		return "there is no anchor before this alias with its name"
	case strings.HasPrefix(message, "did not find expected '-' indicator"):
		return `this line is neither an item ("- ") of the list before it nor indented as its end`
	case strings.HasPrefix(message, "could not find expected ':'"):
		return `a key must be followed by ": "`
	case strings.HasPrefix(message, "found unexpected end of stream"):
		return "a quote that begins here is not closed"
	case strings.HasPrefix(message, "found character that cannot start any token"):
		return "text that begins with @, ` or % must be in quotes"
	}
	return message
}
