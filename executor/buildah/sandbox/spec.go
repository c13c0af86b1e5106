package sandbox

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Networks a command can have.
const (
	NetworkHost = "host" // the network of the calling process
	NetworkNone = "none" // a loopback interface only
)

// Spec says what to run and in what surroundings.
type Spec struct {
	Root       *os.File // a detached mount: the root file system
	MountPoint string   // an empty folder on the host where the child attaches Root
	Args       []string // Args[0] without a slash is looked up in the PATH of Env
	Env        []string // the whole environment, "NAME=value"
	Dir        string   // absolute folder in Root
	UID, GID   uint32
	Groups     []uint32 // supplementary groups, at most 64
	Hostname   string   // "" keeps the host's
	Network    string   // NetworkHost (also "") or NetworkNone
	Binds      []Bind
	Limits     []Limit // resource limits to set; all others are inherited
	Filter     []byte  // BPF program, see Filter

	Stdin          *os.File
	Stdout, Stderr *os.File // nil is /dev/null
	Foreground     bool     // stay in the caller's session, for a terminal
}

// Bind makes a file or folder of the host visible in the root.
type Bind struct {
	Source, Target string
	ReadOnly       bool
	Recursive      bool
	Optional       bool // skip it when source or target is missing
}

// Limit is a resource limit; Resource is a RLIMIT_ number.
type Limit struct {
	Resource   int
	Soft, Hard uint64
}

// capabilities is what a command may have at most, the set Buildah gives.
var capabilities = []uint{
	unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_FOWNER, unix.CAP_FSETID, unix.CAP_KILL,
	unix.CAP_NET_BIND_SERVICE, unix.CAP_SETFCAP, unix.CAP_SETGID, unix.CAP_SETPCAP, unix.CAP_SETUID,
	unix.CAP_SYS_CHROOT,
}

func capabilityMask() uint64 {
	var mask uint64
	for _, c := range capabilities {
		mask |= 1 << c
	}
	return mask
}

// capabilityNames are the names of capabilities as system call profiles use them.
var capabilityNames = []string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_NET_BIND_SERVICE",
	"CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
}

const archName = runtime.GOARCH
