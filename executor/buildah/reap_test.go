package buildah

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/strakebuild/strake/executor"
	"github.com/strakebuild/strake/planner"
)

const helperVariable = "STRAKE_BUILDAH_TEST_HELPER"

// helper is another process that builds on a test's storage: the step "shared" on
// the busybox step whose key is given.
func helper(root string) error {
	b, err := Open(Options{Root: root})
	if err != nil {
		return err
	}
	defer b.Close()
	base := &planner.Step{Key: planner.Key(os.Getenv(helperVariable + "_BASE"))}
	s := fixed(base, "shared", os.Getenv(helperVariable+"_SCRIPT"))
	l, err := b.Build(context.Background(), s, executor.Input{Output: os.Stdout})
	if err != nil {
		return err
	}
	if err := l.Commit(context.Background()); err != nil {
		return err
	}
	_, err = b.Publish(context.Background(), image("shared", s), nil)
	return err
}

func startHelper(t *testing.T, b *Backend, base *planner.Step, script string) (*exec.Cmd, *bytes.Buffer, *bufio.Reader) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), helperVariable+"="+b.store.GraphRoot(), helperVariable+"_BASE="+string(base.Key), helperVariable+"_SCRIPT="+script)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	return cmd, &errs, bufio.NewReader(out)
}

func TestOneKeyIsBuiltOnceByManyProcesses(t *testing.T) {
	blobs := memory{}
	b := open(t, blobs)
	base := busybox(t, blobs)
	mustBuild(t, b, base)
	const script = "echo ran; sleep 0.3; echo x > /f"
	counts := make([]int, 4)
	must(t, atOnce(len(counts), func(i int) error {
		cmd, errs, out := startHelper(t, b, base, script)
		for {
			line, err := out.ReadString('\n')
			if line == "ran\n" {
				counts[i]++
			}
			if err != nil {
				break
			}
		}
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("%w: %s", err, errs)
		}
		return nil
	}))
	if n := counts[0] + counts[1] + counts[2] + counts[3]; n != 1 {
		t.Errorf("it was built %d times", n)
	}
	b = reopen(t, b)
	if !found(t, b, image("shared", fixed(base, "shared", script))) {
		t.Error("the image is not found")
	}
	unpacked(t, export(t, b, "localhost/test/shared"))
	checkClean(t, b)
}

// age makes all staging folders look as if they had been there for long.
func age(t *testing.T, b *Backend) {
	t.Helper()
	paths, err := filepath.Glob(b.store.GraphRoot() + "/overlay/staging/*")
	must(t, err)
	for _, path := range paths {
		must(t, os.Chtimes(path, earliest, earliest))
	}
}

// TestNextBuildRemovesWhatAKilledOneLeft kills a process in the middle of a
// command, and other things that a kill can leave are put beside it.
func TestNextBuildRemovesWhatAKilledOneLeft(t *testing.T) {
	blobs := memory{}
	b := open(t, blobs)
	base := busybox(t, blobs)
	mustBuild(t, b, base)
	mark := fmt.Sprintf("sleep 4000%d", os.Getpid())
	cmd, errs, out := startHelper(t, b, base, "echo x > /f; "+mark+" & echo up; "+mark)
	if line, err := out.ReadString('\n'); line != "up\n" {
		t.Fatal(line, err, errs)
	}
	must(t, cmd.Process.Kill())
	cmd.Wait()
	waitGone(t, mark)
	root := b.store.GraphRoot()
	for _, dir := range []string{root + "/overlay/staging/123", b.ownDir("scratch") + "/exec-1", filepath.Join(b.store.RunRoot(), "strake/run-1")} {
		must(t, os.MkdirAll(dir+"/full/of", 0o700))
	}
	age(t, b)
	living, err := b.run.dir()
	must(t, err)
	if left, _ := filepath.Glob(root + "/overlay/staging/*"); len(left) != 2 {
		t.Errorf("the killed process left %q; this test shows nothing", left)
	}
	next := reopen(t, b)
	mustBuild(t, next, step("next", base, sh("true")))
	checkClean(t, next)
	own, err := next.run.dir()
	must(t, err)
	runs, err := filepath.Glob(filepath.Join(b.store.RunRoot(), "strake/*"))
	must(t, err)
	for _, dir := range runs {
		if dir != own && dir != living {
			t.Errorf("%s is left", dir)
		}
	}
	if !isFolder(living + "/skeleton") {
		t.Error("the folder of a living run was removed")
	}
	s := fixed(base, "shared", "echo built")
	if out := mustBuild(t, next, s); out != "built\n" {
		t.Errorf("printed %q", out)
	}
}

func TestReapLeavesTheWorkOfTheLivingAlone(t *testing.T) {
	blobs := memory{}
	b := open(t, blobs)
	base := busybox(t, blobs)
	mustBuild(t, b, base)
	cmd, errs, out := startHelper(t, b, base, "echo up; sleep 0.5; echo x > /f")
	if line, err := out.ReadString('\n'); line != "up\n" {
		t.Fatal(line, err, errs)
	}
	age(t, b)
	for range 5 {
		next := reopen(t, b)
		mustBuild(t, next, step("next", base, sh("true")))
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, errs)
	}
	if !found(t, reopen(t, b), image("shared", fixed(base, "shared", ""))) {
		t.Error("the living process lost its work")
	}
}

func TestCloseRemovesTheFolderOfTheRun(t *testing.T) {
	b, err := Open(Options{Root: t.TempDir()})
	must(t, err)
	mustBuild(t, b, step("one", nil, copyOp("/f", text("f", "1"))))
	dir, err := b.run.dir()
	must(t, err)
	must(t, b.Close())
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s: %v", dir, err)
	}
}
