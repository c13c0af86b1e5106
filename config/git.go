package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// gitProgram runs the git program in one folder.
type gitProgram struct {
	dir string
	env []string
}

// repoVars are the variables by which git is told of a repository. They are set
// inside hooks and would make git look elsewhere than in the folder asked for.
var repoVars = []string{
	"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INDEX_VERSION", "GIT_PREFIX", "GIT_COMMON_DIR",
	"GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH", "GIT_NAMESPACE",
	"GIT_GRAFT_FILE", "GIT_SHALLOW_FILE", "GIT_REPLACE_REF_BASE", "GIT_INTERNAL_SUPER_PREFIX",
	"GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
}

// gitEnv is the environment for git: texts in English, no question on the
// terminal, no write to the index by mere reading, and no replacement objects,
// so that a commit id stands for the same files everywhere.
func gitEnv() []string {
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if !slices.Contains(repoVars, name) {
			env = append(env, kv)
		}
	}
	return append(env, "LC_ALL=C", "LANGUAGE=C", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_REPLACE_OBJECTS=1")
}

// output runs git to its end and returns what it wrote. The extra variables are
// added to the environment.
func (g gitProgram) output(ctx context.Context, extra []string, args ...string) ([]byte, error) {
	return g.input(ctx, "", extra, args...)
}

// input is output for a command that reads a text.
func (g gitProgram) input(ctx context.Context, text string, extra []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = g.dir
	cmd.Env = append(g.env[:len(g.env):len(g.env)], extra...)
	cmd.SysProcAttr = ownGroup()
	cmd.WaitDelay = 2 * time.Second
	if text != "" {
		cmd.Stdin = strings.NewReader(text)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		return out, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, gitError(subcommand(args), stderr.String(), err)
}

// ownGroup keeps a Ctrl-C in the terminal from ending git before this program
// has decided what to do about it.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// gitFailure is what git said when it ended with an error.
type gitFailure struct {
	command string
	message string
}

func (e *gitFailure) Error() string { return "running git " + e.command + ": " + e.message }

// ErrNoGit is what OpenRepo returns on a host without the git program.
var ErrNoGit = errors.New("the program git is not installed: install git (on Debian and Ubuntu: apt-get install git)")

func gitError(command, stderr string, err error) error {
	if errors.Is(err, exec.ErrNotFound) {
		return ErrNoGit
	}
	if strings.TrimSpace(stderr) == "" {
		return fmt.Errorf("running git %s: %w", command, err)
	}
	return &gitFailure{command: command, message: oneLine(stderr)}
}

// trimLine is what git wrote on one line.
func trimLine(out []byte) string { return strings.TrimSuffix(string(out), "\n") }

// oneLine joins the lines of a message of git without its "fatal: " prefixes.
func oneLine(text string) string {
	var parts []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		line = strings.TrimPrefix(strings.TrimPrefix(line, "fatal: "), "error: ")
		if line != "" {
			parts = append(parts, line)
		}
	}
	return strings.Join(parts, "; ")
}

// subcommand is the first argument that is not an option of git itself.
func subcommand(args []string) string {
	for i := 0; i < len(args); i++ {
		if args[i] == "-c" {
			i++
			continue
		}
		return args[i]
	}
	return ""
}
