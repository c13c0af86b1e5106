package config

import "fmt"

// Pos is the place of a value in a file the user wrote. The zero Pos is a value
// that nobody wrote (a default).
type Pos struct {
	File string // path relative to the repository root, with forward slashes
	Line int    // 1-based
	Col  int    // 1-based, in characters
}

// String returns "file:line:col", or "" for the zero Pos.
func (p Pos) String() string {
	if p == (Pos{}) {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// String is a text value with its place.
type String struct {
	Value string
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
}

// Error returns "file:line:col: message".
func (e *Error) Error() string {
	if e.Pos == (Pos{}) {
		return e.Message
	}
	return e.Pos.String() + ": " + e.Message
}
