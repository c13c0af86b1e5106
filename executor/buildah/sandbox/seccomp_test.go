package sandbox

import (
	"encoding/binary"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/elastic/go-seccomp-bpf/arch"
	profile "go.podman.io/common/pkg/seccomp"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

const allowed = unix.Errno(0)

// call is a system call as a filter sees it.
type call struct {
	number uint32
	arch   uint32
	args   []uint64
}

// judge runs a filter on a call.
func judge(t *testing.T, program []bpf.Instruction, c call) unix.Errno {
	t.Helper()
	vm, err := bpf.NewVM(program)
	must(t, err)
	data := make([]byte, 64)
	put := func(at int, v uint32) { binary.BigEndian.PutUint32(data[at:], v) } // as the VM reads it
	put(offsetNumber, c.number)
	put(offsetArch, c.arch)
	for i, v := range c.args {
		high, low := load(uint(i))
		put(int(high.(bpf.LoadAbsolute).Off), uint32(v>>32))
		put(int(low.(bpf.LoadAbsolute).Off), uint32(v))
	}
	got, err := vm.Run(data)
	must(t, err)
	if uint32(got) == unix.SECCOMP_RET_ALLOW {
		return allowed
	}
	if uint32(got)&^0xffff != unix.SECCOMP_RET_ERRNO {
		t.Fatalf("verdict %x", got)
	}
	return unix.Errno(uint32(got) & 0xffff)
}

func TestFilterOfTheDefaultProfile(t *testing.T) {
	info, err := arch.GetInfo("")
	must(t, err)
	program, err := filter(profile.DefaultProfile().Syscalls)
	must(t, err)
	tests := []struct {
		name string
		args []uint64
		want unix.Errno
	}{
		{"read", nil, allowed},
		{"execve", []uint64{1 << 40}, allowed},
		{"socket", []uint64{unix.AF_UNIX, unix.SOCK_STREAM, 0}, allowed},
		{"socket", []uint64{unix.AF_INET, unix.SOCK_STREAM, 0}, allowed},
		{"socket", []uint64{unix.AF_INET6, unix.SOCK_DGRAM, 17}, allowed},
		{"socket", []uint64{unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE}, allowed},
		{"socket", []uint64{unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_AUDIT}, unix.EINVAL},
		{"socket", []uint64{unix.AF_VSOCK, unix.SOCK_STREAM, 0}, unix.EPERM},
		{"socket", []uint64{unix.AF_VSOCK | 1<<32, unix.SOCK_STREAM, 0}, allowed},
		{"personality", []uint64{0}, allowed},
		{"personality", []uint64{8}, allowed},
		{"personality", []uint64{0x20008}, allowed},
		{"personality", []uint64{0xffffffff}, allowed},
		{"personality", []uint64{1}, unix.ENOSYS},
		{"personality", []uint64{1 << 32}, unix.ENOSYS},
		{"bpf", nil, unix.EPERM},
		{"quotactl", nil, unix.EPERM},
		{"kexec_load", nil, unix.EPERM},
		{"init_module", nil, unix.EPERM},
		{"open_by_handle_at", nil, unix.EPERM},
		{"ptrace", nil, allowed},
	}
	for _, tt := range tests {
		n := uint32(info.SyscallNames[tt.name])
		if got := judge(t, program, call{n, uint32(info.ID), tt.args}); got != tt.want {
			t.Errorf("%s %x: %v, want %v", tt.name, tt.args, got, tt.want)
		}
		if got := judge(t, program, call{n, uint32(info.ID) + 1, tt.args}); got != unix.ENOSYS {
			t.Errorf("%s of another architecture: %v", tt.name, got)
		}
		if got := judge(t, program, call{n | x32, uint32(info.ID), tt.args}); got != unix.ENOSYS {
			t.Errorf("%s of x32: %v", tt.name, got)
		}
	}
	if got := judge(t, program, call{4000, uint32(info.ID), nil}); got != unix.ENOSYS {
		t.Errorf("a call of the future: %v", got)
	}
}

func TestFilterRules(t *testing.T) {
	info, err := arch.GetInfo("")
	must(t, err)
	eacces := uint(unix.EACCES)
	rule := func(act profile.Action, args ...*profile.Arg) *profile.Syscall {
		return &profile.Syscall{Name: "ioctl", Action: act, ErrnoRet: &eacces, Args: args}
	}
	equal := &profile.Arg{Index: 1, Value: 5<<32 | 6, Op: profile.OpEqualTo}
	other := &profile.Arg{Index: 2, Value: 7, Op: profile.OpNotEqual}
	masked := &profile.Arg{Index: 0, Value: 0xf0 | 1<<33, ValueTwo: 0x30, Op: profile.OpMaskedEqual}
	tests := []struct {
		name  string
		rules []*profile.Syscall
		args  []uint64
		want  unix.Errno
	}{
		{"all conditions hold", []*profile.Syscall{rule(profile.ActAllow, equal, other)}, []uint64{0, 5<<32 | 6, 8}, allowed},
		{"the first does not", []*profile.Syscall{rule(profile.ActAllow, equal, other)}, []uint64{0, 6, 8}, unix.ENOSYS},
		{"the second does not", []*profile.Syscall{rule(profile.ActAllow, equal, other)}, []uint64{0, 5<<32 | 6, 7}, unix.ENOSYS},
		{"a difference in the high half counts", []*profile.Syscall{rule(profile.ActAllow, other)}, []uint64{0, 0, 1<<32 | 7}, allowed},
		{"the mask fits", []*profile.Syscall{rule(profile.ActAllow, masked)}, []uint64{0xff00ff3f &^ (1 << 33)}, allowed},
		{"the mask does not fit below", []*profile.Syscall{rule(profile.ActAllow, masked)}, []uint64{0x20}, unix.ENOSYS},
		{"the mask does not fit above", []*profile.Syscall{rule(profile.ActAllow, masked)}, []uint64{1<<33 | 0x30}, unix.ENOSYS},
		{"the first rule that holds decides", []*profile.Syscall{rule(profile.ActErrno, equal), rule(profile.ActAllow)}, []uint64{0, 5<<32 | 6}, unix.EACCES},
		{"a later rule without conditions", []*profile.Syscall{rule(profile.ActErrno, equal), rule(profile.ActAllow)}, []uint64{0, 1}, allowed},
		{"an argument with the number of another call", []*profile.Syscall{rule(profile.ActErrno, equal), {Names: []string{"read", "write", "mmap"}, Action: profile.ActAllow}},
			[]uint64{0, 1}, unix.ENOSYS},
		{"rules of other rights and machines", []*profile.Syscall{
			{Name: "ioctl", Action: profile.ActAllow, Includes: profile.Filter{Caps: []string{"CAP_SYS_ADMIN"}}},
			{Name: "ioctl", Action: profile.ActAllow, Excludes: profile.Filter{Caps: []string{"CAP_CHOWN"}}},
			{Name: "ioctl", Action: profile.ActAllow, Includes: profile.Filter{Arches: []string{"s390x"}}},
			{Name: "ioctl", Action: profile.ActAllow, Excludes: profile.Filter{Arches: []string{archName}}},
		}, nil, unix.ENOSYS},
	}
	for _, tt := range tests {
		program, err := filter(tt.rules)
		must(t, err)
		if got := judge(t, program, call{uint32(info.SyscallNames["ioctl"]), uint32(info.ID), tt.args}); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	if _, err := filter([]*profile.Syscall{rule(profile.ActAllow, &profile.Arg{Op: "SCMP_CMP_XX"})}); err == nil || !strings.Contains(err.Error(), "SCMP_CMP_XX") {
		t.Errorf("an operator that is not known: %v", err)
	}
}

func TestFilterFitsTheKernel(t *testing.T) {
	f, err := Filter()
	must(t, err)
	if len(f)%8 != 0 || len(f) < 300*8 || len(f) > 4096*8 {
		t.Errorf("the filter has %d bytes", len(f))
	}
}

func TestCommandReachesServersOnTheHost(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("hello")) }))
	defer server.Close()
	host, port, err := net.SplitHostPort(server.Listener.Addr().String())
	must(t, err)
	script := "wget -q -O - http://" + net.JoinHostPort(host, port) + "/"
	if got := printed(t, spec(t, script)); got != "hello" {
		t.Errorf("%q", got)
	}
	s := spec(t, script)
	s.Network = NetworkNone
	if out, code, err := run(t, s); code == 0 || err != nil {
		t.Errorf("without a network: %q, %d, %v", out, code, err)
	}
}
