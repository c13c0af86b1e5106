package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// site is a workplace with a project and the base image in its storage.
type site struct {
	workplace
	t *testing.T
}

// newSite makes a site with the given files as its project.
func newSite(t *testing.T, files map[string]string) *site {
	t.Helper()
	needHost(t)
	dir, err := os.MkdirTemp("", "strake-site")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{workplace{dir}, t}
	t.Cleanup(func() {
		if err := s.tearDown(); err != nil {
			t.Error(err)
		}
	})
	base, err := baseProject()
	if err == nil {
		err = errors.Join(s.make(), os.Mkdir(s.path("project"), 0o755))
	}
	if err != nil {
		t.Fatal(err)
	}
	s.git("init", "--quiet")
	s.commit(files)
	s.run("build", "--dir", base)
	return s
}

// commit writes files of the project and commits everything.
func (s *site) commit(files map[string]string) {
	s.t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(s.path("project"), name), []byte(text), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	s.git("add", "--all")
	s.git("commit", "--quiet", "--allow-empty", "--message", "test")
}

func (s *site) git(args ...string) { s.t.Helper(); s.must(s.command("git", args...)) }

// run runs the program, which has to succeed, and returns what it prints.
func (s *site) run(args ...string) string {
	s.t.Helper()
	return s.must(s.command("strake", args...))
}

func (s *site) must(c *call) string {
	s.t.Helper()
	if err := c.Run(); err != nil {
		s.t.Fatalf("%v: %v\n%s%s", c.Args, err, c.out.String(), c.err.String())
	}
	return c.out.String()
}

// call is a program with what it prints.
type call struct {
	*exec.Cmd
	out, err bytes.Buffer
}

func (s *site) command(name string, args ...string) *call {
	c := &call{Cmd: exec.Command(name, args...)}
	c.Dir = s.path("project")
	c.Env = append(os.Environ(), s.environment()...)
	c.Stdout, c.Stderr = &c.out, &c.err
	return c
}

// waitFor waits until something is true.
func (s *site) waitFor(what string, isTrue func() bool) {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); !isTrue(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("waited 20 seconds for %s", what)
		}
	}
}

// finds returns the processes with this text in their command line.
func finds(text string) (pids []string) {
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range all {
		args, _ := os.ReadFile(filepath.Join(process, "cmdline"))
		if strings.Contains(string(args), text) {
			pids = append(pids, filepath.Base(process))
		}
	}
	return pids
}

// clean fails the test if anything is left of programs that have ended.
func (s *site) clean() {
	s.t.Helper()
	if left := s.leftovers(); len(left) > 0 {
		s.t.Errorf("left behind:\n%s", strings.Join(left, "\n"))
	}
}
