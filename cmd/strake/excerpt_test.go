package main

import (
	"strings"
	"testing"
)

func TestAroundCutsLongLinesAtTheColumn(t *testing.T) {
	long := strings.Repeat("a", 500) + "X" + strings.Repeat("b", 500)
	for name, c := range map[string]struct {
		text string
		col  int
		want string
		at   int
	}{
		"short":        {"ab: c", 5, "ab: c", 5},
		"the end":      {"ab", 3, "ab", 3},
		"in front":     {long, 1, strings.Repeat("a", 10) + "…", 1},
		"inside":       {long, 501, "…aaaaaXbbbb…", 7},
		"at the end":   {long, 1001, "…" + strings.Repeat("b", 10), 11},
		"behind":       {long, 1002, "…" + strings.Repeat("b", 10), 12},
		"of a control": {"a\x1b[31m\nb", 1, "a[31mb", 1},
	} {
		t.Run(name, func(t *testing.T) {
			if got, at := around(c.text, c.col, 10); got != c.want || at != c.at {
				t.Errorf("got %q with column %d, want %q with %d", got, at, c.want, c.at)
			}
		})
	}
}
