package template

// source is one template text with what is known of it.
type source struct {
	id    int
	file  string // "" for a text that a template made and gave to tpl
	text  string
	parts *outline
	index *lines // nil until somebody asks
}

// place returns the line and column of an offset.
func (s *source) place(offset int) Place {
	if s.index == nil {
		s.index = newLines(s.text)
	}
	line, col := s.index.at(offset)
	return Place{File: s.file, Line: line, Col: col}
}

// action returns the action that an offset lies in, or the offset itself where it
// lies in none.
func (s *source) action(offset int) span {
	list := s.parts.actions
	lo, hi := 0, len(list)
	for lo < hi {
		if mid := (lo + hi) / 2; list[mid].start <= offset {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo > 0 && offset < list[lo-1].end {
		return list[lo-1]
	}
	return span{offset, offset}
}

// parsable returns the text with its references made invisible to the parser. No
// offset changes.
func (s *source) parsable() string {
	if len(s.parts.references) == 0 {
		return s.text
	}
	b := []byte(s.text)
	for _, at := range s.parts.references {
		copy(b[at:], "__")
	}
	return string(b)
}
