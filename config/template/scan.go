package template

import "strings"

const (
	leftDelim  = "{{"
	rightDelim = "}}"
)

// span is a half-open range of bytes.
type span struct{ start, end int }

// outline is what a template text consists of, found without parsing it.
type outline struct {
	actions    []span // in order, comments included
	references []int  // offsets of the "{{" that are text
	open       []int  // starts of the blocks that have no end
	tooDeep    int    // start of the block that lies too deep, or -1
}

// outlineOf finds the actions of a text. It does not judge: the parser does.
func outlineOf(text string) *outline {
	o := &outline{tooDeep: -1}
	blocks := &nesting{}
	for i := 0; ; {
		next := strings.Index(text[i:], leftDelim)
		if next < 0 {
			break
		}
		at := i + next
		if n := reference(text, i, at); n > 0 {
			o.references = append(o.references, at)
			i = at + n
			continue
		}
		a := span{at, actionEnd(text, at)}
		o.actions = append(o.actions, a)
		if !blocks.take(text, a) && o.tooDeep < 0 {
			o.tooDeep = at
		}
		i = a.end
	}
	o.open = blocks.open
	return o
}

// reference returns the length of the "{{ vars.NAME }}" at a place if it belongs
// to a reference to a variable or a matrix value, "${{ vars.NAME }}"; the dollar
// sign must not lie in front of from. 0 means that it is an action.
func reference(text string, from, at int) int {
	if at == from || text[at-1] != '$' {
		return 0
	}
	rest := strings.TrimLeft(text[at+len(leftDelim):], " \t\n\f\r")
	name, ok := strings.CutPrefix(rest, "vars.")
	if !ok {
		if name, ok = strings.CutPrefix(rest, "matrix."); !ok {
			return 0
		}
	}
	if name == "" || !isLetter(name[0]) {
		return 0
	}
	after := strings.TrimLeft(name[nameLength(name):], " \t\n\f\r")
	if !strings.HasPrefix(after, rightDelim) {
		return 0
	}
	return len(text) - at - len(after) + len(rightDelim)
}

func nameLength(s string) int {
	for i := range len(s) {
		if !isLetter(s[i]) && s[i] != '-' && (s[i] < '0' || s[i] > '9') {
			return i
		}
	}
	return len(s)
}

func isLetter(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// actionEnd returns the end of the action that starts at a place.
func actionEnd(text string, at int) int {
	i := at + len(leftDelim)
	if strings.HasPrefix(text[i:], "/*") || (trimsLeft(text[i:]) && strings.HasPrefix(text[i+2:], "/*")) {
		if n := strings.Index(text[i:], "*/"); n >= 0 {
			i += n
		}
		return endAfter(text, i)
	}
	for i < len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\'':
			i = quoteEnd(text, i)
		case c == '`':
			n := strings.IndexByte(text[i+1:], '`')
			if n < 0 {
				return len(text)
			}
			i += n + 2
		case strings.HasPrefix(text[i:], rightDelim):
			return i + len(rightDelim)
		default:
			i++
		}
	}
	return len(text)
}

func endAfter(text string, i int) int {
	if n := strings.Index(text[i:], rightDelim); n >= 0 {
		return i + n + len(rightDelim)
	}
	return len(text)
}

// quoteEnd returns the end of the quoted text that starts at i. A line end also
// ends it, as a mistake that the parser names.
func quoteEnd(text string, i int) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		case '\n':
			return i
		}
	}
	return len(text)
}

// trimsLeft reports whether an action begins with the mark that trims the text in
// front of it.
func trimsLeft(s string) bool {
	return len(s) >= 2 && s[0] == '-' && strings.IndexByte(" \t\r\n", s[1]) >= 0
}

// nesting follows the blocks that are open.
type nesting struct {
	open  []int // starts of the blocks
	elses []int // for each block, how many "else if" lie in it
	depth int
}

// take follows one action. It reports false when a block lies too deep.
func (n *nesting) take(text string, a span) bool {
	word, rest := actionWord(text[a.start:a.end])
	switch word {
	case "if", "range", "with", "block", "define":
		n.open = append(n.open, a.start)
		n.elses = append(n.elses, 0)
		n.depth++
	case "else":
		if next, _, _ := strings.Cut(rest, " "); len(n.open) > 0 && (next == "if" || next == "with") {
			n.elses[len(n.elses)-1]++
			n.depth++
		}
	case "end":
		if last := len(n.open) - 1; last >= 0 {
			n.depth -= 1 + n.elses[last]
			n.open, n.elses = n.open[:last], n.elses[:last]
		}
	}
	return n.depth <= maxNesting
}

// actionWord returns the first word of an action and what follows it.
func actionWord(action string) (word, rest string) {
	s := strings.TrimPrefix(action, leftDelim)
	if trimsLeft(s) {
		s = s[1:]
	}
	s = strings.TrimLeft(s, " \t\r\n")
	n := nameLength(s)
	return s[:n], strings.TrimLeft(s[n:], " \t\r\n")
}
