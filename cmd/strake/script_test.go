package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs testdata/script/*.txtar. Each script has a storage, a home and
// a git identity of its own, and has to leave nothing behind; what commands there
// are besides those of testscript is said at scriptCommands.
func TestScripts(t *testing.T) {
	needHost(t)
	testscript.RunT(quiet{t}, testscript.Params{
		Dir:                filepath.Join("testdata", "script"),
		Setup:              setUp,
		Condition:          condition,
		Cmds:               scriptCommands,
		RequireUniqueNames: true,
	})
}

// quiet is a test whose scripts show their output only when they fail.
type quiet struct{ *testing.T }

// Run runs a part of the test.
func (q quiet) Run(name string, f func(testscript.T)) {
	q.T.Run(name, func(t *testing.T) { f(quiet{t}) })
}

// Verbose is false whatever the flags are.
func (quiet) Verbose() bool { return false }

// setUp makes the surroundings of one script.
func setUp(e *testscript.Env) error {
	w := workplace{strings.Replace(e.WorkDir, "script-", "host-", 1)} // beside the project
	e.Vars = append(e.Vars, w.environment()...)
	program, err := exec.LookPath("strake")
	if err != nil {
		return err
	}
	e.Setenv("STRAKE", program)
	e.Values[imageKeys{}] = map[string]string{}
	e.Defer(func() {
		if err := w.tearDown(); err != nil {
			e.T().Fatal(err)
		}
	})
	return w.make()
}

func condition(name string) (bool, error) {
	switch name {
	case "root":
		return os.Getuid() == 0, nil
	}
	return false, errors.New("unknown condition " + name)
}
