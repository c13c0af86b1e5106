package planner

import (
	"context"
	"fmt"
	"path"

	"github.com/strakebuild/strake/planner/dockerfile"
)

// contextName tells build contexts apart: those with one folder, one ignore file
// and the same added files are the same.
type contextName struct {
	folder, ignore, added string
}

// stageResult is a planned stage.
type stageResult struct {
	start
	state dockerfile.State
}

// stagesBuilder plans the stages of one Dockerfile.
type stagesBuilder struct {
	*builder
	node  *node
	files *dockerfile.Context
	done  map[*dockerfile.Stage]stageResult
	multi bool // more than one stage
}

// dockerfile plans an image that has a Dockerfile.
func (b *builder) dockerfile(ctx context.Context, n *node) (start, error) {
	for _, dep := range n.img.Dependencies {
		for _, value := range dep.Imports {
			b.value(value.Type.Value, b.images[dep.Image.Value])
		}
	}
	stages, err := n.stages(b.graph.scope(n, func(image string) Key { return b.images[image].Key }))
	if err != nil {
		return start{}, err
	}
	files, err := b.context(ctx, n)
	if err != nil {
		return start{}, at(n.img.Dockerfile.Context.Pos, err)
	}
	s := stagesBuilder{builder: b, node: n, files: files, done: map[*dockerfile.Stage]stageResult{}, multi: len(stages) > 1}
	for _, stage := range stages {
		result, err := s.stage(ctx, stage)
		if err != nil {
			return start{}, err
		}
		s.done[stage] = result
	}
	return s.done[stages[len(stages)-1]].start, nil
}

// context opens the build context of an image.
func (b *builder) context(ctx context.Context, n *node) (*dockerfile.Context, error) {
	in := b.graph.in.Inputs
	ignore, err := dockerfile.IgnoreFile(ctx, in, n.folder, n.path)
	if err != nil {
		return nil, err
	}
	add := n.img.Dockerfile.ContextAddFiles
	name := contextName{folder: n.folder, ignore: ignore}
	for _, file := range add {
		name.added += file.Value + "\x00"
	}
	if files := b.contexts[name]; files != nil {
		return files, nil
	}
	files, err := dockerfile.OpenContext(ctx, in, n.folder, n.path, add...)
	if err == nil {
		b.contexts[name] = files
	}
	return files, err
}

// stage plans one stage on its base.
func (s *stagesBuilder) stage(ctx context.Context, stage *dockerfile.Stage) (stageResult, error) {
	on, err := s.begin(ctx, stage.Base)
	if err != nil {
		return stageResult{}, err
	}
	built, err := stage.Build(ctx, on.state, s.files)
	if err != nil {
		return stageResult{}, err
	}
	c := s.newChain(s.node.img, on.start)
	number := numbering(stage, built.Instructions, s.multi)
	for _, in := range built.Instructions {
		if err := s.instruction(ctx, &c, in, number); err != nil {
			return stageResult{}, err
		}
	}
	c.finish()
	return stageResult{start: start{top: c.top, config: built.Config, history: c.history}, state: built.State}, nil
}

// begin is what a stage starts on.
func (s *stagesBuilder) begin(ctx context.Context, ref dockerfile.Ref) (stageResult, error) {
	var result stageResult
	var err error
	switch {
	case ref.Stage != nil:
		return s.done[ref.Stage], nil
	case ref.Image != "":
		result.start = s.onImage(ref.Image)
	case ref.External != "":
		result.start, err = s.onBase(ctx, ref.External, ref.Pos, s.node.img.Name.Value)
	}
	result.state.Config = result.config
	return result, err
}

func (s *stagesBuilder) instruction(ctx context.Context, c *chain, in dockerfile.Instruction, number func(string) string) error {
	if in.Copy == nil && in.Run == nil && in.Mkdir == nil {
		c.note(in.CreatedBy)
		return nil
	}
	at := place{pos: in.Pos, name: number(in.Name)}
	switch {
	case in.Mkdir != nil:
		c.mkdir(in.Mkdir, at, in.CreatedBy)
	case in.Run != nil:
		c.layer([]Op{{Run: in.Run}}, at, in.CreatedBy)
	default:
		op, err := s.copy(ctx, in.Copy)
		if err != nil {
			return err
		}
		c.layer([]Op{{Copy: op}}, at, in.CreatedBy)
	}
	return nil
}

func (s *stagesBuilder) copy(ctx context.Context, c *dockerfile.Copy) (*Copy, error) {
	op := &Copy{
		Sources: c.Sources, Paths: c.Paths, Dest: c.Dest, Owner: c.Owner,
		Mode: c.Mode, Unpack: c.Unpack, MustMatch: true,
	}
	if c.From == nil {
		return op, nil
	}
	from, err := s.begin(ctx, *c.From)
	op.From, op.Scratch = from.top, from.top == nil
	return op, err
}

// numbering counts the instructions of a stage that change files, like
// "[build 2/5] RUN make"; number one is the base.
func numbering(stage *dockerfile.Stage, all []dockerfile.Instruction, multi bool) func(string) string {
	total := 1
	for _, in := range all {
		if in.Copy != nil || in.Run != nil || in.Mkdir != nil {
			total++
		}
	}
	label := ""
	if multi || stage.Name != "" {
		label = path.Clean(stage.Label()) + " "
	}
	i := 1
	return func(name string) string {
		i++
		return fmt.Sprintf("[%s%d/%d] %s", label, i, total, name)
	}
}
