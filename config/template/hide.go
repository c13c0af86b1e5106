package template

import (
	"slices"
	"strings"
)

// minHidden is how short a value of the environment may be and still be hidden. A
// shorter one is no secret, and hiding it would make other words unreadable.
const minHidden = 4

// hidden is the values of the environment that templates have read. Errors and what
// they show of a rendered text go to logs that others read.
type hidden struct {
	values []string // longest first
}

// add takes a value, each of its lines for itself: errors show lines.
func (h *hidden) add(value string) {
	for line := range strings.Lines(value) {
		line = strings.TrimSpace(line)
		if len(line) < minHidden {
			continue
		}
		i, known := slices.BinarySearchFunc(h.values, line, longestFirst)
		if !known {
			h.values = slices.Insert(h.values, i, line)
		}
	}
}

func longestFirst(a, b string) int {
	if n := len(b) - len(a); n != 0 {
		return n
	}
	return strings.Compare(a, b)
}

// hide returns a text with the values replaced by stars.
func (h *hidden) hide(text string) string {
	for _, value := range h.values {
		text = strings.ReplaceAll(text, value, "***")
	}
	return text
}

// Hide returns a text in which the values of the environment that the templates
// have read are replaced by stars. Values of less than four bytes stay.
func (r *Result) Hide(text string) string { return r.hidden.hide(text) }
