package config

import (
	"cmp"
	"slices"
	"strings"
)

// Errors is all faults of a project file, sorted by file, line and column.
type Errors []*Error

// Error returns one line for each fault.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Sorted returns the errors in the order of their places, each once: a fault
// inside an anchor or a loop of a template is found several times. It changes e.
func (e Errors) Sorted() Errors {
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(
			strings.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col),
			strings.Compare(a.Message, b.Message),
		)
	})
	return slices.CompactFunc(e, func(a, b *Error) bool {
		return a.Pos.sameSource(b.Pos) && a.Message == b.Message
	})
}
