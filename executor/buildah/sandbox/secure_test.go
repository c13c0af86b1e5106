package sandbox

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestCommandHasTheRightsThatBuildahGives(t *testing.T) {
	const some, none = "00000000800405fb", "0000000000000000"
	for uid, effective := range map[uint32]string{0: some, 1000: none} {
		s := spec(t, "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | tr -d '\\t'")
		s.UID, s.GID = uid, uid
		want := fmt.Sprintf("CapInh:%s\nCapPrm:%s\nCapEff:%s\nCapBnd:%s\nCapAmb:%s\nNoNewPrivs:0\nSeccomp:2\n", none, effective, effective, some, none)
		if diff := cmp.Diff(want, printed(t, s)); diff != "" {
			t.Errorf("uid %d: %s", uid, diff)
		}
	}
}

// expected are the mounts that a command may see: mount point, type of file
// system, and whether it is writable.
var expected = regexp.MustCompile(`^(/ overlay rw|/proc proc rw|/sys(/\S*)? \S+ ro|/dev tmpfs rw|/dev/(pts devpts|shm tmpfs|mqueue mqueue) rw|` +
	`/dev/(null|zero|full|random|urandom|tty) \S+ rw|/proc/(asound|bus|fs|irq|sys|sysrq-trigger) proc ro|` +
	`/proc/(acpi|scsi) tmpfs ro|/proc/(kcore|keys|latency_stats|sched_debug|timer_list|timer_stats) \S+ rw)$`)

func TestCommandSeesNoMountOfTheHost(t *testing.T) {
	out := printed(t, spec(t, "cat /proc/self/mountinfo"))
	seen := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		before, after, _ := strings.Cut(line, " - ")
		fields := strings.Fields(before)
		state := "rw"
		if strings.HasPrefix(fields[5], "ro") {
			state = "ro"
		}
		text := fields[4] + " " + strings.Fields(after)[0] + " " + state
		seen[fields[4]] = true
		if !expected.MatchString(text) {
			t.Errorf("unexpected mount %q", line)
		}
	}
	for _, point := range []string{"/", "/proc", "/sys", "/dev", "/dev/null", "/proc/sys"} {
		if !seen[point] {
			t.Errorf("%s is not mounted:\n%s", point, out)
		}
	}
}

func TestCommandMayNot(t *testing.T) {
	for name, script := range map[string]string{
		"mount a file system":              "mount -t tmpfs none /tmp",
		"bind a folder":                    "mount -o bind /bin /tmp",
		"remount the kernel's":             "mount -o remount,rw /proc/sys",
		"unmount what hides":               "umount /proc/kcore",
		"make a character device":          "mknod /tmp/null c 1 3",
		"make a block device":              "mknod /tmp/disk b 8 0",
		"make a namespace":                 "unshare -m true",
		"change the host name":             "hostname other",
		"change kernel settings":           "echo 1 > /proc/sys/kernel/panic",
		"press magic keys":                 "echo h > /proc/sysrq-trigger",
		"move interrupts":                  "echo 1 > /proc/irq/default_smp_affinity",
		"write to /sys":                    "touch /sys/kernel/x || echo 1 > /sys/kernel/mm/ksm/run",
		"make a control group":             "mkdir /sys/fs/cgroup/strake-test",
		"change the network":               "ip link set lo down",
		"set the clock":                    "adjtimex -t 10000",
		"read what process 1 runs":         "readlink /proc/1/exe",
		"read the environment of 1":        "cat /proc/1/environ",
		"read descriptors of 1":            "ls /proc/1/fd | grep .",
		"raise its limits":                 "ulimit -n 200; ulimit -Hn 300",
		"use the host's process id 1":      "kill -9 $PPID; exit 1",
		"see devices that it did not make": "ls /dev/kmsg /dev/mem /dev/fuse /dev/kvm /dev/vda",
	} {
		t.Run(name, func(t *testing.T) {
			s := spec(t, "exec 2>&1; "+script)
			s.Limits = []Limit{{unix.RLIMIT_NOFILE, 100, 200}}
			if out, code, err := run(t, s); code == 0 || err != nil {
				t.Errorf("exit code %d, %v\n%s", code, err, out)
			}
		})
	}
}

func TestCommandFindsSecretsOfTheKernelEmpty(t *testing.T) {
	script := `for f in kcore keys sched_debug timer_list latency_stats timer_stats; do [ ! -e /proc/$f ] || wc -c < /proc/$f; done
		for d in /proc/acpi /proc/scsi /sys/firmware /sys/fs/selinux /sys/dev/block /sys/devices/virtual/powercap; do ls -A $d 2>/dev/null; done`
	for line := range strings.SplitSeq(printed(t, spec(t, script+"; true")), "\n") {
		if line != "" && line != "0" {
			t.Errorf("something is visible: %s", line)
		}
	}
}

func TestCommandHasFewDevices(t *testing.T) {
	want := "core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero"
	if got := strings.Join(strings.Fields(printed(t, spec(t, "ls /dev"))), " "); got != want {
		t.Errorf("/dev has %s", got)
	}
	if got := printed(t, spec(t, "find() { ls /dev/pts /dev/shm /dev/mqueue | grep -v -e : -e ptmx; }; find | wc -w")); got != "0\n" {
		t.Errorf("folders of /dev hold %s", got)
	}
}

// TestFolderOfACommandIsNeverOnTheHost tries descriptors that the caller, its
// own caller or the preparation of the sandbox may have left open.
func TestFolderOfACommandIsNeverOnTheHost(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(dir+"/canary", nil, 0o644))
	for range 8 {
		fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY, 0) // inherited by every program
		must(t, err)
		defer unix.Close(fd)
	}
	for n := range 21 {
		for _, process := range []string{"self", "1"} {
			s := spec(t, "ls; ls ..; ls /proc/self/cwd/..")
			s.Dir = fmt.Sprintf("/proc/%s/fd/%d", process, n)
			out, _, err := run(t, s)
			var failed *SetupError
			if err != nil && (!errors.As(err, &failed) || failed.Op != "chdir") {
				t.Errorf("%s: %v", s.Dir, err)
			}
			if strings.Contains(out, "canary") || (err == nil && !strings.Contains(out, "opt")) {
				t.Errorf("%s is a folder of the host:\n%s", s.Dir, out)
			}
		}
	}
}

func TestCommandInheritsNoDescriptor(t *testing.T) {
	fd, err := unix.Open(t.TempDir(), unix.O_RDONLY|unix.O_DIRECTORY, 0)
	must(t, err)
	defer unix.Close(fd)
	if got := printed(t, spec(t, "ls /proc/self/fd")); got != "0\n1\n2\n3\n" {
		t.Errorf("descriptors %q", got)
	}
}

// TestProgramCannotBeOverwritten runs this program by the one name that it has
// inside a sandbox. Its file on the host must not be writable through it.
func TestProgramCannotBeOverwritten(t *testing.T) {
	s := spec(t, "")
	s.Args = []string{"/proc/self/exe", probeExecutable}
	for _, dir := range []string{"lib", "lib64", "usr"} {
		must(t, s.mkdir(dir))
		s.Binds = append(s.Binds, Bind{Source: "/" + dir, Target: "/" + dir, ReadOnly: true, Recursive: true, Optional: true})
	}
	if got := printed(t, s); !strings.HasPrefix(got, "protected\n") {
		t.Errorf("the program on the host can be written to: %s", got)
	}
}

func (s *Spec) mkdir(name string) error {
	err := unix.Mkdirat(int(s.Root.Fd()), name, 0o755)
	if errors.Is(err, unix.EEXIST) {
		return nil
	}
	return err
}
