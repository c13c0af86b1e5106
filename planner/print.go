package planner

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// shortLength is how many digits of a key are shown to people.
const shortLength = 12

// Short returns the first digits of a key.
func (k Key) Short() string { return string(k[:min(len(k), shortLength)]) }

// WriteText writes one line for each step: its state ("base", "cached" or
// "build"), the beginning of its key and of its parent's, image and name. A nil
// function means that nothing is cached.
func WriteText(w io.Writer, p *Plan, cached func(Key) bool) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STATE\tKEY\tPARENT\tIMAGE\tSTEP")
	for _, s := range p.Steps {
		parent := "-"
		if s.Parent != nil {
			parent = s.Parent.Key.Short()
		}
		name := strings.Join(strings.Fields(s.Name), " ")
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", s.state(cached), s.Key.Short(), parent, s.Image, name)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	return nil
}

func (s *Step) state(cached func(Key) bool) string {
	switch {
	case s.Base != nil:
		return "base"
	case cached != nil && cached(s.Key):
		return "cached"
	}
	return "build"
}
