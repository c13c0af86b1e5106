package executor

import (
	"bytes"
	"sync"
)

const (
	tailLines = 20
	maxLine   = 4096
)

// tail passes output on line by line and keeps the last lines. A line that does
// not end is cut, so that no output takes more memory than these bounds.
type tail struct {
	mu   sync.Mutex
	line func([]byte)
	cur  []byte
	kept [][]byte
}

// Write takes any piece of output.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for rest := p; len(rest) > 0; {
		i := bytes.IndexByte(rest, '\n')
		piece, end := rest, false
		if i >= 0 {
			piece, end = rest[:i], true
			rest = rest[i+1:]
		} else {
			rest = nil
		}
		if room := maxLine - len(t.cur); room > 0 {
			t.cur = append(t.cur, piece[:min(room, len(piece))]...)
		}
		if end {
			t.flush()
		}
	}
	return len(p), nil
}

func (t *tail) flush() {
	line := bytes.TrimRight(t.cur, "\r")
	t.cur = nil
	if len(t.kept) == tailLines {
		t.kept = t.kept[1:]
	}
	t.kept = append(t.kept, line)
	t.line(line)
}

// last ends the current line and returns the lines that were kept.
func (t *tail) last() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.cur) > 0 {
		t.flush()
	}
	return bytes.Join(t.kept, []byte("\n"))
}
