package sandbox

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestCommandSees(t *testing.T) {
	host, err := os.Hostname()
	must(t, err)
	const limits = "ulimit -n; ulimit -Hn; ulimit -c; ulimit -Ht"
	own, err := exec.Command("/bin/sh", "-c", limits).Output()
	must(t, err)
	t.Setenv("SECRET_OF_THE_CALLER", "1")
	identity := "grep -E '^(Uid|Gid|Groups)' /proc/self/status | tr '\\t' ' '"
	tests := []struct {
		name, script string
		change       func(s *Spec)
		want         string
	}{
		{"its own processes alone", "echo $$ $PPID /proc/[0-9]*", nil, "2 1 /proc/1 /proc/2\n"},
		{"its own host name", "hostname", func(s *Spec) { s.Hostname = "box" }, "box\n"},
		{"the host's name without one of its own", "hostname", nil, host + "\n"},
		{"the environment as given", "", func(s *Spec) {
			s.Args, s.Env = []string{"/bin/env"}, []string{"B=2", "A=1", "EMPTY=", "ODD=a=b\n c\xff"}
		}, "B=2\nA=1\nEMPTY=\nODD=a=b\n c\xff\n"},
		{"no environment at all", "", func(s *Spec) { s.Args, s.Env = []string{"/bin/env"}, nil }, ""},
		{"arguments as given", "", func(s *Spec) {
			s.Args = []string{"/bin/sh", "-c", `for a; do echo "<$a>"; done`, "sh", "", "a b", "-x", "\xff\n"}
		}, "<>\n<a b>\n<-x>\n<\xff\n>\n"},
		{"standard descriptors alone", "ls /proc/self/fd", nil, "0\n1\n2\n3\n"},
		{"no input", "wc -c", nil, "0\n"},
		{"a usual umask", "umask", nil, "0022\n"},
		{"the superuser without groups", identity, nil, "Uid: 0 0 0 0\nGid: 0 0 0 0\nGroups:  \n"},
		{"another user and its groups", identity, func(s *Spec) { s.UID, s.GID, s.Groups = 1000, 2000, []uint32{50, 60} },
			"Uid: 1000 1000 1000 1000\nGid: 2000 2000 2000 2000\nGroups: 50 60 \n"},
		{"its folder", "pwd", func(s *Spec) { s.Dir = "/opt/dir" }, "/opt/dir\n"},
		{"a folder behind a link", "pwd -P", func(s *Spec) { s.Dir = "/link" }, "/opt/dir\n"},
		{"the caller's limits", limits, nil, string(own)},
		{"limits that were set", "ulimit -n; ulimit -Hn; ulimit -c", func(s *Spec) {
			s.Limits = []Limit{{unix.RLIMIT_NOFILE, 100, 200}, {unix.RLIMIT_CORE, 0, 0}}
		}, "100\n200\n0\n"},
		{"no network but lo", "grep -o '[a-z0-9]*:' /proc/net/dev; ip link show lo | grep -o LOOPBACK,UP", func(s *Spec) { s.Network = NetworkNone }, "lo:\nLOOPBACK,UP\n"},
		{"working devices", "echo x > /dev/null; head -c 3 /dev/zero | od -An -tx1; head -c 9 /dev/urandom | wc -c; echo y > /dev/shm/f; cat /dev/shm/f; echo z > /dev/stdout", nil, " 00 00 00\n9\ny\nz\n"},
		{"a file of the host that was bound", "cat /etc/bound; echo x >> /etc/bound || echo refused", func(s *Spec) {
			s.Binds = []Bind{{Source: hostFile(t, "of the host"), Target: "/etc/bound", ReadOnly: true}}
		}, "of the host/bin/sh: can't create /etc/bound: Read-only file system\nrefused\n"},
		{"an optional file that is missing", "cat /etc/bound", func(s *Spec) {
			s.Binds = []Bind{{Source: "/no/such", Target: "/etc/bound", Optional: true}, {Source: "/dev/null", Target: "/none", Optional: true}}
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := spec(t, tt.script)
			if tt.change != nil {
				tt.change(s)
			}
			if diff := cmp.Diff(tt.want, printed(t, s)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func hostFile(t *testing.T, text string) string {
	path := t.TempDir() + "/file"
	must(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

func TestCommandReadsItsInput(t *testing.T) {
	in, err := os.Open(hostFile(t, "line 1\nline 2"))
	must(t, err)
	defer in.Close()
	s := spec(t, "cat")
	s.Stdin = in
	if got := printed(t, s); got != "line 1\nline 2" {
		t.Errorf("%q", got)
	}
}

func TestCommandHasTheHostsNetworkUnlessToldOtherwise(t *testing.T) {
	want, err := os.ReadFile("/proc/net/dev")
	must(t, err)
	names := func(text string) (out []string) {
		for _, line := range strings.Split(text, "\n") {
			if name, _, ok := strings.Cut(line, ":"); ok {
				out = append(out, strings.TrimSpace(name))
			}
		}
		return out
	}
	for _, network := range []string{"", NetworkHost} {
		s := spec(t, "cat /proc/net/dev")
		s.Network = network
		if diff := cmp.Diff(names(string(want)), names(printed(t, s))); diff != "" {
			t.Errorf("%q: %s", network, diff)
		}
	}
}

func TestCommandIsFound(t *testing.T) {
	tests := []struct {
		name string
		args []string
		env  []string
		dir  string
		want string
		err  string
	}{
		{"in the PATH", []string{"script", "1"}, []string{"A=1", "PATH=/none:/bin:/opt"}, "/", "script 1\n", ""},
		{"by its path", []string{"/opt/script", "2"}, nil, "/", "script 2\n", ""},
		{"by a relative path", []string{"./script", "3"}, nil, "/opt", "script 3\n", ""},
		{"without PATH in the usual folders", []string{"ls", "/opt/data"}, nil, "/", "/opt/data\n", ""},
		{"as a script without a first line", []string{"/opt/plain", "4"}, nil, "/", "plain 4\n", ""},
		{"not in the PATH", []string{"nope"}, []string{"PATH=/bin"}, "/", "", `starting "nope": no such file or directory`},
		{"not in an empty PATH of the caller", []string{"script"}, []string{"PATH="}, "/", "", `starting "script": no such file or directory`},
		{"no such path", []string{"/bin/nope"}, nil, "/", "", `starting "/bin/nope": no such file or directory`},
		{"not executable", []string{"/opt/data"}, nil, "/", "", `starting "/opt/data": permission denied`},
		{"a folder", []string{"/opt"}, nil, "/", "", `starting "/opt": permission denied`},
		{"an empty name", []string{""}, nil, "/", "", `starting "": no such file or directory`},
		{"no command", nil, []string{"A=1"}, "/", "", "no command to run"},
		{"a zero byte in an argument", []string{"/bin/sh", "-c", "echo a\x00b"}, nil, "/", "", `starting "/bin/sh": a zero byte in an argument or variable`},
		{"a zero byte in the environment", []string{"/bin/env"}, []string{"A=\x00"}, "/", "", `starting "/bin/env": a zero byte in an argument or variable`},
		{"a missing folder", []string{"/bin/true"}, nil, "/no/such", "", "preparing the sandbox: chdir /no/such: no such file or directory"},
		{"a file as the folder", []string{"/bin/true"}, nil, "/opt/data", "", "preparing the sandbox: chdir /opt/data: not a directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := spec(t, "")
			s.Args, s.Env, s.Dir = tt.args, tt.env, tt.dir
			out, code, err := run(t, s)
			text := ""
			if err != nil {
				text = err.Error()
			}
			if out != tt.want || code != 0 || text != tt.err {
				t.Errorf("printed %q, exit code %d, error %q", out, code, text)
			}
		})
	}
}

func TestSetupNamesWhatFailed(t *testing.T) {
	tests := []struct {
		name   string
		change func(s *Spec)
		want   string
	}{
		{"no folder to attach the root to", func(s *Spec) { s.MountPoint = "/no/such" }, "preparing the sandbox: root 5: no such file or directory"},
		{"a bind without its source", func(s *Spec) { s.Binds = []Bind{{Source: "/no/such", Target: "/etc/bound"}} }, "preparing the sandbox: bind /no/such: no such file or directory"},
		{"a bind without its target", func(s *Spec) { s.Binds = []Bind{{Source: "/dev/null", Target: "/none"}} }, "preparing the sandbox: bind /dev/null: no such file or directory"},
		{"a limit that is not allowed", func(s *Spec) { s.Limits = []Limit{{unix.RLIMIT_NOFILE, 20, 10}} }, fmt.Sprintf("preparing the sandbox: rlimit %d: invalid argument", unix.RLIMIT_NOFILE)},
		{"a user that is none", func(s *Spec) { s.UID, s.GID = 1<<32-1, 1<<32-1 }, "preparing the sandbox: user 4294967295:4294967295: invalid argument"},
		{"a filter that is none", func(s *Spec) { s.Filter = slices.Repeat([]byte{0xff}, 16) }, "preparing the sandbox: seccomp : invalid argument"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := spec(t, "echo never")
			tt.change(s)
			if out, code, err := run(t, s); out != "" || code != 0 || err == nil || err.Error() != tt.want {
				t.Errorf("printed %q, exit code %d, error %v", out, code, err)
			}
		})
	}
}

func TestExitCodes(t *testing.T) {
	for script, want := range map[string]int{
		"exit 0": 0, "exit 3": 3, "exit 125": 125, "exit 255": 255, "nope": 127,
		"kill -9 $$": 137, "kill -TERM $$": 143, "kill -SEGV $$": 139, "kill -9 1; exit 5": 5,
		"sh -c 'exit 4' & exit 6": 6,
	} {
		s := spec(t, script)
		if out, code, err := run(t, s); code != want || err != nil {
			t.Errorf("%s: exit code %d, %v\n%s", script, code, err, out)
		}
	}
}

func TestRunWithoutOutput(t *testing.T) {
	s := spec(t, "echo lost")
	if code, err := Run(t.Context(), s); code != 0 || err != nil {
		t.Error(code, err)
	}
}
