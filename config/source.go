package config

import (
	"bytes"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/strakebuild/strake/config/template"
)

// source is a text that YAML is read from.
type source struct {
	file string
	text []byte // without a byte order mark, lines end in \n
	base int    // lines of the project's texts before this one
	// template is what rendered the text; nil when it is as the user wrote it.
	template *template.Result

	once   sync.Once // makes what follows, for the few texts with faults
	starts []int     // see lineStarts
}

// readSource makes sure that a text is one that YAML can hold, so that what is
// wrong with single characters has a position.
func readSource(file string, text []byte) (*source, *Error) {
	if hasUTF16Mark(text) {
		return nil, &Error{Pos: Pos{File: file, Line: 1, Col: 1}, Message: "the file is UTF-16 text: save it as UTF-8"}
	}
	s := &source{file: file, text: unixText(text)}
	if at, message := badCharacter(s.text); message != "" {
		return nil, &Error{Pos: s.pos(at), Message: message}
	}
	return s, nil
}

// unixText takes the byte order mark away and makes all lines end in \n. No
// character gets another line or column.
func unixText(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
}

func hasUTF16Mark(text []byte) bool {
	return bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff})
}

// badCharacter finds the first character that may not be in a YAML file and
// returns its offset in bytes and what to say about it.
func badCharacter(text []byte) (int, string) {
	for i := 0; i < len(text); {
		if c := text[i]; c >= ' ' && c < 0x7f || c == '\n' || c == '\t' {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return i, fmt.Sprintf("the byte 0x%02x is not UTF-8 text", text[i])
		case r == 0:
			return i, "NUL characters are not allowed"
		case r == '\r':
			return i, "a carriage return without a line feed is not allowed"
		case r == 0xfeff:
			return i, "a byte order mark (U+FEFF) is not allowed here: save the text that it is in without one"
		case !printable(r):
			return i, fmt.Sprintf("the control character %U is not allowed; inside double quotes it can be written as an escape", r)
		}
		i += size
	}
	return 0, ""
}

// printable reports whether YAML allows a character above 0x7e. Line separators
// are left out because YAML would count them as line ends and editors do not.
func printable(r rune) bool {
	switch {
	case r < 0xa0, r == 0x2028, r == 0x2029, r == 0xfeff:
		return false
	case r == 0xfffe || r == 0xffff:
		return false
	}
	return true
}

// pos gives the place of an offset in bytes.
func (s *source) pos(offset int) Pos {
	before := s.text[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	return s.at(bytes.Count(before, []byte("\n"))+1, utf8.RuneCount(before[start:])+1)
}

// at gives the place in the user's file of a line and column of the text.
func (s *source) at(line, col int) Pos {
	if s.template != nil {
		o := s.template.Origin(line, col)
		return Pos{File: o.File, Line: o.Line, Col: o.Col, Rendered: s.base + line}
	}
	return Pos{File: s.file, Line: line, Col: col}
}

// lines is how many lines the text has.
func (s *source) lines() int { return bytes.Count(s.text, []byte("\n")) + 1 }

// line returns the text of a line, 1-based; of one that is not there nothing.
func (s *source) line(n int) []byte {
	if n >= len(s.lineStarts()) {
		return s.text[s.lineStart(n):]
	}
	return s.text[s.lineStart(n) : s.lineStart(n+1)-1]
}

// lineStart returns the offset of the beginning of a line, the end of the text
// for a line that is not there.
func (s *source) lineStart(n int) int {
	if n > len(s.lineStarts()) {
		return len(s.text)
	}
	return s.lineStarts()[n-1]
}

// lineStarts returns the offsets of the beginnings of the lines.
func (s *source) lineStarts() []int {
	s.once.Do(func() {
		s.starts = append(s.starts, 0)
		for i, c := range s.text {
			if c == '\n' {
				s.starts = append(s.starts, i+1)
			}
		}
	})
	return s.starts
}
