package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const modulePath = "github.com/strakebuild/strake/"

// layers lists what the packages below each top-level folder may import of the
// project, besides packages of their own folder.
var layers = map[string][]string{
	"cmd":      {"config", "schema", "planner", "stapel", "executor"},
	"executor": {"planner"},
	"planner":  {"stapel", "config"},
	"stapel":   {"config"},
	"config":   {"schema"},
	"schema":   {},
}

// fences lists libraries that one package alone may import.
var fences = map[string]string{
	"go.podman.io/":                  "executor/buildah",
	"github.com/docker/docker/":      "executor/docker",
	"github.com/moby/moby/client":    "executor/docker",
	modulePath + "config/gittest":    "tests",
	modulePath + "config/configtest": "tests",
	"github.com/rogpeppe/":           "tests",
	"github.com/google/go-cmp/":      "tests",
	"github.com/containers/":         "nobody", // frozen; the libraries live on at go.podman.io
}

// topLevel lists the folders that may stand beside each other in the root.
var topLevel = []string{
	".cache", ".ci", ".git", "bin", // not part of the program
	"cmd", "config", "examples", "executor", "planner", "schema", "stapel",
}

const (
	maxFileLines     = 350
	maxFunctionLines = 80
)

// source is one Go file of the project.
type source struct {
	Path string // from the root, with forward slashes
	Fset *token.FileSet
	File *ast.File
}

func (s *source) dir() string   { return path.Dir(s.Path) }
func (s *source) layer() string { return strings.Split(s.Path, "/")[0] }
func (s *source) isTest() bool  { return strings.HasSuffix(s.Path, "_test.go") }

// fault returns "file:line: message".
func (s *source) fault(at token.Pos, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: %s", s.Path, s.Fset.Position(at).Line, fmt.Sprintf(format, args...))
}

// rules are the rules for single files; each returns the faults that it finds.
var rules = map[string]func(*source) []string{
	"imports":         importFaults,
	"fenced imports":  fenceFaults,
	"output and exit": outputFaults,
	"file names":      nameFaults,
	"init functions":  initFaults,
	"length":          lengthFaults,
}

func TestSourcesKeepTheRules(t *testing.T) {
	sources := projectSources(t)
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			for _, s := range sources {
				for _, fault := range rule(s) {
					t.Error(fault)
				}
			}
		})
	}
}

func TestEveryPackageHasAComment(t *testing.T) {
	for _, fault := range commentFaults(projectSources(t)) {
		t.Error(fault)
	}
}

func TestOnlyKnownTopLevelFolders(t *testing.T) {
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() && !slices.Contains(topLevel, entry.Name()) {
			t.Errorf("%s:1: folder at the top level; allowed are %s", entry.Name(), strings.Join(topLevel, ", "))
		}
	}
}

// importFaults finds imports that go against the direction of the layers.
func importFaults(s *source) (faults []string) {
	if s.isTest() {
		return nil
	}
	allowed := layers[s.layer()]
	for _, imp := range s.File.Imports {
		target, ours := strings.CutPrefix(importPath(imp), modulePath)
		layer := strings.Split(target, "/")[0]
		if ours && layer != s.layer() && !slices.Contains(allowed, layer) {
			faults = append(faults, s.fault(imp.Pos(), "%s imports %s; allowed are %s", s.layer(), target, strings.Join(allowed, ", ")))
		}
	}
	return faults
}

// fenceFaults finds imports of libraries outside the package they belong to.
func fenceFaults(s *source) (faults []string) {
	for _, imp := range s.File.Imports {
		for library, owner := range fences {
			if !strings.HasPrefix(importPath(imp), library) || mayImport(s, owner) {
				continue
			}
			faults = append(faults, s.fault(imp.Pos(), "import of %s, which is for %s alone", importPath(imp), owner))
		}
	}
	return faults
}

func mayImport(s *source, owner string) bool {
	if owner == "tests" {
		return s.isTest() || s.dir() == "config/gittest"
	}
	return s.dir() == owner || strings.HasPrefix(s.dir(), owner+"/")
}

func importPath(imp *ast.ImportSpec) string {
	text, _ := strconv.Unquote(imp.Path.Value)
	return text
}

// outputFaults finds calls that print or end the program outside cmd.
func outputFaults(s *source) (faults []string) {
	if s.layer() == "cmd" || s.isTest() {
		return nil
	}
	ast.Inspect(s.File, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && printsOrExits(calledName(call)) {
			faults = append(faults, s.fault(call.Pos(), "%s is called; only cmd prints and exits", calledName(call)))
		}
		return true
	})
	return faults
}

func printsOrExits(name string) bool {
	switch name {
	case "print", "println", "os.Exit", "syscall.Exit":
		return true
	}
	for _, prefix := range []string{"fmt.Print", "log.Fatal", "log.Panic", "log.Print"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// calledName returns "name" or "package.name" of a call, "" for others.
func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
	}
	return ""
}

