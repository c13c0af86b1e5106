package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

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

// baseProject makes the project of the base image that most tests build on, once,
// and returns its folder.
var baseProject = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(os.Getenv(sharedDir), "base")
	if out, err := exec.Command("sh", "../../examples/base/prepare", dir).CombinedOutput(); err != nil {
		return "", fmt.Errorf("making the base image: %w\n%s", err, out)
	}
	return dir, nil
})

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
