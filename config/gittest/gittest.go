package gittest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Repo makes a git repository in a temporary folder with one commit of files and
// returns the folder. The test is skipped where git is not installed.
//
// The keys of files are paths with forward slashes, the values contents. A key
// that ends in "*" makes an executable file, one that ends in "@" a symbolic
// link to the value; the mark is not part of the name. Author, committer, dates
// and configuration do not depend on the machine: equal files give equal ids.
func Repo(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	Git(t, dir, "-c", "init.defaultBranch=main", "init", "--quiet")
	Commit(t, dir, files)
	return dir
}

// Commit writes files, commits everything in dir, also what the test changed or
// removed itself, and returns the id of the commit. For files see Repo.
func Commit(t testing.TB, dir string, files map[string]string) string {
	t.Helper()
	Write(t, dir, files)
	Git(t, dir, "add", "-A")
	Git(t, dir, "commit", "--quiet", "--allow-empty", "-m", "test")
	return strings.TrimSpace(Git(t, dir, "rev-parse", "HEAD"))
}

// Write writes files below dir without a commit. For files see Repo.
func Write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		if err := write(dir, name, content); err != nil {
			t.Fatal(err)
		}
	}
}

// Git runs git in dir with the settings of Repo and returns its output.
func Git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("skipped: git is not installed")
	}
	cmd := exec.Command("git", append([]string{"-c", "core.fsync=none"}, args...)...)
	cmd.Dir = dir
	cmd.Env = env()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// env is the caller's environment without git's variables and with a fixed
// identity and clock.
func env() []string {
	var vars []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") {
			vars = append(vars, kv)
		}
	}
	return append(vars,
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Test", "GIT_AUTHOR_EMAIL=test@example.com", "GIT_AUTHOR_DATE=2024-01-02T03:04:05Z",
		"GIT_COMMITTER_NAME=Test", "GIT_COMMITTER_EMAIL=test@example.com", "GIT_COMMITTER_DATE=2024-01-02T03:04:05Z",
	)
}

func write(dir, name, content string) error {
	path := filepath.Join(dir, filepath.FromSlash(strings.TrimRight(name, "*@")))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	// Replacing a link must not write through it.
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	switch name[len(name)-1] {
	case '@':
		return os.Symlink(content, path)
	case '*':
		return writeMode(path, content, 0o755)
	}
	return writeMode(path, content, 0o644)
}

func writeMode(path, content string, mode os.FileMode) error {
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		return err
	}
	return os.Chmod(path, mode) // the umask may have taken bits away
}
