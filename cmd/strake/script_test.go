package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs testdata/script/*.txtar. Each script has a storage, a home and
// a git identity of its own, and has to leave nothing behind; what commands there
// are besides those of testscript is said at scriptCommands.
func TestScripts(t *testing.T) {
	needHost(t)
	base := sync.OnceValues(func() (string, error) { return makeBase(filepath.Join(t.TempDir(), "base")) })
	testscript.RunT(quiet{t}, testscript.Params{
		Dir:                filepath.Join("testdata", "script"),
		Setup:              func(e *testscript.Env) error { return setUp(e, base) },
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

// needHost skips a test on a host without what the program itself needs.
func needHost(t *testing.T) {
	t.Helper()
	programs := []string{"git", "busybox"}
	if os.Getuid() != 0 {
		programs = append(programs, "newuidmap", "newgidmap")
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s was not found: make test installs it", program)
		}
	}
}

// makeBase makes the project of the base image that most tests build on.
func makeBase(dir string) (string, error) {
	out, err := exec.Command("sh", "../../examples/base/prepare", dir).CombinedOutput()
	if err != nil {
		return "", errors.New("making the base image: " + err.Error() + "\n" + string(out))
	}
	return dir, nil
}

// setUp makes the surroundings of one script.
func setUp(e *testscript.Env, base func() (string, error)) error {
	w := workplace{strings.Replace(e.WorkDir, "script-", "host-", 1)} // beside the project
	e.Vars = append(e.Vars, w.environment()...)
	program, err := exec.LookPath("strake")
	if err != nil {
		return err
	}
	e.Setenv("STRAKE", program)
	e.Values[baseProject{}] = base
	e.Values[imageKeys{}] = map[string]string{}
	e.Defer(func() {
		if err := w.tearDown(); err != nil {
			e.T().Fatal(err)
		}
	})
	return w.make()
}

// baseProject is the name of the function, among the values of a script, that
// returns the folder of the base image's project.
type baseProject struct{}

func condition(name string) (bool, error) {
	switch name {
	case "root":
		return os.Getuid() == 0, nil
	}
	return false, errors.New("unknown condition " + name)
}

// workplace is a folder with a home and a storage, for one test.
type workplace struct{ dir string }

func (w workplace) path(name string) string { return filepath.Join(w.dir, name) }

func (w workplace) make() error {
	for _, name := range []string{"home", "xdg", "tmp"} {
		if err := os.MkdirAll(w.path(name), 0o700); err != nil {
			return err
		}
	}
	return nil
}

// environment is what sets the program and git apart from those of the user.
func (w workplace) environment() []string {
	return []string{
		"HOME=" + w.path("home"),
		"TMPDIR=" + w.path("tmp"),
		"XDG_RUNTIME_DIR=" + w.path("xdg"),
		"STRAKE_ROOT=" + w.path("storage"),
		"STRAKE_RUNROOT=" + w.path("run"),
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=test", "GIT_AUTHOR_EMAIL=test@localhost",
		"GIT_COMMITTER_NAME=test", "GIT_COMMITTER_EMAIL=test@localhost",
	}
}

// tearDown checks that nothing is left of the program, and removes the folder.
func (w workplace) tearDown() error {
	left := w.leftovers()
	for _, mount := range w.mounts() { // other programs leave theirs
		if err := syscall.Unmount(mount, syscall.MNT_DETACH); err != nil {
			left = append(left, "cannot unmount "+mount+": "+err.Error())
		}
	}
	if out, err := exec.Command("remove-storage", w.dir).CombinedOutput(); err != nil {
		left = append(left, "cannot remove "+w.dir+": "+string(out))
	}
	if len(left) == 0 {
		return nil
	}
	return errors.New("left behind:\n" + strings.Join(left, "\n"))
}
