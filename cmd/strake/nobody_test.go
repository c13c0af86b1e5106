package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestAUserWithoutIDsIsTold runs the program as a user who has no range in
// /etc/subuid.
func TestAUserWithoutIDsIsTold(t *testing.T) {
	const nobody = 65534
	needHost(t)
	if os.Getuid() != 0 {
		t.Skip("only root can run the program as another user")
	}
	program, err := exec.LookPath("strake")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "strake-nobody")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "strake")
	if err := os.Link(program, copied); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(copied, "build")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err == nil || strings.Count(string(out), "\n") != 1 ||
		!strings.Contains(string(out), "has no ids of his own in /etc/subuid and /etc/subgid: run as root: usermod ") {
		t.Errorf("%v: %s", err, out)
	}
}
