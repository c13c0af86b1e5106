package main

import (
	"bufio"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/strakebuild/strake/executor/buildah"
)

// reexecuted is what the container libraries add to the name of a program that
// they start again in a user namespace.
const reexecuted = "-in-a-user-namespace"

// TestMain makes the test program stand for the program itself and for tools that
// have to see the storage as the program does: which of them it is depends on
// the name it was started by.
func TestMain(m *testing.M) {
	if buildah.Reexec() {
		return
	}
	os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0") // else each process ends a second later
	os.Args[0] = strings.TrimSuffix(os.Args[0], reexecuted)
	testscript.Main(suite{m}, map[string]func(){
		"strake":         main,
		"list-storage":   func() { inNamespace(listFiles) },
		"remove-storage": func() { inNamespace(os.RemoveAll) },
	})
}

// suite is all tests, with a folder for what they share.
type suite struct{ *testing.M }

// sharedDir names the environment variable with the folder of the suite.
const sharedDir = "STRAKE_TEST_SHARED"

// Run runs the tests.
func (s suite) Run() int {
	dir, err := os.MkdirTemp("", "strake-shared")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	os.Setenv(sharedDir, dir)
	return s.M.Run()
}

// inNamespace does something with the folder named on the command line as the
// owner of all its files.
func inNamespace(do func(dir string) error) {
	err := buildah.EnterUserNamespace()
	if err == nil {
		err = do(os.Args[1])
	}
	if err != nil {
		log.Fatal(err)
	}
}

// listFiles prints every file below a folder with all that a write would change.
func listFiles(dir string) error {
	out := bufio.NewWriter(os.Stdout)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		_, err = fmt.Fprintln(out, path, info.Mode(), st.Uid, st.Gid, info.Size(), info.ModTime().UnixNano(), st.Ino)
		return err
	})
	if err != nil {
		return err
	}
	return out.Flush()
}
