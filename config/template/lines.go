package template

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// byteOrderMark may stand in front of a text. It is no character of line 1.
const byteOrderMark = "\ufeff"

// lines turns offsets of a text into lines and columns and back. Lines end where
// YAML says so.
type lines struct {
	text   string
	starts []int
}

func newLines(text string) *lines {
	l := &lines{text: text, starts: []int{0}}
	if strings.HasPrefix(text, byteOrderMark) {
		l.starts[0] = len(byteOrderMark)
	}
	for i := 0; i < len(text); {
		n := lineEnd(text, i)
		if n > 0 {
			l.starts = append(l.starts, i+n)
		}
		i += max(n, 1)
	}
	return l
}

// lineEnd returns the length of the line end at i, 0 where there is none.
func lineEnd(text string, i int) int {
	switch text[i] {
	case '\n':
		return 1
	case '\r':
		if strings.HasPrefix(text[i:], "\r\n") {
			return 2
		}
		return 1
	case 0xc2:
		if strings.HasPrefix(text[i:], "\u0085") {
			return 2
		}
	case 0xe2:
		if strings.HasPrefix(text[i:], "\u2028") || strings.HasPrefix(text[i:], "\u2029") {
			return 3
		}
	}
	return 0
}

// at returns the line and column of an offset, both 1-based, the column in
// characters.
func (l *lines) at(offset int) (line, col int) {
	offset = min(max(offset, l.starts[0]), len(l.text))
	if offset > 0 && offset < len(l.text) && l.text[offset] == '\n' && l.text[offset-1] == '\r' {
		offset-- // a line end is one character
	}
	line = sort.SearchInts(l.starts, offset+1)
	return line, 1 + utf8.RuneCountInString(l.text[l.starts[line-1]:offset])
}

// offset returns the offset of a line and column. A place outside the text is the
// nearest one inside.
func (l *lines) offset(line, col int) int {
	if line < 1 {
		return l.starts[0]
	}
	if line > len(l.starts) {
		return len(l.text)
	}
	i, end := l.starts[line-1], len(l.text)
	if line < len(l.starts) {
		end = l.starts[line]
	}
	for ; col > 1 && i < end; col-- {
		if lineEnd(l.text, i) > 0 {
			break
		}
		_, n := utf8.DecodeRuneInString(l.text[i:end])
		i += n
	}
	return i
}
