package template

import (
	"fmt"
	"regexp"
	"strings"
	tt "text/template"
)

// These functions do as Sprig's and text/template's, but work out the size of
// their result first.

func (r *renderer) print(args ...any) (string, error) {
	return r.printed(fmt.Sprint, args)
}

func (r *renderer) println(args ...any) (string, error) {
	return r.printed(fmt.Sprintln, args)
}

func (r *renderer) html(args ...any) (string, error) {
	return r.printed(tt.HTMLEscaper, args)
}

func (r *renderer) js(args ...any) (string, error) {
	return r.printed(tt.JSEscaper, args)
}

func (r *renderer) urlquery(args ...any) (string, error) {
	return r.printed(tt.URLQueryEscaper, args)
}

func (r *renderer) printed(write func(...any) string, args []any) (string, error) {
	if err := r.measured(args); err != nil {
		return "", err
	}
	return r.text(write(args...))
}

func (r *renderer) printf(format string, args ...any) (string, error) {
	n, err := r.formatted(format, args)
	if err == nil {
		err = r.fits(n)
	}
	if err != nil {
		return "", err
	}
	return r.text(fmt.Sprintf(format, args...))
}

// formatted is how long a text printf may make, at most: each verb can print the
// largest argument, and pads each of its items.
func (r *renderer) formatted(format string, args []any) (int, error) {
	var largest size
	width := 0
	for _, arg := range args {
		s, err := r.measure(arg)
		if err != nil {
			return 0, err
		}
		largest.text, largest.items = max(largest.text, s.text), max(largest.items, s.items)
		if n, ok := arg.(int); ok {
			width = max(width, n, -n)
		}
	}
	total := len(format)
	for {
		_, after, ok := strings.Cut(format, "%")
		if !ok {
			return total, nil
		}
		pad, n := padding(after, width)
		format = after[n:]
		total += largest.text
		if wide := product(pad, max(largest.items, 1)); wide < 0 || total > r.limits.Value {
			return -1, nil
		} else if total += wide; total > r.limits.Value {
			return -1, nil
		}
	}
}

// padding adds the numbers between a percent sign and its verb, and returns how
// many bytes they take. A star stands for the largest number among the arguments.
func padding(s string, star int) (pad, n int) {
	const most = 1_000_000 // fmt refuses more
	number := 0
	for n < len(s) && strings.IndexByte("+-# 0123456789.*[]", s[n]) >= 0 {
		switch c := s[n]; {
		case c >= '0' && c <= '9':
			number = min(number*10+int(c-'0'), most)
		case c == '*':
			pad, number = pad+min(star, most), 0
		default:
			pad, number = pad+number, 0
		}
		n++
	}
	return pad + number, n
}

func (r *renderer) repeat(count int, s string) (string, error) {
	if count < 0 {
		return "", messagef("repeat: the number of times is %d; it must not be negative", count)
	}
	if err := r.fits(product(count, len(s))); err != nil {
		return "", err
	}
	return r.text(strings.Repeat(s, count))
}

func (r *renderer) indent(spaces int, s string) (string, error) {
	if spaces < 0 {
		return "", messagef("indent: the number of spaces is %d; it must not be negative", spaces)
	}
	added := product(spaces, strings.Count(s, "\n")+1)
	if added < 0 || r.fits(added+len(s)) != nil {
		return "", r.fits(-1)
	}
	pad := strings.Repeat(" ", spaces)
	return r.text(pad + strings.ReplaceAll(s, "\n", "\n"+pad))
}

func (r *renderer) nindent(spaces int, s string) (string, error) {
	s, err := r.indent(spaces, s)
	return "\n" + s, err
}

func (r *renderer) replace(old, new, s string) (string, error) {
	added := product(strings.Count(s, old), len(new))
	if added < 0 || r.fits(added) != nil {
		return "", r.fits(-1)
	}
	return r.text(strings.ReplaceAll(s, old, new))
}

func (r *renderer) wrap(width int, s string) (string, error) {
	return r.text(sprigFunction[func(int, string) string](r, "wrap")(width, s))
}

func (r *renderer) wrapWith(width int, separator, s string) (string, error) {
	// A line ends behind a word, so that two lines hold more than the width.
	added := product(2*len(s)/max(width, 1)+2, len(separator))
	if added < 0 || r.fits(added) != nil {
		return "", r.fits(-1)
	}
	return r.text(sprigFunction[func(int, string, string) string](r, "wrapWith")(width, separator, s))
}

func (r *renderer) regexReplaceAll(pattern, s, with string) (string, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return "", patternError(err)
	}
	if err := r.replaceable(re, s, len(with), strings.Count(with, "$")); err != nil {
		return "", err
	}
	return r.text(re.ReplaceAllString(s, with))
}

func (r *renderer) regexReplaceAllLiteral(pattern, s, with string) (string, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return "", patternError(err)
	}
	if err := r.replaceable(re, s, len(with), 0); err != nil {
		return "", err
	}
	return r.text(re.ReplaceAllLiteralString(s, with))
}

// replaceable checks the size of a text whose matches are replaced by fixed bytes
// and so many parts of the match.
func (r *renderer) replaceable(re *regexp.Regexp, s string, fixed, parts int) error {
	if n := product(len(s)+1, fixed); n >= 0 && product(len(s), parts) >= 0 && r.fits(n+len(s)*(parts+1)) == nil {
		return nil
	}
	total, last := 0, 0
	re.ReplaceAllStringFunc(s, func(match string) string {
		if last = product(len(match), parts); last < 0 || r.fits(total) != nil {
			total = r.limits.Value + 1
			return ""
		}
		total += fixed + last
		return ""
	})
	return r.fits(total)
}

func patternError(err error) error {
	return messagef("bad regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
}
