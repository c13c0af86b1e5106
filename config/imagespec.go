package config

import (
	"time"

	"gopkg.in/yaml.v3"
)

// ImageSpec changes the configuration of the finished image. What is removed and
// cleared is that of the base; what is set comes after it.
type ImageSpec struct {
	Pos          Pos
	Author       String
	ClearHistory Bool

	Env        []Pair // values may hold ${NAME} of the base's environment
	Labels     []Pair // keys and values may hold %image% and %project%
	Volumes    []String
	Expose     []String // replaces the ports of the base
	Cmd        *Command // nil: not set
	Entrypoint *Command // nil: not set; set without Cmd, it clears the base's command
	User       String
	WorkingDir String
	StopSignal String

	Healthcheck *Healthcheck // nil: not set

	RemoveEnv     []String // names, or /regular expressions/ for whole names
	RemoveLabels  []String // the same for labels
	RemoveVolumes []String // paths

	ClearCmd, ClearEntrypoint, ClearUser, ClearWorkingDir Bool

	KeepEssentialWerfLabels Bool // RemoveLabels leaves those by which werf knows its images
	ClearWerfLabels         Bool // removes the labels that werf gave a base
}

// Command is a CMD or ENTRYPOINT. The shell form (one string) has been wrapped
// as ["/bin/sh", "-c", text].
type Command struct {
	Args []string
	Pos  Pos
}

// Healthcheck is a command that tells whether a container works. A zero duration
// or number means the default of whoever runs it.
type Healthcheck struct {
	Pos         Pos
	Test        []String // first NONE, CMD or CMD-SHELL
	Interval    Duration
	Timeout     Duration
	StartPeriod Duration
	Retries     Int
}

// Duration is a time span with its place.
type Duration struct {
	Value time.Duration
	Pos   Pos
}

// Int is a whole number with its place.
type Int struct {
	Value int
	Pos   Pos
}

// imageSpec reads the imageSpec section of an image, nil when there is none.
func imageSpec(s section) *ImageSpec {
	c := s.sub("config")
	spec := commonSpec(s)
	spec.Volumes = c.texts("volumes")
	spec.Expose = c.texts("expose")
	spec.Cmd = command(c, "cmd")
	spec.Entrypoint = command(c, "entrypoint")
	spec.User = c.text("user")
	spec.WorkingDir = c.text("workingDir")
	spec.StopSignal = c.text("stopSignal")
	spec.Healthcheck = healthcheck(c.sub("healthcheck"))
	spec.RemoveVolumes = c.texts("removeVolumes")
	spec.ClearCmd = c.flag("clearCmd", false)
	spec.ClearEntrypoint = c.flag("clearEntrypoint", false)
	spec.ClearUser = c.flag("clearUser", false)
	spec.ClearWorkingDir = c.flag("clearWorkingDir", false)
	if s.node == nil {
		return nil
	}
	return spec
}

// projectSpec reads build.imageSpec, nil when there is none.
func projectSpec(s section) *ImageSpec {
	spec := commonSpec(s)
	if s.node == nil {
		return nil
	}
	return spec
}

// commonSpec reads the keys that the project and its images have both.
func commonSpec(s section) *ImageSpec {
	c := s.sub("config")
	return &ImageSpec{
		Pos:                     s.pos(),
		Author:                  s.text("author"),
		ClearHistory:            s.flag("clearHistory", false),
		Env:                     c.pairs("env"),
		Labels:                  c.pairs("labels"),
		RemoveEnv:               c.texts("removeEnv"),
		RemoveLabels:            c.texts("removeLabels"),
		KeepEssentialWerfLabels: c.flag("keepEssentialWerfLabels", false),
		ClearWerfLabels:         c.flag("clearWerfLabels", false),
	}
}

func healthcheck(s section) *Healthcheck {
	h := &Healthcheck{
		Pos:         s.pos(),
		Test:        s.texts("test"),
		Interval:    s.duration("interval"),
		Timeout:     s.duration("timeout"),
		StartPeriod: s.duration("startPeriod"),
		Retries:     s.number("retries", 0),
	}
	if other := s.duration("startperiod"); h.StartPeriod == (Duration{}) {
		h.StartPeriod = other
	}
	if s.node == nil {
		return nil
	}
	return h
}

// command reads a CMD or ENTRYPOINT: a text for the shell, or a list.
func command(s section, key string) *Command {
	n := s.value(key)
	if n == nil {
		return nil
	}
	c := &Command{Pos: s.d.pos(n), Args: []string{}}
	if n.Kind == yaml.ScalarNode {
		c.Args = []string{"/bin/sh", "-c", n.Value}
	}
	for _, item := range n.Content {
		c.Args = append(c.Args, item.Value)
	}
	return c
}
