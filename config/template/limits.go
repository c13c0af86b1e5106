package template

import (
	"fmt"
	"time"
)

// Limits bound what a rendering may use. A zero field means the default.
type Limits struct {
	Time   time.Duration // of the whole rendering; 10 s
	Output int           // bytes of the rendered text; 32 MiB
	Value  int           // bytes of text in one value; 16 MiB
	Items  int           // items in one value, nested ones counted; 1,000,000
	Depth  int           // calls of templates inside each other, and values inside each other; 1,000
	Total  int           // bytes of text made by all functions together; 1 GiB
}

const (
	callCost = 512 // what a call takes of Limits.Total, for its record
	itemCost = 8   // what an item of a made list takes of it
	// maxNesting is how deep blocks and parentheses of one template may lie in
	// each other, and maxStack how deep they may over all running calls. Both keep
	// the stack of the interpreter small.
	maxNesting = 1000
	maxStack   = 20_000
	// maxSegments bounds the memory of positions. Where a text has more pieces
	// than this, the rest has the place of the last one.
	maxSegments = 4 << 20
	// grace is how long a function may go on after the time is over.
	grace = time.Second
)

func (l Limits) withDefaults() Limits {
	if l.Time <= 0 {
		l.Time = 10 * time.Second
	}
	l.Output = orDefault(l.Output, 32<<20)
	l.Value = orDefault(l.Value, 16<<20)
	l.Items = orDefault(l.Items, 1_000_000)
	l.Depth = orDefault(l.Depth, 1000)
	l.Total = orDefault(l.Total, 1<<30)
	return l
}

func orDefault(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// message is an error whose text is for the user as it stands.
type message string

func (m message) Error() string { return string(m) }

func messagef(format string, args ...any) error {
	return message(fmt.Sprintf(format, args...))
}

// check reports that the time is over or the rendering was cancelled.
func (r *renderer) check() error {
	if !r.stopped.Load() {
		return nil
	}
	if err := r.caller.Err(); err != nil {
		return err
	}
	return r.timeError()
}

func (r *renderer) timeError() error {
	return messagef("rendering takes longer than %v, the bound on time: look for a loop that does not end", r.limits.Time)
}

// spend takes n from what all functions together may make.
func (r *renderer) spend(n int) error {
	r.spent += n
	if r.spent > r.limits.Total {
		return messagef("functions of the templates made more than %s of values, the bound on all of them together", bytesText(r.limits.Total))
	}
	return r.check()
}

// text checks a text that a function made.
func (r *renderer) text(s string) (string, error) {
	if err := r.fits(len(s)); err != nil {
		return "", err
	}
	return s, r.spend(len(s))
}

// fits checks the size of a text that a function is about to make.
func (r *renderer) fits(n int) error { return r.limits.fits(n) }

func (l *Limits) fits(n int) error {
	if n < 0 || n > l.Value {
		return messagef("a value is larger than %s, the bound on the text of one value", bytesText(l.Value))
	}
	return nil
}

// count checks the length of a list that a function is about to make.
func (r *renderer) count(n int) error {
	if n < 0 || n > r.limits.Items {
		return messagef("a value has more than %d items, the bound on the items of one value", r.limits.Items)
	}
	return r.spend(n * itemCost)
}

// product is a*b, or -1 where that is not a number of bytes.
func product(a, b int) int {
	if a < 0 || b < 0 || (a > 0 && b > (1<<62)/a) {
		return -1
	}
	return a * b
}

func bytesText(n int) string {
	switch {
	case n >= 1<<30 && n%(1<<30) == 0:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}
