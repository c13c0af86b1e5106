package planner

import (
	"context"
	"path"
	"strings"

	"github.com/strakebuild/strake/planner/recipe"
	"github.com/strakebuild/strake/stapel"
)

// stapel plans an image that is built in stages.
func (b *builder) stapel(ctx context.Context, n *node) (start, error) {
	stages, err := stapel.Stages(n.img, b.graph.in.Tree)
	if err != nil {
		return start{}, err
	}
	on, err := b.stapelBase(ctx, n)
	if err != nil {
		return start{}, err
	}
	c := b.newChain(n.img, on)
	cfg := on.config
	tops := map[string]*Step{}
	for _, stage := range stages {
		cfg.Env = b.stapelStage(&c, stage, cfg.Env)
		tops[stage.Name] = c.top
	}
	b.tops[n.img.Name.Value] = tops
	return start{top: c.top, config: cfg, history: c.history}, nil
}

func (b *builder) stapelBase(ctx context.Context, n *node) (start, error) {
	from := n.img.Stapel.From
	switch {
	case b.graph.isOther(from.Value, n):
		return b.onImage(from.Value), nil
	case from.Value == "scratch":
		return start{}, nil
	}
	return b.onBase(ctx, from.Value, from.Pos, n.img.Name.Value)
}

// stapelStage adds the step of a stage and returns the environment after it.
func (b *builder) stapelStage(c *chain, stage stapel.Stage, env []string) []string {
	var ops []Op
	for _, copy := range stage.Copies {
		ops = append(ops, Op{Copy: gitCopy(copy)})
	}
	for _, imp := range stage.Imports {
		ops = append(ops, Op{Copy: b.importCopy(imp)})
	}
	for _, v := range stage.Values {
		env = recipe.Setenv(env, v.Target, b.value(v.Type, b.images[v.Image.Value]))
	}
	if stage.Script != "" {
		ops = append(ops, Op{Run: scriptRun(stage, env)})
	}
	at := place{pos: stage.Pos, name: stage.Name, versions: stage.Versions}
	switch {
	case len(ops) > 0:
		c.layer(ops, at, stageLine(stage))
	case len(stage.Values) > 0:
		c.note(stage.Name)
	}
	return env
}

// stageLine is what the history says of a stage.
func stageLine(stage stapel.Stage) string {
	if stage.Text == "" {
		return stage.Name
	}
	return stage.Name + ": " + strings.Join(strings.Fields(stage.Text), " ")
}

func gitCopy(c stapel.Copy) *Copy {
	source := Source{Name: c.Name, Root: strings.Trim(path.Clean("/"+c.Name), "/"), Dir: c.Dir}
	for _, e := range c.Entries {
		source.Files = append(source.Files, File{Path: e.Path, Mode: e.Mode, OID: e.OID})
	}
	dest := c.To
	if c.Dir && dest != "/" {
		dest += "/"
	}
	return &Copy{
		Sources: []Source{source}, Dest: dest,
		Owner: Owner{User: c.Owner, Group: c.Group}, MustMatch: true,
	}
}

func (b *builder) importCopy(imp stapel.Import) *Copy {
	from := b.images[imp.From.Value].Top
	if imp.Stage != "" {
		from = b.topOf(imp.From.Value, imp.Stage)
	}
	return &Copy{
		From: from, Scratch: from == nil, Paths: []string{literal(imp.Add)},
		Include: imp.Include, Exclude: imp.Exclude, Dest: imp.To,
		Owner: Owner{User: imp.Owner, Group: imp.Group}, KeepOwner: imp.Owner+imp.Group == "",
		MustMatch: true,
	}
}

// topOf is the step that an image has come to after a stage, which may have none
// of its own.
func (b *builder) topOf(image, stage string) *Step {
	tops := b.tops[image]
	var top *Step
	for _, name := range stapel.Order() {
		if step, ok := tops[name]; ok {
			top = step
		}
		if name == stage {
			break
		}
	}
	return top
}

// literal is a pattern that matches nothing but the path itself.
func literal(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// scriptRun runs the commands of a stage as root in the root folder. The locale
// is for the commands only.
func scriptRun(stage stapel.Stage, env []string) *Run {
	env = recipe.DefaultEnv(env, "PATH", recipe.DefaultPath)
	env = recipe.DefaultEnv(env, "LANG", "C.UTF-8")
	env = recipe.DefaultEnv(env, "LC_ALL", "C.UTF-8")
	script := Script{Path: path.Join(recipe.ScriptDir, "script"), Data: stage.Script, Mode: 0o755}
	return &Run{
		Args: []string{"/bin/sh", script.Path}, Env: env, Dir: "/",
		Scripts: []Script{script}, Display: stage.Text,
	}
}
