package buildah

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/planner"
)

func TestCommandGetsWhatItsStepSays(t *testing.T) {
	blobs := memory{}
	b := open(t, blobs)
	base := busybox(t, blobs)
	mustBuild(t, b, base)
	hosts, err := os.ReadFile("/etc/hosts")
	must(t, err)
	scripts := []planner.Script{{Path: "/run/strake/one", Data: "#!/bin/sh\necho one $*\n"}, {Path: "/run/strake/two", Data: "TOKEN", Mode: 0o440}}
	tests := []struct {
		name string
		run  planner.Run
		want string
	}{
		{"the environment as given, and HOME", planner.Run{Args: []string{"/bin/env"}, Env: []string{"B=2", "A=TOKEN"}}, "B=2\nA=value\nHOME=/root\n"},
		{"a HOME of its own", planner.Run{Args: []string{"/bin/env"}, Env: []string{"HOME=/x"}, User: "app"}, "HOME=/x\n"},
		{"arguments with tokens", planner.Run{Args: []string{"/bin/echo", "TOKEN", "$A"}}, "value $A\n"},
		{"its folder", planner.Run{Args: []string{"/bin/pwd"}, Dir: "/bin"}, "/bin\n"},
		{"its input", planner.Run{Args: []string{"/bin/cat"}, Stdin: "line\nlast"}, "line\nlast"},
		{"both outputs", planner.Run{Args: []string{"/bin/sh", "-c", "echo out; echo err >&2"}}, "out\nerr\n"},
		{"scripts", planner.Run{Args: []string{"/bin/sh", "-c", "stat -c '%n %a' /run/strake/*; /run/strake/one 1; cat /run/strake/two; touch /run/strake/x 2>/dev/null || echo; echo read-only"}, Scripts: scripts},
			"/run/strake/one 755\n/run/strake/two 440\none 1\nvalue\nread-only\n"},
		{"scripts for another user", planner.Run{Args: []string{"/run/strake/one", "2"}, Env: []string{"PATH=/bin"}, Scripts: scripts[:1], User: "app"}, "one 2\n"},
		{"the hosts of the host for another user", planner.Run{Args: []string{"/bin/cat", "/etc/hosts"}, User: "1234:1234"}, string(hosts)},
		{"no network", planner.Run{Args: []string{"/bin/sh", "-c", "ls /proc/sys/net/ipv4/conf | sort | head -3"}, Network: "none"}, "all\ndefault\nlo\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			in := inputWith(map[string]string{"TOKEN": "value"})
			in.Output = &out
			l, err := b.Build(t.Context(), step(tt.name, base, planner.Op{Run: &tt.run}), in)
			must(t, err)
			must(t, l.Commit(t.Context()))
			if diff := cmp.Diff(tt.want, out.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNetworkOfACommand(t *testing.T) {
	blobs := memory{}
	b := open(t, blobs)
	base := busybox(t, blobs)
	mustBuild(t, b, base)
	count := func(network string) int {
		op := sh("cat /proc/net/dev")
		op.Run.Network = network
		return strings.Count(mustBuild(t, b, step("net", base, op)), ":")
	}
	data, err := os.ReadFile("/proc/net/dev")
	must(t, err)
	for network, want := range map[string]int{"none": 1, "": strings.Count(string(data), ":"), "host": strings.Count(string(data), ":")} {
		if got := count(network); got != want {
			t.Errorf("network %q has %d interfaces, want %d", network, got, want)
		}
	}
}

// execute runs a command on an image and returns what it printed.
func execute(t *testing.T, b *Backend, e Exec) (string, int, error) {
	t.Helper()
	out, err := os.CreateTemp(t.TempDir(), "out")
	must(t, err)
	defer out.Close()
	e.Stdout, e.Stderr = out, out
	code, err := b.Exec(context.Background(), e)
	data, readErr := os.ReadFile(out.Name())
	must(t, readErr)
	return string(data), code, err
}

func TestExecRunsOnAFinishedImage(t *testing.T) {
	blobs := memory{}
	b := open(t, blobs)
	base := busybox(t, blobs)
	mustBuild(t, b, base)
	img := image("tool", base)
	img.Config = planner.Config{User: "app", Env: []string{"PATH=/bin", "A=1", "B=image"}, Entrypoint: []string{"sh", "-c"}, Cmd: []string{"echo $A; id -u; pwd; echo $HOME"}, WorkingDir: "/etc"}
	publish(t, b, img)
	ref := img.Repo + ":latest"
	tests := []struct {
		name string
		exec Exec
		want string
		code int
	}{
		{"its own command", Exec{Image: ref}, "1\n1000\n/etc\n/home/app\n", 0},
		{"another command", Exec{Image: ref, Args: []string{"exit 9"}}, "", 9},
		{"by its id", Exec{Image: publish(t, b, img).ID, Args: []string{"echo id"}}, "id\n", 0},
		{"variables that are added or replaced", Exec{Image: ref, Args: []string{"echo $A $B $C"}, Env: []string{"B=caller", "C=3"}}, "1 caller 3\n", 0},
	}
	before := snapshot(t, b.store.GraphRoot()+"/overlay")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, code, err := execute(t, b, tt.exec)
			if err != nil || code != tt.code || out != tt.want {
				t.Errorf("%q, %d, %v", out, code, err)
			}
		})
	}
	root := image("rootly", base)
	root.Config = planner.Config{Env: []string{"PATH=/bin"}}
	publish(t, b, root)
	script := "echo lost > /file; rm /etc/passwd; cat /file; ls /etc"
	for range 2 { // what the first wrote is gone for the second
		out, code, err := execute(t, b, Exec{Image: root.Repo, Args: []string{"/bin/sh", "-c", script}})
		if err != nil || code != 0 || out != "lost\ngroup\nhosts\nresolv.conf\n" {
			t.Errorf("%q, %d, %v", out, code, err)
		}
	}
	if diff := cmp.Diff(before, snapshot(t, b.store.GraphRoot()+"/overlay")); diff != "" {
		t.Errorf("layers changed: %s", diff)
	}
}

func TestExecRefuses(t *testing.T) {
	blobs := memory{}
	b := open(t, blobs)
	base := busybox(t, blobs)
	mustBuild(t, b, base)
	publish(t, b, image("silent", base))
	for ref, want := range map[string]string{
		"localhost/test/none":   "image localhost/test/none is not built yet: run strake build first",
		"localhost/test/silent": "image localhost/test/silent has no command: say one after --",
	} {
		if _, _, err := execute(t, b, Exec{Image: ref}); err == nil || err.Error() != want {
			t.Error(err)
		}
	}
}
