package sandbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// gone waits until no process has text in its arguments.
func gone(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(2 * time.Second); processes(t, text) > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d processes with %q live on", processes(t, text), text)
		}
	}
}

// marked is the text of a command that would run for a year, and of no other.
func marked(t *testing.T, n int) string { return fmt.Sprintf("sleep %d%05d", 31536000+n, os.Getpid()) }

func TestBackgroundProcessesEndWithTheCommand(t *testing.T) {
	mark := marked(t, 1)
	s := spec(t, fmt.Sprintf("%s & setsid %s & (setsid sh -c 'trap \"\" TERM HUP; %s' &) & sleep 0.1", mark, mark, mark))
	printed(t, s)
	if n := processes(t, mark); n > 0 {
		t.Errorf("%d processes live on", n)
	}
}

func TestCancelEndsEverything(t *testing.T) {
	mark, cause := marked(t, 2), errors.New("enough")
	s := spec(t, fmt.Sprintf("trap '' TERM INT HUP; setsid %s & echo up; %s", mark, mark))
	read, write, err := os.Pipe()
	must(t, err)
	defer read.Close()
	s.Stdout = write
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		bufio.NewReader(read).ReadString('\n')
		cancel(cause)
	}()
	began := time.Now()
	_, err = Run(ctx, s)
	if !errors.Is(err, cause) || time.Since(began) > 5*time.Second {
		t.Errorf("error %v after %v", err, time.Since(began))
	}
	gone(t, mark)
}

func TestCancelledBeforeItBegins(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := spec(t, "echo never")
	out, err := os.Create(t.TempDir() + "/out")
	must(t, err)
	defer out.Close()
	s.Stdout = out
	if _, err := Run(ctx, s); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if info, err := out.Stat(); err != nil || info.Size() > 0 {
		t.Errorf("it printed %d bytes, %v", info.Size(), err)
	}
}

func TestManyCommandsAtATime(t *testing.T) {
	for i := range 16 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			s := spec(t, fmt.Sprintf("echo %d; exit %d", i, i))
			if out, code, err := run(t, s); out != fmt.Sprintln(i) || code != i || err != nil {
				t.Errorf("%q, %d, %v", out, code, err)
			}
		})
	}
}

const victimVariable = "STRAKE_SANDBOX_TEST_VICTIM"

// victim is a program that runs sandboxes until it is killed.
func victim(dir string) {
	s, err := specIn(os.Getenv(victimVariable+"_FILES"), dir, os.Getenv(victimVariable+"_SCRIPT"))
	if err == nil {
		s.Stdout = os.Stdout
		_, err = Run(context.Background(), s)
	}
	fmt.Fprintln(os.Stderr, "the sandbox ended:", err)
}

// startVictim starts a copy of this program that runs script in a sandbox.
func startVictim(t *testing.T, script string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), victimVariable+"="+t.TempDir(), victimVariable+"_FILES="+files(t), victimVariable+"_SCRIPT="+script)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	return cmd, bufio.NewReader(out)
}

func TestKilledParentLeavesNoProcess(t *testing.T) {
	mark := marked(t, 3)
	cmd, out := startVictim(t, fmt.Sprintf("trap '' TERM HUP; %s & setsid %s & echo up; %s", mark, mark, mark))
	if line, err := out.ReadString('\n'); line != "up\n" {
		t.Fatal(line, err)
	}
	must(t, cmd.Process.Kill())
	cmd.Wait()
	gone(t, mark)
}

func TestParentKilledAtAnyMomentLeavesNoProcess(t *testing.T) {
	mark := marked(t, 4)
	for i := range 30 {
		cmd, _ := startVictim(t, mark)
		time.Sleep(time.Duration(i) * time.Millisecond)
		must(t, cmd.Process.Kill())
		cmd.Wait()
	}
	gone(t, mark)
}

func BenchmarkRun(b *testing.B) {
	lower, dir := files(b), b.TempDir()
	for i := 0; b.Loop(); i++ {
		at := filepath.Join(dir, fmt.Sprint(i))
		must(b, os.Mkdir(at, 0o755))
		s, err := specIn(lower, at, "")
		must(b, err)
		s.Args = []string{"/bin/true"}
		if code, err := Run(b.Context(), s); code != 0 || err != nil {
			b.Fatal(code, err)
		}
		s.Root.Close()
	}
}
