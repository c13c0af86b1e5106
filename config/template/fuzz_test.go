package template

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	tt "text/template"
	"text/template/parse"
	"time"
	"unicode"
	"unicode/utf8"
)

// FuzzRender renders any two texts. Nothing panics or takes long, every place of
// the result comes from a place of the sources with the same character, or from an
// action, and a template without functions gives what text/template gives.
func FuzzRender(f *testing.F) {
	names, _ := filepath.Glob("testdata/positions/*.tmpl")
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		files := unpack(string(text))
		partial := ""
		for name, text := range files {
			if strings.HasPrefix(name, ".strake/") {
				partial = text
			}
		}
		f.Add(files["main.yaml"], partial)
	}
	f.Add("{{ range $i := 3 }}${{ vars.X }}{{ include \"p\" . | indent 2 }}{{ end }}", "a: {{ . }}\n\nb: é{{ template \"q\" }}{{ define \"q\" }}x{{ end }}")
	f.Add("{{ $x := include \"p\" . }}{{ tpl $x . | nindent 4 }}{{- /* c */ -}} z", "{{ `{{ .Env }}` }}\r\n\ttab")
	f.Add("\ufeff{{ block \"b\" . }}{{ break }}{{ end }}", "{{ range 2 }}{{ continue }}{{ end }}")
	f.Fuzz(func(t *testing.T, main, partial string) {
		o := options(map[string]string{"main.yaml": main, ".strake/p": partial})
		o.Limits = Limits{Time: 200 * time.Millisecond, Output: 1 << 16, Value: 1 << 16, Items: 10000, Depth: 200, Total: 1 << 24}
		r, err := Render(context.Background(), o)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("no *Error: %v", err)
			}
			writtenIn(o).check(t, e.Origin.Place)
			return
		}
		checkOrigins(t, o, r)
		checkPlain(t, o, r)
	})
}

// written is the sources of a rendering by their files.
type written map[string]*source

func writtenIn(o Options) written {
	w := written{}
	for _, s := range append([]Source{o.Main}, o.Partials...) {
		text := string(s.Text)
		w[s.File] = &source{text: text, parts: outlineOf(text), index: newLines(text)}
	}
	return w
}

// check fails when a place is outside the sources, and returns the character
// there, 0 inside an action.
func (w written) check(t *testing.T, at Place) rune {
	t.Helper()
	src := w[at.File]
	if src == nil {
		t.Fatalf("no such file: %v", at)
	}
	offset := src.index.offset(at.Line, at.Col)
	if near := src.place(offset); near.Line != at.Line || near.Col != at.Col {
		t.Fatalf("%v is outside the file; the nearest place is %d:%d", at, near.Line, near.Col)
	}
	if a := src.action(offset); a.end > a.start {
		return 0
	}
	c, _ := utf8.DecodeRuneInString(src.text[offset:])
	return c
}

func checkOrigins(t *testing.T, o Options, r *Result) {
	t.Helper()
	l, sources := newLines(r.text), writtenIn(o)
	for offset, c := range r.text[l.starts[0]:min(len(r.text), 3000)] {
		line, col := l.at(offset + l.starts[0])
		at := r.Origin(line, col)
		came := sources.check(t, at.Place)
		if !r.plain && !unicode.IsSpace(c) && came != 0 && came != c {
			t.Fatalf("%q at %d:%d comes from %q at %v\n%q", c, line, col, came, at, r.text)
		}
		for _, site := range at.Calls {
			sources.check(t, site)
		}
	}
}

// checkPlain compares with text/template where no function is involved.
func checkPlain(t *testing.T, o Options, r *Result) {
	t.Helper()
	set := tt.New(o.Main.Name)
	for _, s := range []Source{{Name: "p", Text: o.Partials[0].Text}, o.Main} {
		if strings.Contains(string(s.Text), "${{") {
			return
		}
		if _, err := set.New(s.Name).Parse(string(s.Text)); err != nil {
			return
		}
	}
	for _, s := range set.Templates() {
		called := false
		inspect(s.Root, func(n parse.Node) {
			if _, ok := n.(*parse.IdentifierNode); ok {
				called = true
			}
		})
		if called {
			return
		}
	}
	var want strings.Builder
	if err := set.ExecuteTemplate(&want, o.Main.Name, newRenderer(context.Background(), o).data); err != nil {
		t.Fatalf("text/template fails: %v", err)
	}
	if want.String() != r.text {
		t.Fatalf("got %q, text/template gives %q", r.text, want.String())
	}
}

// inspect calls visit for a node and all below it.
func inspect(n parse.Node, visit func(parse.Node)) {
	visit(n)
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, item := range n.Nodes {
				inspect(item, visit)
			}
		}
	case *parse.ActionNode:
		inspect(n.Pipe, visit)
	case *parse.TemplateNode:
		inspect(n.Pipe, visit)
	case *parse.IfNode:
		inspectBranch(&n.BranchNode, visit)
	case *parse.WithNode:
		inspectBranch(&n.BranchNode, visit)
	case *parse.RangeNode:
		inspectBranch(&n.BranchNode, visit)
	case *parse.PipeNode:
		if n != nil {
			for _, c := range n.Cmds {
				for _, arg := range c.Args {
					inspect(arg, visit)
				}
			}
		}
	case *parse.ChainNode:
		inspect(n.Node, visit)
	}
}

func inspectBranch(n *parse.BranchNode, visit func(parse.Node)) {
	inspect(n.Pipe, visit)
	inspect(n.List, visit)
	inspect(n.ElseList, visit)
}
