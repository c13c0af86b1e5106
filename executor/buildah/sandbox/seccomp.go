package sandbox

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/elastic/go-seccomp-bpf/arch"
	profile "go.podman.io/common/pkg/seccomp"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Filter compiles the default system call profile of the containers libraries
// for the architecture of this host and the capabilities that a command gets.
// The result is a BPF program in the form the kernel reads.
func Filter() ([]byte, error) {
	program, err := filter(profile.DefaultProfile().Syscalls)
	if err != nil {
		return nil, fmt.Errorf("compiling the system call filter: %w", err)
	}
	return encode(program)
}

// What the profile does not name is answered as an unknown system call.
var unknown = refuse(unix.ENOSYS)

func refuse(errno unix.Errno) bpf.Instruction {
	return bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(errno)}
}

// filter is the program: a test for the number of each system call in turn,
// with what is to be done about it right behind. Every such piece returns, so
// that no other test meets what it loaded.
func filter(rules []*profile.Syscall) ([]bpf.Instruction, error) {
	info, err := arch.GetInfo("")
	if err != nil {
		return nil, err
	}
	calls := map[uint32][]*profile.Syscall{}
	for _, rule := range rules {
		if !applies(rule) {
			continue
		}
		for _, name := range ruleNames(rule) {
			if n, ok := info.SyscallNames[name]; ok { // this architecture has it
				calls[uint32(n)] = append(calls[uint32(n)], rule)
			}
		}
	}
	program := head(info)
	for _, n := range slices.Sorted(maps.Keys(calls)) {
		body, err := verdict(calls[n])
		if err != nil {
			return nil, err
		}
		program = append(program, bpf.JumpIf{Cond: bpf.JumpEqual, Val: n, SkipFalse: uint8(len(body))})
		program = append(program, body...)
	}
	return append(program, unknown), nil
}

// Offsets in what the kernel hands to a filter, in bytes.
const (
	offsetNumber = 0
	offsetArch   = 4
	offsetArgs   = 16
)

// x32 is the bit that marks a second set of numbers on amd64.
const x32 = 0x40000000

func head(info *arch.Info) []bpf.Instruction {
	return []bpf.Instruction{
		bpf.LoadAbsolute{Off: offsetArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(info.ID), SkipTrue: 1},
		unknown,
		bpf.LoadAbsolute{Off: offsetNumber, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpLessThan, Val: x32, SkipTrue: 1},
		unknown,
	}
}

func applies(r *profile.Syscall) bool {
	held := func(name string) bool { return slices.Contains(capabilityNames, name) }
	if slices.ContainsFunc(r.Excludes.Caps, held) || slices.Contains(r.Excludes.Arches, archName) {
		return false
	}
	for _, name := range r.Includes.Caps {
		if !held(name) {
			return false
		}
	}
	return len(r.Includes.Arches) == 0 || slices.Contains(r.Includes.Arches, archName)
}

func ruleNames(r *profile.Syscall) []string {
	if r.Name != "" {
		return []string{r.Name}
	}
	return slices.Compact(slices.Sorted(slices.Values(r.Names)))
}

// verdict is the program for one system call: the first rule without conditions,
// or else whose conditions all hold, decides.
func verdict(rules []*profile.Syscall) ([]bpf.Instruction, error) {
	var out []bpf.Instruction
	for _, r := range rules {
		code := []bpf.Instruction{action(r)}
		for _, a := range slices.Backward(r.Args) {
			test, err := condition(a, len(code))
			if err != nil {
				return nil, err
			}
			code = append(test, code...)
		}
		out = append(out, code...)
		if len(r.Args) == 0 {
			return out, nil
		}
	}
	return append(out, unknown), nil
}

// condition tests an argument, in two halves, and skips what comes behind when
// it does not hold.
func condition(a *profile.Arg, behind int) ([]bpf.Instruction, error) {
	high, low := uint32(a.Value>>32), uint32(a.Value)
	loadHigh, loadLow := load(a.Index)
	switch a.Op {
	case profile.OpEqualTo:
		return []bpf.Instruction{
			loadHigh, bpf.JumpIf{Cond: bpf.JumpEqual, Val: high, SkipFalse: uint8(behind + 2)},
			loadLow, bpf.JumpIf{Cond: bpf.JumpEqual, Val: low, SkipFalse: uint8(behind)},
		}, nil
	case profile.OpNotEqual:
		return []bpf.Instruction{
			loadHigh, bpf.JumpIf{Cond: bpf.JumpEqual, Val: high, SkipFalse: 2},
			loadLow, bpf.JumpIf{Cond: bpf.JumpEqual, Val: low, SkipTrue: uint8(behind)},
		}, nil
	case profile.OpMaskedEqual:
		return []bpf.Instruction{
			loadHigh, bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: high},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(a.ValueTwo >> 32), SkipFalse: uint8(behind + 3)},
			loadLow, bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: low},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(a.ValueTwo), SkipFalse: uint8(behind)},
		}, nil
	}
	return nil, fmt.Errorf("unknown operator %q in the profile", a.Op)
}

// load loads the halves of an argument; which one comes first depends on the
// byte order of the machine.
func load(argument uint) (high, low bpf.Instruction) {
	at := offsetArgs + 8*uint32(argument)
	first, second := bpf.LoadAbsolute{Off: at, Size: 4}, bpf.LoadAbsolute{Off: at + 4, Size: 4}
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return second, first
	}
	return first, second
}

func action(r *profile.Syscall) bpf.Instruction {
	if r.Action == profile.ActAllow {
		return bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW}
	}
	if r.ErrnoRet != nil {
		return refuse(unix.Errno(*r.ErrnoRet))
	}
	return refuse(unix.EPERM)
}

func encode(program []bpf.Instruction) ([]byte, error) {
	raw, err := bpf.Assemble(program)
	if err != nil {
		return nil, fmt.Errorf("encoding the system call filter: %w", err)
	}
	var out []byte
	for _, i := range raw {
		out = binary.NativeEndian.AppendUint16(out, i.Op)
		out = append(out, i.Jt, i.Jf)
		out = binary.NativeEndian.AppendUint32(out, i.K)
	}
	return out, nil
}
