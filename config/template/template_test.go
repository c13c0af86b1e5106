package template

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// memory is a project of files in memory. Environment variables stand under "$NAME".
type memory map[string]string

func (m memory) Get(name string) (string, error) {
	text, ok := m[name]
	if !ok {
		return "", fs.ErrNotExist
	}
	return text, nil
}

func (m memory) Glob(pattern string) (map[string]string, error) {
	found := map[string]string{}
	for name, text := range m {
		ok, err := path.Match(pattern, name)
		if err != nil {
			return nil, fmt.Errorf("bad pattern %q", pattern)
		}
		if ok {
			found[name] = text
		}
	}
	return found, nil
}

func (m memory) Exists(name string) (bool, error) {
	_, ok := m[name]
	dir, _ := m.IsDir(name)
	return ok || dir, nil
}

func (m memory) IsDir(name string) (bool, error) {
	for file := range m {
		if strings.HasPrefix(file, name+"/") {
			return true, nil
		}
	}
	return false, nil
}

func (m memory) Getenv(name string) (string, bool, error) {
	if strings.HasPrefix(name, "SECRET") {
		return "", false, fmt.Errorf("the environment variable %q is not allowed", name)
	}
	value, ok := m["$"+name]
	return value, ok, nil
}

// options makes options of files: main.yaml, partials under .strake/, the rest is
// the project.
func options(files map[string]string) Options {
	o := Options{
		Main:    Source{Name: "main.yaml", File: "main.yaml", Text: []byte(files["main.yaml"])},
		Project: memory(files),
		Env:     "test",
		Vars:    map[string]any{"registry": "example.org", "replicas": 3, "list": []any{"a", "b"}},
		Commit:  Commit{Hash: "0123abc", Time: time.Date(2026, 3, 4, 5, 6, 7, 0, time.FixedZone("", 3600))},
	}
	for _, name := range sortedNames(files) {
		if short, ok := strings.CutPrefix(name, ".strake/"); ok {
			o.Partials = append(o.Partials, Source{Name: short, File: name, Text: []byte(files[name])})
		}
	}
	return o
}

func sortedNames(files map[string]string) []string {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// render renders one text with the project of options.
func render(t *testing.T, text string) (string, error) {
	t.Helper()
	r, err := Render(context.Background(), options(map[string]string{
		"main.yaml": text,
		"a.txt":     "A\n", "dir/b.txt": "B", "dir/c.txt": "C",
		"$SET": "value", "$EMPTY": "",
	}))
	if err != nil {
		return "", err
	}
	return string(r.Text()), nil
}

// TestPositions renders the templates of testdata/positions and shows, for each
// line and each place in it where the origin is not the next character of the same
// text, where it comes from.
func TestPositions(t *testing.T) {
	names, err := filepath.Glob("testdata/positions/*.tmpl")
	if err != nil || len(names) == 0 {
		t.Fatal("no templates", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".tmpl"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(name, ".tmpl")+".out", positions(t, options(unpack(string(text)))))
		})
	}
}

// unpack splits a text at lines "== NAME ==". \r and \ufeff stand for themselves.
func unpack(text string) map[string]string {
	files := map[string]string{}
	name := "main.yaml"
	for _, line := range strings.SplitAfter(text, "\n") {
		if rest, ok := strings.CutPrefix(line, "== "); ok {
			name = strings.TrimSuffix(rest, " ==\n")
			continue
		}
		files[name] += strings.NewReplacer(`\r`, "\r", `\ufeff`, byteOrderMark).Replace(line)
	}
	return files
}

func positions(t *testing.T, o Options) string {
	t.Helper()
	r, err := Render(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	l := newLines(string(r.Text()))
	for i := range l.starts {
		end := len(r.text)
		if i+1 < len(l.starts) {
			end = l.starts[i+1]
		}
		chars := []rune(strings.TrimRight(r.text[l.starts[i]:end], "\r\n"))
		fmt.Fprintf(&out, "%d|%s\n", i+1, string(chars))
		var last Origin
		for col := 1; col <= max(1, len(chars)); col++ {
			o := r.Origin(i+1, col)
			next := last
			next.Col++
			if !cmp.Equal(o, last) && !cmp.Equal(o, next) {
				fmt.Fprintf(&out, "    %d: %s\n", col, show(o))
			}
			last = o
		}
	}
	return out.String()
}

func show(o Origin) string {
	s := fmt.Sprintf("%s:%d:%d", o.File, o.Line, o.Col)
	for _, c := range o.Calls {
		s += fmt.Sprintf(" < %s:%d:%d", c.File, c.Line, c.Col)
	}
	return s
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestTextWithoutActionsIsReturnedUnread(t *testing.T) {
	text := "a: ${{ vars.X }}\nb: }} { {\n"
	o := options(map[string]string{"main.yaml": text, ".strake/bad.tmpl": "{{ bad"})
	r, err := Render(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if string(r.Text()) != text {
		t.Errorf("got %q", r.Text())
	}
	if diff := cmp.Diff(Origin{Place: Place{"main.yaml", 2, 5}}, r.Origin(2, 5)); diff != "" {
		t.Error(diff)
	}
	if n := testing.AllocsPerRun(10, func() { _, _ = Render(context.Background(), o) }); n > 5 {
		t.Errorf("%v allocations", n)
	}
}

func TestCancelledRenderingReturnsTheErrorOfTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Render(ctx, options(map[string]string{"main.yaml": "{{ range 1000000000000 }}{{ end }}"}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestOriginsMayBeAskedFromManyGoroutines(t *testing.T) {
	text, err := os.ReadFile("testdata/positions/include.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Render(context.Background(), options(unpack(string(text))))
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for line := range 40 {
				r.Origin(line, 3)
			}
		})
	}
	group.Wait()
}

func TestFilesWithTheSameContentAreToldApart(t *testing.T) {
	o := options(map[string]string{
		"main.yaml": "{{ range $p, $t := .Files.Glob \"*.part\" }}{{ tpl $t $ }}\n{{ end }}",
		"a.part":    "x: {{ .Env }}", "b.part": "x: {{ .Env }}",
	})
	r, err := Render(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{show(r.Origin(1, 1)), show(r.Origin(2, 1))}
	if diff := cmp.Diff([]string{"a.part:1:1 < main.yaml:1:43", "b.part:1:1 < main.yaml:1:43"}, got); diff != "" {
		t.Error(diff)
	}
}
