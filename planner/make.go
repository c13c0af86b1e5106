package planner

import (
	"context"
	"slices"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/planner/dockerfile"
)

// Make plans the selected images of a project and everything they need.
//
// External images are looked up once each and at the same time; nothing else is
// asked of the outside. Faults in what the user wrote come together as
// config.Errors: unknown images, cycles, instructions that are not supported,
// files that are not in the commit, bases that are not found.
func Make(ctx context.Context, in Input) (*Plan, error) {
	if in.Inputs == nil {
		in.Inputs = config.NewInputs(in.Tree)
	}
	g := newGraph(ctx, in)
	commit := in.Tree.Commit()
	b := &builder{
		graph:    g,
		plan:     &Plan{Project: in.Project.Name.Value, Commit: commit.ID, Time: commit.Time, tree: in.Tree},
		bases:    newResolver(in.Bases, g.platform),
		steps:    map[Key]*Step{},
		images:   map[string]*Image{},
		tops:     map[string]map[string]*Step{},
		contexts: map[contextName]*dockerfile.Context{},
	}
	b.bases.fetch(ctx, g.external())
	b.faults = g.faults
	b.checkBases(ctx)
	for _, n := range g.order {
		b.build(ctx, n)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := b.faults.err(); err != nil {
		return nil, err
	}
	b.collect()
	return b.plan, nil
}

// checkBases names every external image that is not there, also those of stages
// that are not reached because of another fault.
func (b *builder) checkBases(ctx context.Context) {
	for _, n := range b.graph.order {
		for _, base := range n.bases {
			if _, err := b.bases.base(ctx, base.ref, base.pos); err != nil {
				b.faults.add(err, base.pos)
			}
		}
	}
}

// external is the references of all external images, each once.
func (g *graph) external() []string {
	var refs []string
	for _, n := range g.order {
		for _, base := range n.bases {
			if !slices.Contains(refs, base.ref) {
				refs = append(refs, base.ref)
			}
		}
	}
	return refs
}

// builder turns images into steps.
type builder struct {
	graph    *graph
	plan     *Plan
	bases    *resolver
	steps    map[Key]*Step
	images   map[string]*Image           // the planned ones
	tops     map[string]map[string]*Step // by image and stage: the last step of the stage
	contexts map[contextName]*dockerfile.Context
	tokens   []handedOut
	faults   faults
}

// start is what an image or stage begins on.
type start struct {
	top     *Step
	config  Config
	history []History
	author  string // of a finished image
	bare    bool   // the history of the finished image says nothing
}

// build plans one image. An image that needs one with a fault is left out
// without a fault of its own.
func (b *builder) build(ctx context.Context, n *node) {
	for _, e := range n.edges {
		if b.images[e.to] == nil {
			return
		}
	}
	result, err := b.result(ctx, n)
	if err != nil {
		b.faults.add(err, n.img.Pos)
		return
	}
	b.images[n.img.Name.Value] = b.finish(n, b.withSpec(n.img, result))
}

func (b *builder) result(ctx context.Context, n *node) (start, error) {
	if n.img.Stapel != nil {
		return b.stapel(ctx, n)
	}
	return b.dockerfile(ctx, n)
}

// finish makes the image of its last step.
func (b *builder) finish(n *node, result start) *Image {
	img := &Image{
		Name:     n.img.Name.Value,
		Pos:      n.img.Pos.String(),
		Final:    n.img.Final.Value,
		Platform: b.graph.platform,
		Top:      result.top,
		Config:   result.config,
		History:  result.history,
		Author:   result.author,
		Bare:     result.bare,
		Repo:     RepoName(b.plan.Project, n.img.Name.Value),
		Needs:    b.needed(configTexts(result.config)),
		Created:  b.plan.Time,
	}
	for _, e := range n.edges {
		if dep := b.images[e.to]; !slices.Contains(img.Deps, dep) {
			img.Deps = append(img.Deps, dep)
		}
	}
	img.Key = imageKey(img)
	return img
}

// collect lists the images in the order of the project file.
func (b *builder) collect() {
	for _, declared := range b.graph.in.Project.Images {
		if img := b.images[declared.Name.Value]; img != nil {
			b.plan.Images = append(b.plan.Images, img)
		}
	}
}

// intern gives a step its key. A step that is there already is used again.
func (b *builder) intern(s *Step) *Step {
	for _, op := range s.Ops {
		if op.Run != nil && op.Run.Network == "" {
			op.Run.Network = b.graph.in.Network
		}
	}
	s.Key = stepKey(s)
	if known := b.steps[s.Key]; known != nil {
		return known
	}
	b.steps[s.Key] = s
	b.plan.Steps = append(b.plan.Steps, s)
	return s
}

// onImage begins on another image of the project.
func (b *builder) onImage(name string) start {
	img := b.images[name]
	return start{top: img.Top, config: img.Config.Clone(), history: slices.Clone(img.History)}
}

// onBase begins on an external image.
func (b *builder) onBase(ctx context.Context, ref string, pos config.Pos, image string) (start, error) {
	base, err := b.bases.base(ctx, ref, pos)
	if err != nil {
		return start{}, err
	}
	step := b.intern(&Step{
		Image: image, Name: "FROM " + ref, Pos: pos.String(),
		Base: base, Platform: b.graph.platform,
	})
	return start{top: step, config: base.Config.Clone(), history: slices.Clone(base.History)}, nil
}
