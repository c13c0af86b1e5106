package dockerfile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/planner/recipe"
)

// State is what one stage hands to the next.
type State struct {
	Config recipe.Config
	Env    []string // what commands see: Config.Env and arguments; nil after an image
}

// Instruction is an evaluated instruction of a stage. At most one of Copy, Run
// and Mkdir is set; none means that only the configuration changed.
type Instruction struct {
	Pos       config.Pos
	Name      string // the instruction on one line
	CreatedBy string // for the history
	Copy      *Copy
	Run       *recipe.Run
	Mkdir     *recipe.Mkdir
}

// Result is a built stage.
type Result struct {
	State
	Instructions []Instruction
}

// Build carries the state of the base through the instructions of the stage. It
// is called once. Triggers of an ONBUILD in the base are carried out first if
// base.Env is nil, that is, if the base is an image.
func (s *Stage) Build(ctx context.Context, base State, files *Context) (*Result, error) {
	b := builder{stage: s, file: s.file, files: files, cfg: base.Config.Clone(), env: slices.Clone(base.Env)}
	triggers := b.cfg.OnBuild
	b.cfg.OnBuild = nil
	if base.Env == nil {
		b.cfg.Env = recipe.DefaultEnv(b.cfg.Env, "PATH", recipe.DefaultPath)
		b.env = slices.Clone(b.cfg.Env)
		if err := b.triggers(ctx, triggers); err != nil {
			return nil, err
		}
	}
	for _, command := range s.source.Commands {
		if err := b.do(ctx, command, s.file.at(command.Location())); err != nil {
			return nil, err
		}
	}
	return &Result{State: State{Config: b.cfg, Env: b.env}, Instructions: b.out}, nil
}

// builder evaluates the instructions of one stage.
type builder struct {
	stage  *Stage
	file   *File
	files  *Context
	cfg    recipe.Config
	env    []string
	args   []string // names of arguments, for the history
	cmdSet bool
	out    []Instruction
}

// triggers carries out the ONBUILD instructions of the base.
func (b *builder) triggers(ctx context.Context, triggers []string) error {
	for _, text := range triggers {
		command, err := parseTrigger(text)
		if err == nil {
			err = b.do(ctx, command, b.stage.Pos)
		}
		if err != nil {
			return errorAt(b.stage.Pos, "ONBUILD %s of the base: %s", oneLine(text), message(err))
		}
	}
	return nil
}

func parseTrigger(text string) (instructions.Command, error) {
	tree, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	if n := len(tree.AST.Children); n != 1 {
		return nil, fmt.Errorf("%d instructions in place of one", n)
	}
	command, err := instructions.ParseCommand(tree.AST.Children[0])
	if err != nil {
		return nil, err
	}
	if c, ok := command.(*instructions.CopyCommand); ok && c.From != "" {
		return nil, errors.New("COPY --from in an ONBUILD of a base is not supported yet")
	}
	return command, nil
}

// do carries out one instruction. Faults get its place.
func (b *builder) do(ctx context.Context, command instructions.Command, pos config.Pos) error {
	in := Instruction{Pos: pos, Name: text(command)}
	err := b.expandIn(command)
	if err == nil {
		err = b.dispatch(ctx, command, &in)
	}
	var faulty *config.Error
	if err == nil {
		b.out = append(b.out, in)
		return nil
	}
	if errors.As(err, &faulty) || ctx.Err() != nil {
		return err
	}
	return errorAt(pos, "%s", plain(err))
}

// expandIn replaces the variables of an instruction. RUN keeps them for its
// shell; ARG expands its default only when it is used.
func (b *builder) expandIn(command instructions.Command) error {
	switch command.(type) {
	case *instructions.ArgCommand, *instructions.RunCommand:
		return nil
	}
	env := b.env
	if c, ok := command.(instructions.SupportsSingleWordExpansion); ok {
		if err := c.Expand(func(word string) (string, error) { return b.file.expand(word, env) }); err != nil {
			return err
		}
	}
	if c, ok := command.(instructions.SupportsSingleWordExpansionRaw); ok {
		return c.ExpandRaw(func(text string) (string, error) { return expandText(text, env) })
	}
	return nil
}

func (b *builder) dispatch(ctx context.Context, command instructions.Command, in *Instruction) error {
	switch c := command.(type) {
	case *instructions.RunCommand:
		return b.run(c, in)
	case *instructions.CopyCommand:
		return b.copy(ctx, c, in)
	case *instructions.AddCommand:
		return b.add(ctx, c, in)
	case *instructions.WorkdirCommand:
		return b.workdir(c, in)
	default:
		return b.configure(command, in)
	}
}

// text is an instruction on one line, as it was written.
func text(command instructions.Command) string {
	if c, ok := command.(fmt.Stringer); ok {
		return oneLine(c.String())
	}
	return strings.ToUpper(command.Name())
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// message is the text of an error without its place.
func message(err error) string {
	var faulty *config.Error
	if errors.As(err, &faulty) {
		return faulty.Message
	}
	return plain(err)
}
