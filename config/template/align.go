package template

import (
	"sort"
	"strings"
)

// What include and tpl return goes through other functions (indent, trim, printf)
// before an action prints it. Here it is found again in what was printed: line by
// line, white space at the ends of lines apart. What is not found has the place of
// the action, which is right, though coarse.

// match says that a part of a text, up to end, is a part of what a frame holds.
type match struct {
	start, end int // of the text; start includes the indentation
	content    int // where the part itself begins
	frame      *frame
	raw        int // where it begins in the frame
}

// matchKey names a piece of a text.
type matchKey struct {
	trace *trace
	piece int
}

// inside finds which frame an action printed at a place, nil when it is none.
func (r *Result) inside(t *trace, n, offset int) (*trace, int) {
	w, ok := t.values[n]
	if !ok {
		return nil, 0
	}
	key := matchKey{t, n}
	list, done := r.matches[key]
	start, end := t.pieces[n].start, len(t.out)
	if n+1 < len(t.pieces) {
		end = t.pieces[n+1].start
	}
	if !done {
		list = matchFrames(t.out[start:end], r.candidates(t.pieces[n], w))
		r.matches[key] = list
	}
	offset -= start
	// The end of a part belongs to it, unless the next one begins there.
	i := sort.Search(len(list), func(i int) bool { return list[i].start > offset }) - 1
	if i < 0 || list[i].end < offset {
		return nil, 0
	}
	m := list[i]
	return &m.frame.trace, m.raw + max(0, offset-m.content)
}

// candidates returns the frames that an action may have printed: what it called
// itself, or else what a variable in it was last given.
func (r *Result) candidates(p piece, w window) []*frame {
	var list []*frame
	for _, f := range r.frames[w.first:w.end] {
		if r.calls[f.call].parent == p.call {
			list = append(list, f)
		}
	}
	if len(list) > 0 {
		return list
	}
	const far = 10_000 // frames; a variable is mostly printed near its include
	found := map[*mark]bool{}
	for i := w.first - 1; i >= max(0, w.first-far) && len(found) < len(p.at.flows); i-- {
		f := r.frames[i]
		site := r.calls[f.call].site
		if !found[site] && r.calls[f.call].parent == p.call && contains(p.at.flows, site) {
			found[site] = true
			list = append(list, f)
		}
	}
	return list
}

func contains(list []*mark, m *mark) bool {
	for _, other := range list {
		if other == m {
			return true
		}
	}
	return false
}

// textLine is a line of a text without the white space at its ends.
type textLine struct {
	start   int // of the line
	content int // of what is left
	text    string
}

func (l textLine) end() int { return l.content + len(l.text) }

// splitLines returns the lines that are not blank.
func splitLines(text string) []textLine {
	var list []textLine
	for start := 0; start < len(text); {
		end := strings.IndexByte(text[start:], '\n') + start
		if end < start {
			end = len(text)
		}
		line := text[start:end]
		if trimmed := strings.TrimSpace(line); trimmed != "" {
			list = append(list, textLine{start, start + strings.Index(line, trimmed), trimmed})
		}
		start = end + 1
	}
	return list
}

// matchFrames finds frames in a text. The matches are in order and do not overlap.
func matchFrames(text string, frames []*frame) []match {
	whole := splitLines(text)
	var list []match
	from := 0
	for _, f := range frames {
		part := splitLines(f.out)
		if len(part) == 0 {
			continue
		}
		i, column, ok := findLines(whole, part, from)
		if !ok {
			i, column, ok = findLines(whole, part, 0)
		}
		if !ok {
			list = append(list, matchSingleLines(whole, part, f)...)
			continue
		}
		list = append(list, matchBlock(whole[i:i+len(part)], part, column, f)...)
		from = i + len(part) - 1
	}
	return separate(list)
}

// findLines returns where the lines of part stand in whole one after the other:
// the first line, and where part begins in it. Other text may stand in front of
// the first line and behind the last one.
func findLines(whole, part []textLine, from int) (line, column int, ok bool) {
	for i := from; i+len(part) <= len(whole); i++ {
		first, last := whole[i], whole[i+len(part)-1]
		if len(part) == 1 {
			if at := strings.Index(first.text, part[0].text); at >= 0 {
				return i, at, true
			}
			continue
		}
		if strings.HasSuffix(first.text, part[0].text) && strings.HasPrefix(last.text, part[len(part)-1].text) && sameInside(whole[i:], part) {
			return i, len(first.text) - len(part[0].text), true
		}
	}
	return 0, 0, false
}

func sameInside(whole, part []textLine) bool {
	for i := 1; i < len(part)-1; i++ {
		if whole[i].text != part[i].text {
			return false
		}
	}
	return true
}

func matchBlock(whole, part []textLine, column int, f *frame) []match {
	list := make([]match, len(part))
	for i, p := range part {
		w := whole[i]
		list[i] = match{start: w.start, end: w.end(), content: w.content, frame: f, raw: p.content}
		if i == len(part)-1 {
			list[i].end = w.content + len(p.text)
		}
		if i == 0 && column > 0 {
			list[i].start = w.content + column
			list[i].content = list[i].start
			if len(part) == 1 {
				list[i].end += column
			}
		}
	}
	return list
}

// matchSingleLines matches lines that both texts have once.
func matchSingleLines(whole, part []textLine, f *frame) []match {
	inWhole, inPart := countLines(whole), countLines(part)
	raw := map[string]int{}
	for _, p := range part {
		raw[p.text] = p.content
	}
	var list []match
	for _, w := range whole {
		if inWhole[w.text] == 1 && inPart[w.text] == 1 {
			list = append(list, match{start: w.start, end: w.end(), content: w.content, frame: f, raw: raw[w.text]})
		}
	}
	return list
}

func countLines(list []textLine) map[string]int {
	count := make(map[string]int, len(list))
	for _, l := range list {
		count[l.text]++
	}
	return count
}

// separate sorts matches and drops those that overlap an earlier one.
func separate(list []match) []match {
	sort.SliceStable(list, func(i, j int) bool { return list[i].start < list[j].start })
	kept := list[:0]
	for _, m := range list {
		if len(kept) == 0 || kept[len(kept)-1].end <= m.start {
			kept = append(kept, m)
		}
	}
	return kept
}
