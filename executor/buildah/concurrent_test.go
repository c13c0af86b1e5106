package buildah

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/strakebuild/strake/executor"
	"github.com/strakebuild/strake/planner"
)

// fixed is a step with the same key in every process.
func fixed(parent *planner.Step, name, script string) *planner.Step {
	s := step(name, parent, sh(script))
	s.Key = planner.Key(fmt.Sprintf("%064x", name))
	return s
}

func buildTo(ctx context.Context, b *Backend, s *planner.Step, out *bytes.Buffer) error {
	l, err := b.Build(ctx, s, executor.Input{Output: out})
	if err != nil {
		return err
	}
	return l.Commit(ctx)
}

// at once starts n functions and returns their errors as one.
func atOnce(n int, f func(i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func TestOneKeyIsBuiltOnceByManyAtATime(t *testing.T) {
	blobs := memory{}
	first := open(t, blobs)
	base := busybox(t, blobs)
	mustBuild(t, first, base)
	second := reopen(t, first)
	s := fixed(base, "once", "echo ran; sleep 0.2; echo x > /f")
	outs := make([]bytes.Buffer, 8)
	must(t, atOnce(len(outs), func(i int) error {
		return buildTo(t.Context(), []*Backend{first, second}[i%2], s, &outs[i])
	}))
	var all string
	for i := range outs {
		all += outs[i].String()
	}
	if all != "ran\n" {
		t.Errorf("printed %q", all)
	}
	img := image("once", s)
	must(t, atOnce(8, func(i int) error {
		_, err := []*Backend{first, second}[i%2].Publish(t.Context(), img, nil)
		return err
	}))
	unpacked(t, export(t, first, img.Repo))
	checkClean(t, first)
}

func TestManyKeysAtATime(t *testing.T) {
	blobs := memory{}
	b := open(t, blobs)
	base := busybox(t, blobs)
	mustBuild(t, b, base)
	must(t, atOnce(12, func(i int) error {
		var out bytes.Buffer
		s := fixed(base, fmt.Sprint("many", i), fmt.Sprintf("echo %d | tee /f; ls /run/strake", i))
		if err := buildTo(t.Context(), b, s, &out); err != nil {
			return err
		}
		_, err := b.Publish(t.Context(), image(fmt.Sprint("many", i), s), nil)
		return err
	}))
	for i := range 12 {
		if dir := unpacked(t, export(t, b, fmt.Sprint("localhost/test/many", i))); !strings.HasPrefix(contentOf(t, dir+"/f"), fmt.Sprintln(i)) {
			t.Errorf("image %d has the file of another", i)
		}
	}
	checkClean(t, b)
}

func contentOf(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	return string(data)
}

// checkClean looks for what builds may leave: staging folders, locks, folders of
// commands, mounts.
func checkClean(t *testing.T, b *Backend) {
	t.Helper()
	run, err := b.run.dir()
	must(t, err)
	for _, pattern := range []string{
		b.store.GraphRoot() + "/overlay/staging/*", b.ownDir("locks") + "/*", b.ownDir("scratch") + "/*", run + "/command-*",
	} {
		if left, _ := filepath.Glob(pattern); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
	}
	mounts := contentOf(t, "/proc/self/mountinfo")
	for line := range strings.SplitSeq(mounts, "\n") {
		if strings.Contains(line, b.store.GraphRoot()) && !strings.Contains(line, b.store.GraphRoot()+"/overlay ") {
			t.Errorf("a mount is left: %s", line)
		}
	}
}

// running counts processes of this machine by a text in their arguments.
func running(t *testing.T, text string) int {
	t.Helper()
	n := 0
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	must(t, err)
	for _, path := range paths {
		data, _ := os.ReadFile(path)
		if bytes.Contains(bytes.ReplaceAll(data, []byte{0}, []byte{' '}), []byte(text)) {
			n++
		}
	}
	return n
}

func waitGone(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(2 * time.Second); running(t, text) > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d processes with %q live on", running(t, text), text)
		}
	}
}

// onFirst calls f when the first bytes are written.
type onFirst struct {
	once sync.Once
	f    func()
}

func (o *onFirst) Write(p []byte) (int, error) {
	o.once.Do(o.f)
	return len(p), nil
}

func TestCancelledCommandLeavesNothing(t *testing.T) {
	blobs := memory{}
	b := open(t, blobs)
	base := busybox(t, blobs)
	mustBuild(t, b, base)
	mark := fmt.Sprintf("sleep 3000%d", os.Getpid())
	s := fixed(base, "cancelled", fmt.Sprintf("trap '' TERM INT; mkdir /d; %s & echo up; %s", mark, mark))
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := b.Build(ctx, s, executor.Input{Output: &onFirst{f: func() { cancel(cause) }}})
	if !errors.Is(err, cause) {
		t.Errorf("error %v", err)
	}
	waitGone(t, mark)
	checkClean(t, b)
	if ok, err := b.FindStep(t.Context(), s); ok || err != nil {
		t.Error("the step counts as built", err)
	}
	s.Ops = []planner.Op{sh("echo again")}
	if out := mustBuild(t, b, s); out != "again\n" {
		t.Errorf("printed %q", out)
	}
}

func TestDiscardAndCancelBeforeCommit(t *testing.T) {
	b := open(t, nil)
	for name, end := range map[string]func(l executor.Layer) error{
		"discarded":       func(l executor.Layer) error { l.Discard(); l.Discard(); return nil },
		"committed late":  func(l executor.Layer) error { return l.Commit(cancelled()) },
		"cancelled first": func(l executor.Layer) error { err := l.Commit(cancelled()); l.Discard(); return err },
	} {
		s := step(name, nil, copyOp("/f", text("f", "1")))
		l, err := b.Build(t.Context(), s, inputWith(nil))
		must(t, err)
		if err := end(l); name != "discarded" && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		if ok, err := b.FindStep(t.Context(), s); ok || err != nil {
			t.Errorf("%s: found %v, %v", name, ok, err)
		}
		checkClean(t, b)
	}
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestLockWaitsAndCanBeCancelled(t *testing.T) {
	b := open(t, nil)
	release, err := b.lockKey(t.Context(), "key")
	must(t, err)
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("too long"))
	defer cancel()
	if _, err := b.lockKey(ctx, "key"); err == nil || err.Error() != "too long" {
		t.Errorf("a lock that is held: %v", err)
	}
	other, err := b.lockKey(t.Context(), "other key")
	must(t, err)
	other()
	got := make(chan func())
	for range 3 {
		go func() {
			release, err := b.lockKey(t.Context(), "key")
			if err != nil {
				t.Error(err)
			}
			got <- release
		}()
	}
	select {
	case <-got:
		t.Fatal("two have the lock")
	case <-time.After(50 * time.Millisecond):
	}
	release()
	for range 3 { // one after the other
		(<-got)()
	}
	checkClean(t, b)
}
