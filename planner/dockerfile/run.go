package dockerfile

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/strakebuild/strake/planner/recipe"
)

// scriptPath is where a heredoc with an interpreter line appears.
func scriptPath() string { return path.Join(recipe.ScriptDir, "script") }

func (b *builder) run(c *instructions.RunCommand, in *Instruction) error {
	if err := checkRun(c); err != nil {
		return err
	}
	command, scripts := runCommand(c)
	if len(command) == 0 || c.PrependShell && strings.TrimSpace(command[0]) == "" {
		return errors.New("RUN needs a command")
	}
	if c.PrependShell {
		command = b.shell(command[0])
	}
	in.Run = &recipe.Run{
		Args:    command,
		Env:     b.runEnv(),
		Dir:     b.absolute("."),
		User:    b.cfg.User,
		Network: network(c),
		Scripts: scripts,
		Display: in.Name,
	}
	in.CreatedBy = "RUN " + b.argPrefix() + strings.Join(command, " ")
	return nil
}

// checkRun refuses what cannot be carried out yet.
func checkRun(c *instructions.RunCommand) error {
	for _, flag := range []string{"mount", "device"} {
		if slices.Contains(c.FlagsUsed, flag) {
			return fmt.Errorf("RUN --%s is not supported yet", flag)
		}
	}
	if security := instructions.GetSecurity(c); security != instructions.SecuritySandbox {
		return fmt.Errorf("RUN --security=%s is not supported yet", security)
	}
	return nil
}

func network(c *instructions.RunCommand) string {
	if mode := instructions.GetNetwork(c); mode != instructions.NetworkDefault {
		return mode
	}
	return ""
}

// runCommand returns the command and the scripts that it needs. A heredoc that
// is the whole command is run by its interpreter line, or is the command itself;
// other heredocs are left to the shell.
func runCommand(c *instructions.RunCommand) ([]string, []recipe.Script) {
	if len(c.Files) == 0 || len(c.CmdLine) != 1 {
		return c.CmdLine, nil
	}
	if parser.MustParseHeredoc(c.CmdLine[0]) == nil {
		return []string{withHeredocs(c.CmdLine[0], c.Files)}, nil
	}
	body := c.Files[0].Data
	if c.Files[0].Chomp {
		body = parser.ChompHeredocContent(body)
	}
	if !strings.HasPrefix(body, "#!") {
		return []string{body}, nil
	}
	return []string{scriptPath()}, []recipe.Script{{Path: scriptPath(), Data: body, Mode: 0o755}}
}

// withHeredocs writes a command and its heredocs as the shell reads them.
func withHeredocs(command string, files []instructions.ShellInlineFile) string {
	var text strings.Builder
	text.WriteString(command)
	for _, file := range files {
		text.WriteString("\n" + file.Data + file.Name)
	}
	return text.String()
}

func (b *builder) runEnv() []string {
	env := recipe.DefaultEnv(b.env, "PATH", recipe.DefaultPath)
	for _, name := range proxyArgs() {
		if value, ok := b.stage.scope.Args[name]; ok {
			env = recipe.DefaultEnv(env, name, value)
		}
	}
	return slices.Clone(env)
}

// argPrefix writes the arguments that a RUN saw in front of its command, as
// other builders do: "|2 A=1 B=2 ".
func (b *builder) argPrefix() string {
	var pairs []string
	for i, name := range b.args {
		if slices.Contains(b.args[:i], name) {
			continue
		}
		value, _ := recipe.Getenv(b.env, name)
		pairs = append(pairs, name+"="+value)
	}
	if len(pairs) == 0 {
		return ""
	}
	return fmt.Sprintf("|%d %s ", len(pairs), strings.Join(pairs, " "))
}
