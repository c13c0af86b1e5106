package config

import "fmt"

// Pos is the place of a value in a file the user wrote. The zero Pos is a value
// that nobody wrote (a default).
type Pos struct {
	File string // path relative to the repository root, with forward slashes
	Line int    // 1-based
	Col  int    // 1-based, in characters
	// Rendered tells values apart that a template made of the same place, as in a
	// loop: the line in the rendered texts of the project. 0 where the text is as
	// the user wrote it.
	Rendered int `json:",omitempty"`
}

// String returns "file:line:col", or "" for the zero Pos.
func (p Pos) String() string {
	if p == (Pos{}) {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// sameSource reports whether two places are one in what the user wrote.
func (p Pos) sameSource(q Pos) bool {
	return p.File == q.File && p.Line == q.Line && p.Col == q.Col
}

// from names the place in a message at q: the line alone when it is in the same
// file.
func (p Pos) from(q Pos) string {
	if p.File == q.File {
		return fmt.Sprintf("line %d", p.Line)
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// String is a text value with its place.
type String struct {
	Value string
	Pos   Pos
}

// Bool is a yes or no with its place.
type Bool struct {
	Value bool
	Pos   Pos
}

// Pair is one entry of a map with the places of its key and value.
type Pair struct {
	Name  String
	Value String
}

// Error is a fault in a file the user wrote.
type Error struct {
	Pos     Pos
	Message string // one plain line: what is wrong and what would be right
	// Calls is how a template came to Pos, the innermost call first: the places
	// of include, template and tpl. Empty outside templates.
	Calls []Pos
	// Rendered is the lines around the fault in the rendered text, when a
	// template made it.
	Rendered *Excerpt
}

// Excerpt is some lines of a rendered text.
type Excerpt struct {
	First int      // number of the first line, 1-based
	Fault int      // number of the line with the fault
	Lines []string // without line ends
}

// Error returns "file:line:col: message".
func (e *Error) Error() string {
	if e.Pos == (Pos{}) {
		return e.Message
	}
	return e.Pos.String() + ": " + e.Message
}
