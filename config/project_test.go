package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/strakebuild/strake/config/gittest"
)

// TestProjectsOfSeveralFiles loads the archives of testdata/project. Their
// comment holds options, one to a line (var NAME=VALUE, env NAME=VALUE, environment
// NAME, dir FOLDER); the file "want" is the rendered project, its warnings, or
// the faults.
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
	files := map[string]string{}
	for _, f := range archive.Files {
		if f.Name != "want" {
			files[f.Name] = string(f.Data)
		}
	}
	opts := archiveOptions(t, string(archive.Comment))
	repo := openRepo(t, gittest.Repo(t, files))
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
	return out.String()
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
		case "", "#":
		case "var":
			opts.Vars[name] = value
		case "env":
			environment[name] = value
		case "environment":
			opts.Env = rest
		case "dir":
			opts.Dir = rest
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
