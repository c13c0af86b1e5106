package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/strakebuild/strake/config/gittest"
)

// TestProjectsOfSeveralFiles loads the archives of testdata/project; marks in the
// names of files are those of gittest.Repo. The file "want" is the rendered
// project after its warnings, or the faults. The comment holds options, one to a
// line:
//
//	var NAME=VALUE     a variable of the project
//	env NAME=VALUE     a variable of the environment
//	environment NAME   what templates see as .Env
//	dir FOLDER         the project folder
//	file FILE          the project file
//	templates FOLDER   that of partial templates
//	name NAME          of the project
//	loose              without giterminism
//	explain IMAGE      where its values come from, or those of the "project"
//	crlf               every file has lines that end in CR LF
//	bom                every file begins with a byte order mark
func TestProjectsOfSeveralFiles(t *testing.T) {
	paths, err := filepath.Glob("testdata/project/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no archives", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := loadArchive(t, archive)
			archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
			archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
			golden(t, path, string(txtar.Format(archive)))
		})
	}
}

func loadArchive(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	opts := archiveOptions(t, string(archive.Comment))
	repo := openRepo(t, gittest.Repo(t, archiveFiles(archive)))
	var out strings.Builder
	in, err := repo.Inputs(t.Context(), InputOptions{Dir: opts.Dir, Loose: opts.Loose})
	var p *Project
	if err == nil {
		p, err = Load(t.Context(), in, opts)
	}
	if err != nil {
		var faults Errors
		if f, ok := err.(Errors); ok {
			faults = f
		} else {
			fmt.Fprintln(&out, err)
		}
		writeFaults(&out, "", faults)
		return out.String()
	}
	writeFaults(&out, "warning: ", p.Warnings)
	text, err := Render(p)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	loadsAgain(t, archive, opts, p, text)
	for line := range strings.Lines(string(archive.Comment)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "explain "); ok {
			explainArchive(&out, p, name)
		}
	}
	return out.String()
}

// explainArchive writes where the values of an image, or of the "project", come
// from.
func explainArchive(out *strings.Builder, p *Project, name string) {
	fmt.Fprintf(out, "explain %s\n", name)
	values := ExplainProject(p)
	for _, img := range p.Images {
		if img.Name.Value == name {
			values = ExplainImage(p, img)
		}
	}
	for _, v := range values {
		fmt.Fprintf(out, "  %s = %q", v.Key, v.Value)
		if v.Pos != (Pos{}) {
			fmt.Fprintf(out, " at %v", v.Pos)
		}
		for _, o := range v.Origins {
			fmt.Fprintf(out, ", %s = %q %v", o.Name, o.Value, o.Pos)
		}
		fmt.Fprintln(out)
	}
}

// loadsAgain loads a rendered project and compares it with what it was made of.
func loadsAgain(t *testing.T, archive *txtar.Archive, opts LoadOptions, p *Project, text []byte) {
	t.Helper()
	if strings.Contains(string(text), "{{") {
		return // which begins an action when the text is a project file
	}
	files := archiveFiles(archive)
	files[p.File] = string(text)
	again, err := Load(t.Context(), allowing(memoryTree(files)), LoadOptions{Dir: opts.Dir, File: p.File})
	if err != nil {
		t.Fatalf("the rendered project: %v\n%s", err, text)
	}
	p.Name, again.Name = String{}, String{}
	if diff := cmp.Diff(p, again, ignorePositions, ignoreWarnings); diff != "" {
		t.Errorf("(-loaded +rendered and loaded):\n%s\n%s", diff, text)
	}
}

// archiveFiles is what an archive commits.
func archiveFiles(archive *txtar.Archive) map[string]string {
	files := map[string]string{}
	for _, f := range archive.Files {
		text := string(f.Data)
		if strings.HasSuffix(f.Name, "@") {
			text = strings.TrimSpace(text)
		}
		if f.Name != "want" {
			files[f.Name] = text
		}
	}
	for line := range strings.Lines(string(archive.Comment)) {
		for name, text := range files {
			switch strings.TrimSpace(line) {
			case "crlf":
				files[name] = strings.ReplaceAll(text, "\n", "\r\n")
			case "bom":
				files[name] = "\ufeff" + text
			}
		}
	}
	return files
}

func archiveOptions(t *testing.T, comment string) LoadOptions {
	t.Helper()
	environment := map[string]string{}
	opts := LoadOptions{Vars: map[string]string{}}
	opts.Getenv = func(name string) (string, bool) { v, ok := environment[name]; return v, ok }
	for line := range strings.Lines(comment) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, value, _ := strings.Cut(rest, "=")
		switch word {
		case "", "#", "crlf", "bom", "explain":
		case "var":
			opts.Vars[name] = value
		case "env":
			environment[name] = value
		case "environment":
			opts.Env = rest
		case "dir":
			opts.Dir = rest
		case "file":
			opts.File = rest
		case "templates":
			opts.TemplatesDir = rest
		case "name":
			opts.Name = rest
		case "loose":
			opts.Loose = true
		default:
			t.Fatalf("unknown option %q", word)
		}
	}
	return opts
}

// writeFaults writes faults with the calls and rendered lines of templates.
func writeFaults(out *strings.Builder, prefix string, faults Errors) {
	for _, f := range faults {
		fmt.Fprintf(out, "%s%v\n", prefix, f)
		for _, c := range f.Calls {
			fmt.Fprintf(out, "  called at %v\n", c)
		}
		if f.Rendered == nil {
			continue
		}
		for i, line := range f.Rendered.Lines {
			mark := " "
			if f.Rendered.First+i == f.Rendered.Fault {
				mark = ">"
			}
			fmt.Fprintf(out, "  %s %d | %s\n", mark, f.Rendered.First+i, line)
		}
	}
}

func TestOriginsNameVariablesAndMatrix(t *testing.T) {
	tree := memoryTree(map[string]string{"strake.yaml": `configVersion: 1
project: p
vars: {tag: "3.20"}
---
image: a-${{ matrix.os }}
from: ${{ matrix.os }}:${{ vars.tag }}
matrix: {os: [alpine, debian]}
`})
	p, err := Load(t.Context(), NewInputs(tree), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	from := p.Images[1].Stapel.From
	if from.Value != "debian:3.20" {
		t.Fatalf("got %q", from.Value)
	}
	got := map[string]string{}
	for _, o := range p.origins["a-debian"][from.Pos] {
		got[o.Name] = o.Value + " " + o.Pos.String()
	}
	want := map[string]string{"vars.tag": "3.20 strake.yaml:3:13", "matrix.os": "debian strake.yaml:7:23"}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
