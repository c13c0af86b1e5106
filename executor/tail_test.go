package executor

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTail(t *testing.T) {
	long := strings.Repeat("x", maxLine+100)
	tests := []struct {
		name   string
		writes []string
		lines  []string
	}{
		{"lines in pieces", []string{"a", "b\nc", "\n"}, []string{"ab", "c"}},
		{"no newline at the end", []string{"a\nb"}, []string{"a", "b"}},
		{"carriage returns", []string{"a\r\nb\r\n"}, []string{"a", "b"}},
		{"empty lines", []string{"\n\na\n"}, []string{"", "", "a"}},
		{"an endless line is cut", []string{long, long, "\nz\n"}, []string{long[:maxLine], "z"}},
		{"nothing", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			tl := &tail{line: func(l []byte) { got = append(got, string(l)) }}
			for _, w := range tt.writes {
				if n, err := tl.Write([]byte(w)); n != len(w) || err != nil {
					t.Fatal(n, err)
				}
			}
			last := tl.last()
			if diff := cmp.Diff(tt.lines, got); diff != "" {
				t.Error(diff)
			}
			if want := strings.Join(tt.lines, "\n"); string(last) != want {
				t.Errorf("kept %q, want %q", last, want)
			}
		})
	}
}

func TestTailKeepsTheLastLinesOfAFlood(t *testing.T) {
	tl := &tail{line: func([]byte) {}}
	for i := range 100_000 {
		fmt.Fprintln(tl, "line", i)
	}
	lines := bytes.Split(tl.last(), []byte("\n"))
	if len(lines) != tailLines || string(lines[len(lines)-1]) != "line 99999" {
		t.Errorf("%d lines, the last is %q", len(lines), lines[len(lines)-1])
	}
}
