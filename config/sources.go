package config

import (
	"sort"

	"gopkg.in/yaml.v3"
)

// sources is the texts that a project is read from. Their lines are numbered
// through: a yaml.Node, which knows a line and a column, needs no file beside it.
type sources struct {
	files []*source // sorted by base
	next  int       // base of the next text
}

// add takes in a text and gives it its lines.
func (s *sources) add(src *source) {
	src.base = s.next
	s.next += src.lines() + 1 // a fault can be behind the last line
	s.files = append(s.files, src)
}

// pos returns the place in the user's text of a line and column of the numbered
// lines.
func (s *sources) pos(line, col int) Pos {
	src := s.at(line)
	if src == nil {
		return Pos{}
	}
	return src.at(line-src.base, col)
}

// at returns the text that a numbered line is in, nil for a line that is not.
func (s *sources) at(line int) *source {
	i := sort.Search(len(s.files), func(i int) bool { return s.files[i].base >= line }) - 1
	if i < 0 {
		return nil
	}
	return s.files[i]
}

// number gives the nodes of a freshly parsed document their numbered lines.
func (src *source) number(n *yaml.Node) {
	n.Line += src.base
	for _, item := range n.Content {
		src.number(item)
	}
}