// nameFaults finds files and packages named after nothing in particular.
func nameFaults(s *source) (faults []string) {
	vague := []string{"types", "type", "utils", "util", "helpers", "helper", "common", "misc"}
	file := strings.TrimSuffix(strings.TrimSuffix(path.Base(s.Path), ".go"), "_test")
	file = strings.TrimSuffix(file, "_linux")
	for _, name := range []string{file, s.File.Name.Name} {
		if slices.Contains(vague, name) {
			faults = append(faults, s.fault(s.File.Package, "the name %s says nothing; name it after the noun or verb it holds", name))
		}
	}
	return faults
}

func initFaults(s *source) (faults []string) {
	for _, f := range functions(s) {
		if f.Recv == nil && f.Name.Name == "init" {
			faults = append(faults, s.fault(f.Pos(), "init function; make what it sets up where it is used"))
		}
	}
	return faults
}

func lengthFaults(s *source) (faults []string) {
	if lines := s.Fset.Position(s.File.FileEnd).Line; lines > maxFileLines {
		faults = append(faults, s.fault(s.File.Package, "%d lines in a file; at most %d", lines, maxFileLines))
	}
	for _, f := range functions(s) {
		lines := s.Fset.Position(f.End()).Line - s.Fset.Position(f.Pos()).Line + 1
		if lines > maxFunctionLines {
			faults = append(faults, s.fault(f.Pos(), "%d lines in %s; at most %d", lines, f.Name.Name, maxFunctionLines))
		}
	}
	return faults
}

func functions(s *source) (list []*ast.FuncDecl) {
	for _, decl := range s.File.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			list = append(list, f)
		}
	}
	return list
}

// commentFaults finds packages without a doc.go that holds their only comment.
func commentFaults(sources []*source) (faults []string) {
	comments := map[string]string{} // by folder
	for _, s := range sources {
		if s.isTest() {
			continue
		}
		text := s.File.Doc.Text()
		if path.Base(s.Path) == "doc.go" {
			comments[s.dir()] = text
		} else if text != "" {
			faults = append(faults, s.fault(s.File.Package, "package comment outside doc.go"))
		}
	}
	for _, s := range sources {
		text, found := comments[s.dir()]
		if s.isTest() || path.Base(s.Path) == "doc.go" && text != "" || found && text != "" {
			continue
		}
		faults = append(faults, s.fault(s.File.Package, "package %s has no doc.go with a package comment", s.File.Name.Name))
		comments[s.dir()] = "reported"
	}
	return faults
}

// projectSources parses all Go files below the folders of the program.
func projectSources(t *testing.T) (sources []*source) {
	t.Helper()
	root := os.DirFS("../..")
	for layer := range layers {
		err := fs.WalkDir(root, layer, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() && entry.Name() == "testdata" {
				return skipDir(err)
			}
			if !entry.IsDir() && filepath.Ext(name) == ".go" {
				text, err := fs.ReadFile(root, name)
				if err != nil {
					return err
				}
				sources = append(sources, parseSource(t, name, string(text)))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return sources
}

func skipDir(err error) error {
	if err != nil {
		return err
	}
	return fs.SkipDir
}

func parseSource(t *testing.T, name, text string) *source {
	t.Helper()
	s := &source{Path: name, Fset: token.NewFileSet()}
	file, err := parser.ParseFile(s.Fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	s.File = file
	return s
}

func TestRulesFindFaults(t *testing.T) {
	long := strings.Repeat("\n", maxFileLines+1)
	tests := []struct {
		rule, path, text string
		want             []string
	}{
		{"imports", "stapel/a.go", `package stapel; import "github.com/strakebuild/strake/planner"`, []string{"stapel/a.go:1: stapel imports planner; allowed are config"}},
		{"imports", "planner/a.go", `package planner; import "github.com/strakebuild/strake/planner/dockerfile"`, nil},
		{"fenced imports", "executor/a.go", `package executor; import "go.podman.io/storage"`, []string{"executor/a.go:1: import of go.podman.io/storage, which is for executor/buildah alone"}},
		{"fenced imports", "executor/buildah/store/a.go", `package store; import "go.podman.io/storage"`, nil},
		{"output and exit", "config/a.go", "package config\nfunc f() { os.Exit(1) }", []string{"config/a.go:2: os.Exit is called; only cmd prints and exits"}},
		{"output and exit", "config/a.go", "package config\nfunc f() { fmt.Sprint(1) }", nil},
		{"output and exit", "cmd/strake/a.go", "package main\nfunc f() { os.Exit(1) }", nil},
		{"file names", "schema/utils.go", "package schema", []string{"schema/utils.go:1: the name utils says nothing; name it after the noun or verb it holds"}},
		{"init functions", "schema/a.go", "package schema\nfunc init() {}", []string{"schema/a.go:2: init function; make what it sets up where it is used"}},
		{"length", "schema/a.go", "package schema" + long, []string{"schema/a.go:1: 351 lines in a file; at most 350"}},
		{"length", "schema/a.go", "package schema\nfunc f() {" + strings.Repeat("\n", 80) + "}", []string{"schema/a.go:2: 81 lines in f; at most 80"}},
	}
	for _, test := range tests {
		t.Run(test.rule+" "+test.path, func(t *testing.T) {
			got := rules[test.rule](parseSource(t, test.path, test.text))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
