package sandbox

import (
	"encoding/binary"
	"fmt"
	"slices"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	profile "go.podman.io/common/pkg/seccomp"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Filter compiles the default system call profile of the containers libraries
// for the architecture of this host and the capabilities that a command gets.
// The result is a BPF program in the form the kernel reads.
func Filter() ([]byte, error) {
	info, err := arch.GetInfo("")
	if err != nil {
		return nil, fmt.Errorf("finding the system calls of this architecture: %w", err)
	}
	policy := seccomp.Policy{DefaultAction: seccomp.ActionErrno}
	c := compiler{info: info, seen: map[string]bool{}}
	for _, rule := range profile.DefaultProfile().Syscalls {
		if !c.applies(rule) {
			continue
		}
		if group, ok := c.group(rule); ok {
			policy.Syscalls = append(policy.Syscalls, group)
		}
	}
	program, err := policy.Assemble()
	if err != nil {
		return nil, fmt.Errorf("assembling the system call filter: %w", err)
	}
	// What the profile does not name is answered as an unknown system call.
	last := len(program) - 1
	program[last] = bpf.RetConstant{Val: uint32(seccomp.ActionErrno)&^0xffff | uint32(unix.ENOSYS)}
	return encode(program)
}

type compiler struct {
	info *arch.Info
	seen map[string]bool // names with an unconditional rule
}

func (c *compiler) applies(r *profile.Syscall) bool {
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

// group translates one rule of the profile. Names that this architecture does
// not have are left out; so are names that an earlier rule settled.
func (c *compiler) group(r *profile.Syscall) (seccomp.SyscallGroup, bool) {
	g := seccomp.SyscallGroup{Action: action(r)}
	for _, name := range ruleNames(r) {
		if _, ok := c.info.SyscallNames[name]; !ok || c.seen[name] {
			continue
		}
		if len(r.Args) == 0 {
			c.seen[name] = true
			g.Names = append(g.Names, name)
			continue
		}
		g.NamesWithCondtions = append(g.NamesWithCondtions, seccomp.NameWithConditions{Name: name, Conditions: conditions(r.Args)})
	}
	return g, len(g.Names)+len(g.NamesWithCondtions) > 0
}

func ruleNames(r *profile.Syscall) []string {
	if r.Name != "" {
		return []string{r.Name}
	}
	return slices.Compact(slices.Sorted(slices.Values(r.Names)))
}

func action(r *profile.Syscall) seccomp.Action {
	if r.Action == profile.ActAllow {
		return seccomp.ActionAllow
	}
	errno := uint32(unix.EPERM)
	if r.ErrnoRet != nil {
		errno = uint32(*r.ErrnoRet)
	}
	return seccomp.Action(uint32(seccomp.ActionErrno)&^0xffff | errno)
}

var operations = map[profile.Operator]seccomp.Operation{
	profile.OpEqualTo:      seccomp.Equal,
	profile.OpNotEqual:     seccomp.NotEqual,
	profile.OpGreaterThan:  seccomp.GreaterThan,
	profile.OpGreaterEqual: seccomp.GreaterOrEqual,
	profile.OpLessThan:     seccomp.LessThan,
	profile.OpLessEqual:    seccomp.LessOrEqual,
	profile.OpMaskedEqual:  seccomp.BitsNotSet, // the profile compares masked bits with 0 only
}

func conditions(args []*profile.Arg) seccomp.ArgumentConditions {
	var out seccomp.ArgumentConditions
	for _, a := range args {
		out = append(out, seccomp.Condition{Argument: uint32(a.Index), Operation: operations[a.Op], Value: a.Value})
	}
	return out
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
