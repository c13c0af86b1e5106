package dockerfile

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/strakebuild/strake/planner/recipe"
)

// configure carries out the instructions that only change the configuration.
func (b *builder) configure(command instructions.Command, in *Instruction) error {
	switch c := command.(type) {
	case *instructions.ArgCommand:
		return b.arg(c, in)
	case *instructions.EnvCommand:
		b.setEnv(c, in)
	case *instructions.LabelCommand:
		b.label(c, in)
	case *instructions.ExposeCommand:
		return b.expose(c, in)
	case *instructions.VolumeCommand:
		return b.volume(c, in)
	case *instructions.UserCommand:
		return b.user(c, in)
	case *instructions.StopSignalCommand:
		return b.stopSignal(c, in)
	case *instructions.OnbuildCommand:
		b.cfg.OnBuild = append(b.cfg.OnBuild, c.Expression)
		in.CreatedBy = "ONBUILD " + oneLine(c.Expression)
	case *instructions.MaintainerCommand:
		in.CreatedBy = "MAINTAINER " + c.Maintainer
	default:
		return b.process(command, in)
	}
	return nil
}

// process carries out what says how the image is started.
func (b *builder) process(command instructions.Command, in *Instruction) error {
	switch c := command.(type) {
	case *instructions.ShellCommand:
		b.cfg.Shell = c.Shell
		in.CreatedBy = fmt.Sprintf("SHELL %v", c.Shell)
	case *instructions.CmdCommand:
		b.cfg.Cmd = b.commandLine(c.ShellDependantCmdLine)
		b.cmdSet = true
		in.CreatedBy = fmt.Sprintf("CMD %q", b.cfg.Cmd)
	case *instructions.EntrypointCommand:
		b.entrypoint(c, in)
	case *instructions.HealthCheckCommand:
		b.healthcheck(c, in)
	default:
		return fmt.Errorf("%s is not supported", strings.ToUpper(command.Name()))
	}
	return nil
}

func (b *builder) arg(c *instructions.ArgCommand, in *Instruction) error {
	texts := make([]string, 0, len(c.Args))
	for _, arg := range c.Args {
		value, ok, err := b.file.argValue(arg, b.stage.scope, b.env, b.stage.globals)
		if err != nil {
			return err
		}
		if !ok {
			texts = append(texts, arg.Key)
			continue
		}
		b.env = recipe.Setenv(b.env, arg.Key, value)
		b.args = append(b.args, arg.Key)
		texts = append(texts, arg.Key+"="+value)
	}
	in.CreatedBy = "ARG " + strings.Join(texts, " ")
	return nil
}

func (b *builder) setEnv(c *instructions.EnvCommand, in *Instruction) {
	in.CreatedBy = "ENV"
	for _, pair := range c.Env {
		b.cfg.Env = recipe.Setenv(b.cfg.Env, pair.Key, pair.Value)
		b.env = recipe.Setenv(b.env, pair.Key, pair.Value)
		in.CreatedBy += " " + pair.String()
	}
}

func (b *builder) label(c *instructions.LabelCommand, in *Instruction) {
	if b.cfg.Labels == nil {
		b.cfg.Labels = map[string]string{}
	}
	in.CreatedBy = "LABEL"
	for _, pair := range c.Labels {
		b.cfg.Labels[pair.Key] = pair.Value
		in.CreatedBy += " " + pair.String()
	}
}

func (b *builder) volume(c *instructions.VolumeCommand, in *Instruction) error {
	if b.cfg.Volumes == nil {
		b.cfg.Volumes = map[string]struct{}{}
	}
	for _, volume := range c.Volumes {
		if volume == "" {
			return fmt.Errorf("VOLUME is empty after its variables are filled in")
		}
		b.cfg.Volumes[volume] = struct{}{}
	}
	in.CreatedBy = fmt.Sprintf("VOLUME %v", c.Volumes)
	return nil
}

func (b *builder) user(c *instructions.UserCommand, in *Instruction) error {
	if _, err := parseOwner(c.User); err != nil {
		return err
	}
	b.cfg.User = c.User
	in.CreatedBy = "USER " + c.User
	return nil
}

func (b *builder) stopSignal(c *instructions.StopSignalCommand, in *Instruction) error {
	known := regexp.MustCompile(`^(?i:(SIG)?[A-Z][A-Z0-9]*([+-][0-9]+)?|[0-9]{1,2})$`)
	if !known.MatchString(c.Signal) {
		return fmt.Errorf("%q is not a signal: write a name like SIGTERM or a number", c.Signal)
	}
	b.cfg.StopSignal = c.Signal
	in.CreatedBy = "STOPSIGNAL " + c.Signal
	return nil
}

// workdir sets the directory and creates it.
func (b *builder) workdir(c *instructions.WorkdirCommand, in *Instruction) error {
	dir := b.absolute(c.Path)
	if err := checkWhiteout(dir); err != nil {
		return err
	}
	b.cfg.WorkingDir = dir
	in.CreatedBy = "WORKDIR " + dir
	if dir == "/" {
		return nil
	}
	owner, err := parseOwner(b.cfg.User)
	in.Mkdir = &recipe.Mkdir{Path: dir, Owner: owner}
	return err
}

// absolute resolves a path of the image against the working directory.
func (b *builder) absolute(p string) string {
	if !path.IsAbs(p) {
		p = path.Join("/", b.cfg.WorkingDir, p)
	}
	return path.Clean(p)
}

// entrypoint clears a CMD of the base, which was meant for another entrypoint.
func (b *builder) entrypoint(c *instructions.EntrypointCommand, in *Instruction) {
	b.cfg.Entrypoint = b.commandLine(c.ShellDependantCmdLine)
	if !b.cmdSet {
		b.cfg.Cmd = nil
	}
	in.CreatedBy = fmt.Sprintf("ENTRYPOINT %q", b.cfg.Entrypoint)
}

func (b *builder) healthcheck(c *instructions.HealthCheckCommand, in *Instruction) {
	h := c.Health
	b.cfg.Healthcheck = &recipe.Healthcheck{
		Test: h.Test, Interval: h.Interval, Timeout: h.Timeout,
		StartPeriod: h.StartPeriod, StartInterval: h.StartInterval, Retries: h.Retries,
	}
	in.CreatedBy = fmt.Sprintf("HEALTHCHECK %q", h.Test)
}

// commandLine is a command in exec form: one in shell form is given to the shell.
func (b *builder) commandLine(c instructions.ShellDependantCmdLine) []string {
	if !c.PrependShell {
		return c.CmdLine
	}
	return b.shell(strings.Join(c.CmdLine, " "))
}

func (b *builder) shell(command string) []string {
	if len(b.cfg.Shell) == 0 {
		return []string{"/bin/sh", "-c", command}
	}
	return append(append([]string{}, b.cfg.Shell...), command)
}
