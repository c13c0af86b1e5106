package config

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// errMissingObject says that the repository does not have an object.
var errMissingObject = errors.New("the object is missing in the repository")

// catFile is one running "git cat-file --batch": a request is a line, the answer
// a header line, the content and a line break.
type catFile struct {
	generation int
	used       bool // has answered before
	cmd        *exec.Cmd
	in         io.WriteCloser
	out        *bufio.Reader
	stderr     *stderrText
	once       sync.Once
}

func startCatFile(git gitProgram, extra []string, generation int) (*catFile, error) {
	cmd := exec.Command("git", "cat-file", "--batch")
	cmd.Dir = git.dir
	cmd.Env = append(git.env[:len(git.env):len(git.env)], extra...)
	cmd.SysProcAttr = ownGroup()
	cmd.WaitDelay = 2 * time.Second
	p := &catFile{generation: generation, cmd: cmd, stderr: &stderrText{limit: 4096}}
	cmd.Stderr = p.stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting git cat-file: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting git cat-file: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, gitError("cat-file", "", err)
	}
	p.in, p.out = in, bufio.NewReaderSize(out, 64<<10)
	return p, nil
}

// ask sends a request and reads the header of the answer.
func (p *catFile) ask(object string) (oid string, size int64, err error) {
	if _, err := io.WriteString(p.in, object+"\n"); err != nil {
		return "", 0, p.broken(err)
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		return "", 0, p.broken(err)
	}
	p.used = true
	return parseHeader(strings.TrimSuffix(line, "\n"))
}

// parseHeader reads "<oid> <type> <size>".
func parseHeader(line string) (oid string, size int64, err error) {
	if strings.HasSuffix(line, " missing") {
		return "", 0, errMissingObject
	}
	fields := strings.Split(line, " ")
	if len(fields) != 3 || !isOID(fields[0]) {
		return "", 0, fmt.Errorf("git cat-file gave an answer that is not understood: %q", line)
	}
	size, err = strconv.ParseInt(fields[2], 10, 64)
	if err != nil || size < 0 {
		return "", 0, fmt.Errorf("git cat-file gave an answer that is not understood: %q", line)
	}
	return fields[0], size, nil
}

// broken explains an error of the pipes by what git wrote last.
func (p *catFile) broken(err error) error {
	p.stop()
	if text := oneLine(p.stderr.String()); text != "" {
		return &brokenPipe{errors.New("git cat-file ended: " + text)}
	}
	return &brokenPipe{fmt.Errorf("git cat-file ended: %w", err)}
}

// brokenPipe marks errors of the process as opposed to its answers.
type brokenPipe struct{ err error }

func (e *brokenPipe) Error() string { return e.err.Error() }
func (e *brokenPipe) Unwrap() error { return e.err }

// stop ends the process. It may be called several times and while another
// goroutine reads, which then gets an error.
func (p *catFile) stop() {
	p.once.Do(func() {
		p.in.Close()
		p.cmd.Process.Kill()
		p.cmd.Wait()
	})
}

// stderrText keeps the first bytes of what is written to it.
type stderrText struct {
	mu    sync.Mutex
	limit int
	buf   bytes.Buffer
}

func (t *stderrText) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Write(b[:min(len(b), t.limit-t.buf.Len())])
	return len(b), nil
}

func (t *stderrText) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}
