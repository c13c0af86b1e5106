package template

// trace is a text and, piece by piece, what made it.
type trace struct {
	out    string
	pieces []piece
	// values is, for a piece that an action printed, what include and tpl returned
	// while the action ran.
	values map[int]window
}

// piece is a run of bytes that one text or action wrote. It ends where the next
// one starts.
type piece struct {
	start int
	at    *mark
	call  int
}

// window is a half-open range of frames.
type window struct{ first, end int }

// writer takes what one template writes, marks included.
type writer struct {
	r     *renderer
	trace trace // without its text
	out   []byte
	limit int
	bound string // what the limit is called
	at    *mark  // the last action
	call  int
	first int // frames when the last action began
}

// Write implements [io.Writer]. Its error ends the rendering.
func (w *writer) Write(p []byte) (int, error) {
	if err := w.r.check(); err != nil {
		return 0, err
	}
	at := w.at
	if cap(p) > 0 {
		if m := w.r.marks[&p[:1][0]]; m != nil {
			if m.kind != markText {
				return 0, w.take(m)
			}
			at = m
		}
	}
	if len(p) == 0 {
		return 0, nil
	}
	if len(w.out)+len(p) > w.limit {
		return 0, messagef("the text grows larger than %s, %s", bytesText(w.limit), w.bound)
	}
	w.record(at)
	w.out = append(w.out, p...)
	return len(p), nil
}

// take acts on a mark.
func (w *writer) take(m *mark) error {
	switch m.kind {
	case markAction:
		w.step(m)
	case markCall:
		w.step(m)
		return w.enter()
	case markReturn:
		w.leave()
	}
	return nil
}

func (w *writer) step(m *mark) {
	w.at, w.first = m, len(w.r.frames)
	w.r.at.Store(m)
}

// enter begins a call from the last action.
func (w *writer) enter() error {
	r := w.r
	if r.depth >= r.limits.Depth || r.stack+w.at.depth > maxStack {
		return messagef("templates call each other more than %d deep, the bound on depth: does one include itself?", r.depth)
	}
	r.calls = append(r.calls, call{parent: w.call, site: w.at})
	w.call = len(r.calls) - 1
	r.depth++
	r.stack += w.at.depth
	return r.spend(callCost)
}

// leave ends the call that enter began.
func (w *writer) leave() {
	made := w.r.calls[w.call]
	w.call, w.at = made.parent, made.site
	w.r.depth--
	w.r.stack -= made.site.depth
}

// record says that the bytes from here on come from at.
func (w *writer) record(at *mark) {
	if len(w.trace.pieces) >= maxSegments {
		return
	}
	if at.kind != markText && (w.first < len(w.r.frames) || len(at.flows) > 0) {
		if w.trace.values == nil {
			w.trace.values = map[int]window{}
		}
		w.trace.values[len(w.trace.pieces)] = window{w.first, len(w.r.frames)}
	}
	w.trace.pieces = append(w.trace.pieces, piece{start: len(w.out), at: at, call: w.call})
}

// finish returns what was written.
func (w *writer) finish() trace {
	w.trace.out = string(w.out)
	return w.trace
}
