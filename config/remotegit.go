package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// remoteGit runs git commands that talk to another repository.
type remoteGit struct {
	dir     string
	env     []string
	secrets []string // texts that must not be in an error
}

// maxAnswer is how many bytes git may write: other repositories can have trees
// that stand for endless listings.
const maxAnswer = 64 << 20

// tries is how often a command is run while the other side fails in a way that
// passes, and firstPause the time before the second try, which then doubles.
const (
	tries      = 3
	firstPause = 200 * time.Millisecond
)

// in returns the same for commands that work in a bare repository of our own.
func (g remoteGit) in(repository string) remoteGit {
	g.dir = repository
	g.env = append(g.env[:len(g.env):len(g.env)], "GIT_DIR="+repository)
	return g
}

// run runs git to its end and returns what it wrote.
func (g remoteGit) run(ctx context.Context, args ...string) ([]byte, error) {
	pause := firstPause
	for try := 1; ; try++ {
		out, err := g.once(ctx, args)
		var failure *gitFailure
		if err == nil || try == tries || !errors.As(err, &failure) || !passing.MatchString(failure.message) {
			return out, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause + rand.N(pause)):
			pause *= 2
		}
	}
}

// passing finds the failures that a second try may not meet.
var passing = regexp.MustCompile(`returned error: (5\d\d|429)|[Cc]onnection (was )?reset|early EOF|unexpected disconnect|the remote end hung up|unexpected eof`)

// once runs git one time. When ctx ends, git is asked to stop with all programs
// that it has started; when this program is killed, the kernel ends git.
func (g remoteGit) once(ctx context.Context, args []string) ([]byte, error) {
	// The kernel ties the end of git to the thread that starts it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = g.dir
	cmd.Env = g.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = time.Second
	stderr, out := &stderrText{limit: 8192}, &answer{}
	cmd.Stderr, cmd.Stdout = stderr, out
	err := cmd.Run()
	if cmd.Process != nil && err != nil {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what outlived git
	}
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case out.tooLong:
		return nil, fmt.Errorf("running git %s: its answer is longer than %d MiB", subcommand(args), maxAnswer>>20)
	case err == nil:
		return out.text.Bytes(), nil
	}
	return nil, gitError(subcommand(args), g.redact(stderr.String()), err)
}

// answer is what git writes, up to maxAnswer.
type answer struct {
	text    bytes.Buffer // a field, as its ReadFrom would go round Write
	tooLong bool
}

// Write refuses what is too long, which ends git.
func (a *answer) Write(b []byte) (int, error) {
	if a.text.Len()+len(b) > maxAnswer {
		a.tooLong = true
		return 0, io.ErrShortBuffer
	}
	return a.text.Write(b)
}

var userInURL = regexp.MustCompile(`://[^/@\s']*@`)

// redact takes user names, passwords and notes of git to the user out of a
// message.
func (g remoteGit) redact(message string) string {
	for _, secret := range g.secrets {
		if secret != "" {
			message = strings.ReplaceAll(message, secret, "***")
		}
	}
	var lines []string
	for line := range strings.Lines(userInURL.ReplaceAllString(message, "://")) {
		if !strings.HasPrefix(line, "warning: ") && !strings.HasPrefix(line, "hint: ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// credentialScript answers git's question for a user name and password out of
// the environment, so that neither is on a command line or in a file.
const credentialScript = `!f() { test "$1" = get || exit 0; ` +
	`printf 'username=%s\npassword=%s\n' "$STRAKE_GIT_USERNAME" "$STRAKE_GIT_PASSWORD"; }; f`

// credential is a user name and password for one origin.
type credential struct {
	origin, username, password string
	known                      bool // the password is known; else only the user name is
}

// remoteEnv is the environment for git commands that talk to another repository:
// no questions to a human, no hooks or maintenance, only ordinary protocols, and
// an end to transfers that stall. A credential is for its origin alone: git asks
// for it by host, so it does not follow a redirect.
func remoteEnv(ctx context.Context, a address, c credential) []string {
	var env []string
	for _, kv := range gitEnv() {
		name, _, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, "GIT_TRACE") && name != "GIT_CURL_VERBOSE" {
			env = append(env, kv)
		}
	}
	env = append(env, "GIT_ALLOW_PROTOCOL=https:http:ssh:file", "GIT_DEFAULT_REF_FORMAT=files", "SSH_ASKPASS_REQUIRE=never")
	if a.ssh {
		env = append(env, "GIT_SSH_COMMAND="+sshCommand(ctx))
	}
	settings := []string{
		"gc.auto=0", "maintenance.auto=false", "core.hooksPath=/dev/null", "core.fsmonitor=false",
		"fetch.unpackLimit=1", "fetch.recurseSubmodules=false", "fetch.writeCommitGraph=false", "transfer.bundleURI=false",
		"http.lowSpeedLimit=100", "http.lowSpeedTime=60", "http.followRedirects=initial", "advice.detachedHead=false",
	}
	if c.username != "" {
		settings = append(settings, "credential."+c.origin+".username="+c.username)
	}
	if c.known {
		// Other helpers are put aside, which would also store the password.
		settings = append(settings, "credential.helper=",
			"credential."+c.origin+".helper=", "credential."+c.origin+".helper="+credentialScript)
		env = append(env, "STRAKE_GIT_USERNAME="+c.username, "STRAKE_GIT_PASSWORD="+c.password)
	}
	if _, set := os.LookupEnv("GIT_ASKPASS"); !set || c.known {
		env = append(env, "GIT_ASKPASS=")
	}
	return appendSettings(env, settings)
}

// appendSettings adds settings to those that the environment gives git already.
func appendSettings(env, settings []string) []string {
	count, _ := strconv.Atoi(os.Getenv("GIT_CONFIG_COUNT"))
	for i, setting := range settings {
		// A name can hold an URL with a port, but no equals sign.
		name, value, _ := strings.Cut(setting, "=")
		env = append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", count+i, name), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", count+i, value))
	}
	return append(env, fmt.Sprintf("GIT_CONFIG_COUNT=%d", count+len(settings)))
}

// sshCommand is the user's ssh command with no questions asked.
func sshCommand(ctx context.Context) string {
	command := os.Getenv("GIT_SSH_COMMAND")
	if command == "" && os.Getenv("GIT_SSH") != "" {
		command = "'" + strings.ReplaceAll(os.Getenv("GIT_SSH"), "'", `'\''`) + "'"
	}
	if command == "" {
		out, _ := gitProgram{dir: "/", env: gitEnv()}.output(ctx, nil, "config", "--get", "core.sshCommand")
		command = strings.TrimSpace(string(out))
	}
	if command == "" {
		command = "ssh"
	}
	first, _, _ := strings.Cut(command, " ")
	if strings.Trim(filepath.Base(first), "'") != "ssh" {
		return command
	}
	return command + " -o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=15"
}
