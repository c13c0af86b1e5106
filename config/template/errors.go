package template

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	tt "text/template"

	"github.com/strakebuild/strake/schema"
)

// Error is a fault of a template: its text cannot be parsed, or an action failed.
type Error struct {
	Origin  Origin
	Message string // one plain line, unless a template made it
}

// Error returns "file:line:col: message".
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.Origin.File, e.Origin.Line, e.Origin.Col, e.Message)
}

// maxCalls bounds the call chain of an error. Of a longer one the middle is left
// out.
const maxCalls = 16

// faultAt is an error at a place that no call leads to.
func (r *renderer) faultAt(src *source, offset int, text string) *Error {
	return &Error{Origin: Origin{Place: src.place(offset)}, Message: text}
}

// fault makes what ended a rendering an *Error at the place that ran last. An
// error that has its place keeps it.
func (r *renderer) fault(err error) error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	if cancelled := r.caller.Err(); cancelled != nil && errors.Is(err, cancelled) {
		return fmt.Errorf("rendering %s: %w", r.opts.Main.File, cancelled)
	}
	src, offset, text := r.sources[0], 0, err.Error()
	if at := r.writer.at; at != nil {
		src, offset = at.source, at.offset
	}
	var exec tt.ExecError
	if errors.As(err, &exec) {
		src, offset, text = r.execution(exec, src, offset)
	}
	return r.locate(src, offset, r.chain(r.writer.call), text)
}

// chain returns the places that led to a call, the innermost first.
func (r *renderer) chain(id int) []*mark { return chainOf(r.calls, id) }

func chainOf(calls []call, id int) []*mark {
	var chain []*mark
	for ; id > 0; id = calls[id].parent {
		chain = append(chain, calls[id].site)
	}
	return chain
}

// locate is an error at a place and the calls that led there.
func (r *renderer) locate(src *source, offset int, chain []*mark, text string) *Error {
	// The value for a template action is worked out after its call was marked.
	if len(chain) > 0 && chain[0].source == src && chain[0].offset == src.action(offset).start {
		chain = chain[1:]
	}
	if src.file == "" && len(chain) > 0 {
		at := src.place(offset)
		text = fmt.Sprintf("in line %d, column %d of the text given to tpl: %s", at.Line, at.Col, text)
	}
	origin := originOf(src, offset, chain)
	if len(origin.Calls) > maxCalls {
		origin.Calls = append(origin.Calls[:maxCalls-1:maxCalls-1], origin.Calls[len(origin.Calls)-1])
	}
	return &Error{Origin: origin, Message: r.hidden.hide(text)}
}

// insideTpl adds the call of tpl to an error in its text.
func (r *renderer) insideTpl(src *source, err error) error {
	var known *Error
	if !errors.As(err, &known) {
		return err
	}
	offset := newLines(src.text).offset(known.Origin.Line, known.Origin.Col)
	chain := append([]*mark{r.writer.at}, r.chain(r.writer.call)...)
	return r.locate(src, offset, chain, known.Message)
}

// execution takes an error of the interpreter apart:
// template: #3:12:4: executing "name" at <.x.y>: text
func (r *renderer) execution(exec tt.ExecError, src *source, offset int) (*source, int, string) {
	text := exec.Error()
	m := regexp.MustCompile(`^template: #(\d+):(\d+):(\d+): `).FindStringSubmatch(text)
	if m == nil {
		return src, offset, strings.TrimPrefix(text, "template: ")
	}
	id, _ := strconv.Atoi(m[1])
	line, _ := strconv.Atoi(m[2])
	col, _ := strconv.Atoi(m[3])
	src = r.sources[id]
	offset = byteOffset(src.text, line, col)
	text = strings.TrimPrefix(text[len(m[0]):], "executing "+strconv.Quote(exec.Name)+" at <")
	expression, after, ok := strings.Cut(text, ">: ")
	if !ok {
		expression, after = "", text
	}
	return src, offset, r.explain(expression, after, errors.Unwrap(exec.Err))
}

// byteOffset is the offset of a 1-based line and a 0-based column in bytes, as the
// interpreter counts them.
func byteOffset(text string, line, col int) int {
	offset := 0
	for ; line > 1; line-- {
		offset += strings.IndexByte(text[offset:], '\n') + 1
	}
	return min(offset+col, len(text))
}

// explain says a message of the interpreter in the words of this package.
// expression is what failed; cause is the error of a function, nil when the
// interpreter itself found the fault.
func (r *renderer) explain(expression, text string, cause error) string {
	if cause != nil {
		var plain message
		if errors.As(cause, &plain) {
			return string(plain)
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(text, "error calling "), ":")
		return name + ": " + plainCause(cause.Error())
	}
	if plain := plainCause(text); plain != text && !strings.HasPrefix(text, "can't evaluate") && !strings.Contains(text, "nil pointer") {
		return plain
	}
	if name, ok := quoted(text, "template ", " not defined"); ok {
		return r.unknownTemplate(name).Error()
	}
	if rest, ok := strings.CutPrefix(text, "can't evaluate field "); ok {
		name, of, _ := strings.Cut(rest, " in type ")
		return noField(expression, name, of)
	}
	if _, name, ok := strings.Cut(text, "nil pointer evaluating interface {}."); ok {
		return fmt.Sprintf("no field %q: the value in front of it is not there", name)
	}
	if of, ok := strings.CutPrefix(text, "wrong type for value; expected string; got "); ok {
		return fmt.Sprintf("text is expected here and this is of type %s: put it in quotes where it is written, or use toString", of)
	}
	return text
}

// plainCause says an error of the interpreter's own functions in plain words.
func plainCause(text string) string {
	switch text {
	case "index of untyped nil", "index of nil pointer":
		return "the value to look in is not there"
	case "reflect: slice index out of range", "reflect: array index out of range", "reflect: string index out of range":
		return "index out of range"
	}
	text = strings.TrimPrefix(text, "runtime error: ")
	for _, inner := range goWords {
		if strings.Contains(text, inner) {
			return "it cannot work with values of these kinds"
		}
	}
	return text
}

// goWords are in messages that speak of how functions are made, not of what was
// asked of them.
var goWords = []string{"interface conversion", "interface {}", "reflect.", "reflect:", "makeslice", "template.sealed"}

// noField is the message for a field that a value does not have. The interpreter
// knows the type of some values only.
func noField(expression, name, of string) string {
	if strings.HasSuffix(expression, ".Files."+name) {
		return fmt.Sprintf(".Files has no %q%s", name, hint(name, []string{"Get", "Glob", "Exists", "IsDir"}))
	}
	if of == "interface {}" || of == "" {
		return fmt.Sprintf("no field %q in this value", name)
	}
	return fmt.Sprintf("no field %q in a value of type %s", name, of)
}

// hint offers the known name that a misspelt one most likely stands for.
func hint(name string, known []string) string {
	if near, ok := schema.Nearest(name, known); ok {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// unknownVar is the error for a variable that is not declared.
func (r *renderer) unknownVar(name string, declared []string) error {
	if len(declared) == 0 {
		return messagef("unknown variable %q: the project declares no variables", name)
	}
	if h := hint(name, declared); h != "" {
		return messagef("unknown variable %q%s", name, h)
	}
	return messagef("unknown variable %q; declared are %s", name, strings.Join(declared, ", "))
}
