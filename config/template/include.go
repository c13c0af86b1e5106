package template

import (
	"fmt"
	"strings"
	tt "text/template"

	"gopkg.in/yaml.v3"
)

// include renders a template by its name. It may be called without data.
func (r *renderer) include(name string, data ...any) (string, error) {
	if len(data) > 1 {
		return "", messagef("include takes the name of a template and one value, found %d values", len(data))
	}
	t := r.set.Lookup(name)
	if t == nil || t.Tree == nil {
		return "", r.unknownTemplate(name)
	}
	return r.run(t, firstOf(data))
}

func firstOf(data []any) any {
	if len(data) == 0 {
		return nil
	}
	return data[0]
}

func (r *renderer) unknownTemplate(name string) error {
	known := r.templates()
	if h := hint(name, known); h != "" {
		return messagef("unknown template %q%s", name, h)
	}
	if len(known) == 0 {
		return messagef("unknown template %q: the project has no templates besides this one", name)
	}
	if len(known) > 20 {
		known = append(known[:20:20], "...")
	}
	return messagef("unknown template %q; there are %s", name, strings.Join(known, ", "))
}

// run renders a template into a text of its own.
func (r *renderer) run(t *tt.Template, data any) (string, error) {
	outer := r.writer
	w := &writer{r: r, limit: r.limits.Value, bound: "the bound on the text of one value"}
	if err := outer.enter(); err != nil {
		return "", err
	}
	w.call = outer.call
	r.writer = w
	// Also when a function panics and a function around this one catches it.
	depth, stack := r.depth, r.stack
	defer func() {
		r.writer, r.depth, r.stack = outer, depth, stack
		outer.leave()
	}()
	if err := t.Execute(w, data); err != nil {
		return "", r.fault(err)
	}
	made := w.finish()
	if made.out != "" {
		r.frames = append(r.frames, &frame{trace: made, call: w.call})
	}
	return r.text(made.out)
}

// tpl renders a text that a template has made or read.
func (r *renderer) tpl(text string, data any) (string, error) {
	t, err := r.tplTemplate(text)
	if err != nil {
		return "", err
	}
	return r.run(t, data)
}

// tplTemplate parses a text once. When it is the content of a file that the
// templates have read, positions are those of the file.
func (r *renderer) tplTemplate(text string) (*tt.Template, error) {
	file := r.readFrom(text)
	key := tplName(file, text)
	if t := r.tpls[key]; t != nil {
		return t, nil
	}
	// The parsed form of a dense text is some twenty times its size.
	if err := r.spend(20 * len(text)); err != nil {
		return nil, err
	}
	src := r.newSource(file, text)
	name := fmt.Sprintf("%s%d", tplPrefix, src.id)
	trees, err := r.parseSource(src, name)
	if err == nil {
		err = r.mark(trees)
	}
	if err != nil {
		return nil, r.insideTpl(src, err)
	}
	r.tpls[key] = r.set.Lookup(name)
	return r.tpls[key], nil
}

const tplPrefix = "\x00tpl "

func tplName(file, text string) string { return file + "\x00" + text }

func isTpl(name string) bool { return strings.HasPrefix(name, tplPrefix) }

// readFrom returns the file that a text is the content of, "" when it is none. Of
// files with the same content it is each in turn: tpl mostly stands in a loop over
// a Glob, which goes through the paths in order.
func (r *renderer) readFrom(text string) string {
	c := r.files[text]
	if c == nil {
		return ""
	}
	c.used++
	return c.paths[(c.used-1)%len(c.paths)]
}

// The debug functions return nothing, and do nothing unless somebody debugs.

func (r *renderer) includeDebug(name string, data ...any) (string, error) {
	if !r.opts.Debug {
		return "", nil
	}
	out, err := r.include(name, data...)
	if err == nil {
		err = r.logRendering("include_debug "+name, firstOf(data), out)
	}
	return "", err
}

func (r *renderer) tplDebug(text string, data any) (string, error) {
	if !r.opts.Debug {
		return "", nil
	}
	r.opts.Log("tpl_debug: content:\n" + text)
	out, err := r.tpl(text, data)
	if err == nil {
		err = r.logRendering("tpl_debug", data, out)
	}
	return "", err
}

func (r *renderer) logRendering(name string, data any, out string) error {
	dump, err := r.dump(data)
	if err != nil {
		return err
	}
	r.opts.Log(name + ": data:\n" + dump)
	r.opts.Log(name + ": text:\n" + out)
	return nil
}

func (r *renderer) printfDebug(format string, args ...any) (string, error) {
	if !r.opts.Debug {
		return "", nil
	}
	text, err := r.printf(format, args...)
	if err == nil {
		r.opts.Log("printf_debug: " + text)
	}
	return "", err
}

func (r *renderer) dumpDebug(value any) (string, error) {
	if !r.opts.Debug {
		return "", nil
	}
	text, err := r.dump(value)
	if err == nil {
		r.opts.Log("dump_debug:\n" + text)
	}
	return "", err
}

// dump shows a value as YAML, or as Go prints it where YAML has no form.
func (r *renderer) dump(value any) (string, error) {
	if err := r.measured(value); err != nil {
		return "", err
	}
	if text, err := yaml.Marshal(value); err == nil {
		return string(text), nil
	}
	return fmt.Sprintf("%v", value), nil
}
