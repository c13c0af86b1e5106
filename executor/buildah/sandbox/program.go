package sandbox

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// program is the list of operations that the child carries out in order. Each
// is a name and its arguments, as sandbox.c reads them.
type program struct {
	bytes []byte
}

func (p *program) add(op string, args ...string) {
	p.bytes = binary.NativeEndian.AppendUint32(p.bytes, uint32(len(args)+1))
	p.str(op)
	for _, a := range args {
		p.str(a)
	}
}

func (p *program) str(s string) {
	p.bytes = binary.NativeEndian.AppendUint32(p.bytes, uint32(len(s)))
	p.bytes = append(p.bytes, s...)
	p.bytes = append(p.bytes, 0)
}

// file returns the program as an anonymous file.
func (p *program) file() (*os.File, error) {
	fd, err := unix.MemfdCreate("strake-sandbox", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("creating an anonymous file: %w", err)
	}
	f := os.NewFile(uintptr(fd), "sandbox program")
	if _, err := f.Write(p.bytes); err != nil {
		f.Close()
		return nil, fmt.Errorf("writing the sandbox program: %w", err)
	}
	return f, nil
}

const (
	bindReadOnly  = 1
	bindRecursive = 2
	bindOptional  = 4
)

const (
	kernelMount = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	rootFD      = 5 // descriptor of the detached root in the child
	selfFD      = 6 // descriptor of the program that the child runs
)

// compile turns a Spec into operations.
func compile(s *Spec) *program {
	p := &program{}
	p.add("close", strconv.Itoa(selfFD)) // and all that the caller's caller left open
	p.add("private")
	p.add("root", strconv.Itoa(rootFD), s.MountPoint)
	p.kernelFileSystems()
	p.devices()
	for _, b := range s.Binds {
		p.bind(b)
	}
	p.protect()
	p.add("pivot")
	if s.Hostname != "" {
		p.add("hostname", s.Hostname)
	}
	if s.Network == NetworkNone {
		p.add("loopback")
	}
	p.identity(s)
	p.command(s)
	return p
}

func (p *program) mount(fstype, target string, flags int, data string, optional bool) {
	opt := "0"
	if optional {
		opt = "1"
	}
	p.add("mount", fstype, target, strconv.Itoa(flags), data, opt)
}

func (p *program) bind(b Bind) {
	flags := 0
	if b.ReadOnly {
		flags |= bindReadOnly
	}
	if b.Recursive {
		flags |= bindRecursive
	}
	if b.Optional {
		flags |= bindOptional
	}
	p.add("bind", b.Source, b.Target, strconv.Itoa(flags))
}

func (p *program) kernelFileSystems() {
	p.mount("proc", "/proc", kernelMount, "", false)
	p.bind(Bind{Source: "/sys", Target: "/sys", ReadOnly: true, Recursive: true, Optional: true})
}

func (p *program) devices() {
	p.mount("tmpfs", "/dev", unix.MS_NOSUID|unix.MS_STRICTATIME, "mode=755,size=65536k", false)
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		p.add("file", "/dev", name)
		p.bind(Bind{Source: "/dev/" + name, Target: "/dev/" + name, Optional: true})
	}
	for _, name := range []string{"pts", "shm", "mqueue"} {
		p.add("folder", "/dev", name)
	}
	p.mount("devpts", "/dev/pts", unix.MS_NOSUID|unix.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620", true)
	p.mount("tmpfs", "/dev/shm", kernelMount, "mode=1777,size=65536k", false)
	p.mount("mqueue", "/dev/mqueue", kernelMount, "", true)
	for link, target := range map[string]string{
		"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1",
		"stderr": "/proc/self/fd/2", "ptmx": "pts/ptmx", "core": "/proc/kcore",
	} {
		p.add("symlink", "/dev", link, target)
	}
}

// protect hides and write-protects the kernel paths that Buildah does.
func (p *program) protect() {
	for _, path := range []string{
		"/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
		"/proc/timer_list", "/proc/timer_stats", "/sys/dev/block", "/sys/devices/virtual/powercap",
		"/sys/firmware", "/sys/fs/selinux",
	} {
		p.add("mask", path)
	}
	for _, path := range []string{
		"/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
	} {
		p.add("readonly", path)
	}
}

// identity gives up what the command must not have. The split into supervisor
// and command comes first: a change of credentials clears the signal by which
// the supervisor dies with its parent.
func (p *program) identity(s *Spec) {
	p.add("fork")
	p.add("umask", strconv.Itoa(0o022))
	for _, l := range s.Limits {
		p.add("rlimit", strconv.Itoa(l.Resource), strconv.FormatUint(l.Soft, 10), strconv.FormatUint(l.Hard, 10))
	}
	p.add("chdir", s.Dir)
	mask := strconv.FormatUint(capabilityMask(), 10)
	p.add("bounding", mask)
	if len(s.Filter) > 0 {
		p.add("seccomp", string(s.Filter))
	}
	user := []string{strconv.FormatUint(uint64(s.UID), 10), strconv.FormatUint(uint64(s.GID), 10)}
	for _, g := range s.Groups {
		user = append(user, strconv.FormatUint(uint64(g), 10))
	}
	p.add("user", user...)
	if s.UID == 0 {
		p.add("capabilities", mask)
	} else {
		p.add("capabilities", "0")
	}
}

func (p *program) command(s *Spec) {
	args := append([]string{strconv.Itoa(len(s.Args))}, s.Args...)
	p.add("exec", append(args, s.Env...)...)
}
