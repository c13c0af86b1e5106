package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamplesAreProjects checks, plans and builds every folder of the examples
// that has a project file.
func TestExamplesAreProjects(t *testing.T) {
	files, err := filepath.Glob("../../examples/*/strake.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	s := newSite(t, nil)
	if err := os.CopyFS(filepath.Join(s.path("project"), "examples"), os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	s.commit(nil)
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file))
		t.Run(name, func(t *testing.T) {
			s, dir := &site{s.workplace, t}, "examples/"+name
			s.run("config", "check", "--dir", dir)
			if plan := s.run("plan", "--dir", dir); !strings.Contains(plan, "\nbuild ") {
				t.Errorf("nothing to build in:\n%s", plan)
			}
			s.run("build", "--dir", dir)
			if plan := s.run("plan", "--dir", dir); strings.Contains(plan, "\nbuild ") {
				t.Errorf("not all is built in:\n%s", plan)
			}
		})
	}
}
