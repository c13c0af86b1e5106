package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// parseYAML splits a file into its documents. Empty documents are left out. With
// a syntax error it returns the documents before it.
func parseYAML(s *source) ([]*yaml.Node, *Error) {
	docs, err := decodeAll(bytes.NewReader(s.text))
	if err != nil {
		return docs, s.syntaxError(err)
	}
	return docs, nil
}

func decodeAll(r io.Reader) ([]*yaml.Node, error) {
	var docs []*yaml.Node
	decoder := yaml.NewDecoder(r)
	for {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return docs, err
		}
		if len(doc.Content) == 1 && doc.Content[0].ShortTag() != "!!null" {
			docs = append(docs, doc.Content[0])
		}
	}
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntaxError gives the error of the YAML parser a position and plain words. The
// parser names the line where the broken construct begins, or none; the last
// line up to which the file can be read tells more.
func (s *source) syntaxError(err error) *Error {
	match := yamlLine.FindStringSubmatch(strings.SplitN(err.Error(), "\n", 2)[0])
	if match == nil {
		return &Error{Pos: s.at(1, 1), Message: err.Error()}
	}
	line, _ := strconv.Atoi(match[1])
	message := match[2]
	if line == 0 || !scannerMessage(message) {
		line = s.firstBadLine(max(line, 1))
	}
	text := string(s.line(line))
	if strings.HasPrefix(message, "found a tab character") && indentTab(text) < 0 {
		line++ // the parser names the line before the tab
		text = string(s.line(line))
	}
	if tab := indentTab(text); tab >= 0 {
		return &Error{Pos: s.at(line, tab+1), Message: "a tab cannot indent YAML: use spaces"}
	}
	col := utf8.RuneCountInString(text[:faultIn(text, message)]) + 1
	return &Error{Pos: s.at(line, col), Message: "the YAML cannot be read: " + plainMessage(message)}
}

// scannerMessage reports whether the parser names the right line with a message:
// it does for errors inside a word, not for errors in the order of words.
func scannerMessage(message string) bool {
	return !strings.HasPrefix(message, "did not find expected") && !strings.HasPrefix(message, "unknown anchor") &&
		!strings.HasPrefix(message, "found incompatible YAML")
}

// The parser reads the file again for each line that is tried, so both numbers
// are bounded.
const (
	triedLines = 64
	triedBytes = 8 << 20
)

// firstBadLine returns the line after the last one up to which the file can be
// read, which is where the fault begins; reported if that is too far away.
func (s *source) firstBadLine(reported int) int {
	counter := &lineReader{rest: s.text}
	decodeAll(counter)
	line := counter.lines
	for tried := 0; tried < triedLines && line > 0; tried++ {
		end := s.lineStart(line)
		if (tried+1)*end > triedBytes {
			break
		}
		if _, err := decodeAll(bytes.NewReader(s.text[:end])); err == nil {
			return line
		}
		line--
	}
	return reported
}

// lineReader gives one line at a time, so that it tells how far a parser read.
type lineReader struct {
	rest  []byte
	lines int
}

func (r *lineReader) Read(b []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := bytes.IndexByte(r.rest, '\n') + 1
	if n == 0 {
		n = len(r.rest)
	}
	n = copy(b, r.rest[:n])
	if b[n-1] == '\n' || n == len(r.rest) {
		r.lines++
	}
	r.rest = r.rest[n:]
	return n, nil
}

// indentTab is the offset of a tab in the indentation of a line, -1 without one.
func indentTab(line string) int {
	tab := strings.IndexByte(line, '\t')
	if tab < 0 || strings.Trim(line[:tab], " -") != "" {
		return -1
	}
	return tab
}
