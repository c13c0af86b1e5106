package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/executor/buildah/sandbox"
)

// settings are the values of the flags. What a flag leaves open is taken from
// STRAKE_…, then WERF_… variables, then from the project file.
type settings struct {
	dir, file string
	dev       bool
	templates string
	env, name string
	vars      []string
	debug     bool
	policy    string
	workTree  string
	loose     bool
	live      bool // includes as they are now
	devIgnore []string

	root, runRoot string
	mode, driver  string
	ulimit        string
	network       string
	networkGiven  bool // by a flag or the environment

	given []given // from outside, in the order of the flags

	tasks     int
	keepGoing bool
}

// given is a setting from outside the project.
type given struct {
	flag, value string
	variable    string // "" for one from the command line
}

// projectFlags are those of every command that reads the project.
func (s *settings) projectFlags(f *pflag.FlagSet) {
	f.StringVar(&s.dir, "dir", ".", "project `folder`")
	f.StringVar(&s.file, "config", "", "project `file` (default strake.yaml, strake.yml, werf.yaml, werf.yml)")
	f.BoolVar(&s.dev, "dev", false, "read the work tree instead of the commit")
	f.StringArrayVar(&s.devIgnore, "dev-ignore", nil, "`mask` of files whose changes --dev does not read; may be repeated")
	f.StringVar(&s.templates, "config-templates-dir", "", "`folder` of partial templates (default .werf and .strake)")
	f.StringVar(&s.env, "env", "", "`name` of the environment, which templates see as .Env")
	f.StringVar(&s.name, "project-name", "", "`name` of the project in place of the one in the project file")
	f.StringArrayVar(&s.vars, "var", nil, "`NAME=VALUE` of a variable that the project declares; may be repeated")
	f.BoolVar(&s.debug, "debug-templates", false, "print what the debug functions of templates say")
	f.BoolVar(&s.loose, "loose-giterminism", false, "read the work tree and allow what giterminism forbids")
	f.StringVar(&s.policy, "giterminism-config", "", "giterminism `file` (default strake-giterminism.yaml, werf-giterminism.yaml)")
	f.StringVar(&s.workTree, "git-work-tree", "", "git work tree `folder` (default: looked for from the project folder upwards)")
	liveFlag(f, &s.live)
}

// backendFlags are those of every command that uses the storage.
func (s *settings) backendFlags(f *pflag.FlagSet) {
	f.StringVar(&s.root, "root", "", "storage `folder` (default: the host's setting)")
	f.StringVar(&s.runRoot, "runroot", "", "`folder` for the state of running builds")
	f.StringVar(&s.mode, "buildah-mode", "", "`mode` of Buildah: auto, native-chroot")
	f.StringVar(&s.driver, "buildah-storage-driver", "", "storage `driver`: overlay")
	f.StringVar(&s.ulimit, "buildah-ulimit", "", "`limits` of commands: type=soft[:hard],… (default: inherited)")
	f.StringVar(&s.network, "backend-network", "", "`network` of commands: default, host, none")
}

func (s *settings) buildFlags(f *pflag.FlagSet) {
	f.IntVar(&s.tasks, "parallel-tasks-limit", 0, "steps worked on at the same `time` (default: number of CPUs)")
	f.BoolVar(&s.keepGoing, "keep-going", false, "after a failure, go on with what does not depend on it")
}

// fromEnvironment sets flags that were not given from the environment.
func (s *settings) fromEnvironment(flags *pflag.FlagSet) error {
	var err error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			s.given = append(s.given, given{flag: f.Name, value: f.Value.String()})
		}
		if f.Changed || err != nil {
			return
		}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			err = listFromEnvironment(f.Name, list)
			return
		}
		suffix := strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		for _, name := range []string{"STRAKE_" + suffix, "WERF_" + suffix} {
			if value := os.Getenv(name); value != "" {
				if e := flags.Set(f.Name, value); e != nil {
					err = usage("%s: invalid value %q for --%s", name, value, f.Name)
				}
				s.given = append(s.given, given{f.Name, value, name})
				return
			}
		}
	})
	return err
}

// listFromEnvironment adds the values of all variables whose names begin with
// that of a flag: STRAKE_VAR_A and STRAKE_VAR_B are two values of --var.
func listFromEnvironment(flag string, list pflag.SliceValue) error {
	suffix := strings.ToUpper(strings.ReplaceAll(flag, "-", "_")) + "_"
	var values []string
	for _, kv := range slices.Sorted(slices.Values(os.Environ())) {
		name, value, _ := strings.Cut(kv, "=")
		if value != "" && (strings.HasPrefix(name, "STRAKE_"+suffix) || strings.HasPrefix(name, "WERF_"+suffix)) {
			values = append(values, value)
		}
	}
	return list.Replace(values)
}

