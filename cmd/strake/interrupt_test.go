package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// endless has a command that ends at once under a limit of 77 files, and not for a
// long time otherwise. Limits are no part of a key.
const endless = `project: demo
configVersion: 1
---
image: app
from: localhost/strake/busybox
shell:
  install: |
    echo built > /built
    [ $(ulimit -n) = 77 ] || sleep 4000.125
---
image: follower
from: app
shell: { setup: echo follower }
`

const endlessSleep = "sleep\x004000.125"

func TestSignalsEndABuild(t *testing.T) {
	tests := []struct {
		name   string
		signal syscall.Signal
		group  bool // as the terminal does it: the whole process group
		code   int
	}{
		{"interrupt", syscall.SIGINT, false, 130},
		{"interrupt from the terminal", syscall.SIGINT, true, 130},
		{"terminate", syscall.SIGTERM, false, 143},
		{"hang up", syscall.SIGHUP, false, 129},
	}
	s := newSite(t, map[string]string{"strake.yaml": endless})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := &site{s.workplace, t}
			build := s.startEndless()
			pid := build.Process.Pid
			if test.group {
				pid = -pid
			}
			begin := time.Now()
			if err := syscall.Kill(pid, test.signal); err != nil {
				t.Fatal(err)
			}
			build.Wait()
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("the program ended after %v", took)
			}
			if code := build.ProcessState.ExitCode(); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if got := build.err.String(); strings.Count(got, "strake: interrupted (") != 1 {
				t.Errorf("no word of the interruption in:\n%s", got)
			}
			s.clean()
		})
	}
	s.wantBuildable()
}

func TestASignalEndsARun(t *testing.T) {
	s := newSite(t, map[string]string{"strake.yaml": endless})
	s.run("build", "--buildah-ulimit", "nofile=77")
	run := s.command("strake", "run", "app", "--", "sleep", "4000.125")
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	s.waitFor("the command to run", func() bool { return slices.ContainsFunc(finds(endlessSleep), isSleep) })
	run.Process.Signal(syscall.SIGTERM)
	run.Wait()
	if code := run.ProcessState.ExitCode(); code != 143 {
		t.Errorf("exit code %d, want 143", code)
	}
	s.clean()
}

// isSleep reports whether a process is the sleep itself, not one that is to run it.
func isSleep(pid string) bool {
	args, _ := os.ReadFile(filepath.Join("/proc", pid, "cmdline"))
	return strings.HasPrefix(string(args), endlessSleep)
}

func TestAKilledCommandIsAFailedStep(t *testing.T) {
	s := newSite(t, map[string]string{"strake.yaml": endless})
	build := s.startEndless()
	for _, pid := range finds(endlessSleep) {
		n, _ := strconv.Atoi(pid)
		if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	}
	build.Wait()
	if code := build.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
	if got := build.err.String(); !strings.Contains(got, "the command was killed (137)") {
		t.Errorf("no word of the kill in:\n%s", got)
	}
	s.clean()
	s.wantBuildable()
}

// startEndless starts a build and returns when its command runs.
func (s *site) startEndless() *call {
	s.t.Helper()
	build := s.command("strake", "build")
	build.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := build.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { build.Process.Kill() })
	s.waitFor("the command to run", func() bool { return len(finds(endlessSleep)) > 0 })
	return build
}

// wantBuildable makes sure that nothing of the endless step was kept, and that it
// can be built.
func (s *site) wantBuildable() {
	s.t.Helper()
	if plan := s.run("plan"); strings.Contains(plan, "cached") {
		s.t.Errorf("a step that did not end is cached:\n%s", plan)
	}
	s.run("build", "--buildah-ulimit", "nofile=77")
	if got := s.run("run", "follower", "--", "cat", "/built"); got != "built\n" {
		s.t.Errorf("the image has %q", got)
	}
	s.clean()
}

func TestAnImpatientUserEndsABuild(t *testing.T) {
	s := newSite(t, map[string]string{"strake.yaml": endless})
	build := s.startEndless()
	done := make(chan struct{})
	go func() { build.Wait(); close(done) }()
	for range 10 {
		build.Process.Signal(os.Interrupt)
		select {
		case <-done:
		case <-time.After(50 * time.Millisecond):
		}
	}
	<-done
	if code := build.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	s.waitFor("the command to end", func() bool { return len(finds(endlessSleep)) == 0 })
	s.wantBuildable()
}