// variables reads the values given with --var.
func (s *settings) variables() (map[string]string, error) {
	vars := map[string]string{}
	for _, text := range s.vars {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, usage("--var %s: want NAME=VALUE", text)
		}
		vars[name] = value
	}
	return vars, nil
}

// fill takes what neither flag nor environment says from the project file.
func (s *settings) fill(b config.BuildahBackend) {
	s.networkGiven = s.network != ""
	for setting, value := range map[*string]string{
		&s.mode: b.Mode.Value, &s.driver: b.StorageDriver.Value, &s.network: b.Network.Value,
	} {
		if *setting == "" {
			*setting = value
		}
	}
	if s.ulimit == "" {
		var limits []string
		for _, l := range b.Ulimit {
			limits = append(limits, l.Value)
		}
		s.ulimit = strings.Join(limits, ",")
	}
}

// check refuses what cannot be carried out; p tells where the project asks for
// it.
func (s *settings) check(b config.BuildahBackend) error {
	at := func(v config.String, set string) string {
		if v.Value == set && v.Pos != (config.Pos{}) {
			return v.Pos.String() + ": "
		}
		return ""
	}
	switch s.mode {
	case "", "auto", "native-chroot":
	case "native-rootless", "docker-with-fuse", "docker":
		return usage("%smode %s cannot build yet: use auto or native-chroot", at(b.Mode, s.mode), s.mode)
	default:
		return usage("unknown mode %q of Buildah: allowed are auto, native-chroot", s.mode)
	}
	if s.driver != "" && s.driver != "overlay" {
		return usage("%sstorage driver %s cannot build yet: use overlay", at(b.StorageDriver, s.driver), s.driver)
	}
	if b.Runtime.Value != "" {
		return usage("%s: a runtime is used by the mode native-rootless only, which cannot build yet: remove it", b.Runtime.Pos)
	}
	switch s.network {
	case "", "default", "host", "none":
		return nil
	}
	return usage("unknown network %q: allowed are default, host, none", s.network)
}

// commandNetwork is the network of commands that ask for none. Commands share
// the host's network unless they are to have none at all.
func (s *settings) commandNetwork() string {
	if s.network == "none" {
		return "none"
	}
	return ""
}

var limitNumbers = map[string]int{
	"core": unix.RLIMIT_CORE, "cpu": unix.RLIMIT_CPU, "data": unix.RLIMIT_DATA, "fsize": unix.RLIMIT_FSIZE,
	"locks": unix.RLIMIT_LOCKS, "memlock": unix.RLIMIT_MEMLOCK, "msgqueue": unix.RLIMIT_MSGQUEUE,
	"nice": unix.RLIMIT_NICE, "nofile": unix.RLIMIT_NOFILE, "nproc": unix.RLIMIT_NPROC, "rss": unix.RLIMIT_RSS,
	"rtprio": unix.RLIMIT_RTPRIO, "rttime": unix.RLIMIT_RTTIME, "sigpending": unix.RLIMIT_SIGPENDING,
	"stack": unix.RLIMIT_STACK,
}

// limits reads the resource limits of commands.
func (s *settings) limits() ([]sandbox.Limit, error) {
	specs, err := config.ParseUlimits(s.ulimit)
	if err != nil {
		return nil, usage("resource limits %q: %w", s.ulimit, err)
	}
	var limits []sandbox.Limit
	for _, spec := range specs {
		kind, values, _ := strings.Cut(spec, "=")
		var soft, hard int64
		if _, err := fmt.Sscanf(values, "%d:%d", &soft, &hard); err != nil {
			return nil, usage("resource limits %q: %w", s.ulimit, err)
		}
		l := sandbox.Limit{Resource: limitNumbers[kind], Soft: uint64(soft), Hard: uint64(hard)}
		if err := allowed(kind, l); err != nil {
			return nil, err
		}
		limits = append(limits, l)
	}
	return limits, nil
}

// allowed refuses a hard limit above the own one, which only a privileged user
// may set: said now, and not by every command.
func allowed(kind string, l sandbox.Limit) error {
	var own unix.Rlimit
	if err := unix.Getrlimit(l.Resource, &own); err != nil || l.Hard <= own.Max {
		return nil
	}
	raised := unix.Rlimit{Cur: own.Cur, Max: l.Hard}
	if unix.Setrlimit(l.Resource, &raised) == nil {
		return unix.Setrlimit(l.Resource, &own)
	}
	return usage("resource limit %s: %d is above %d, the hard limit of this process, and only a privileged user may raise it", kind, l.Hard, own.Max)
}
