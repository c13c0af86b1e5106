package planner

import (
	"context"
	"runtime"
	"slices"
	"strconv"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/planner/dockerfile"
)

// graph is the images that a plan needs.
type graph struct {
	in       Input
	platform string
	images   map[string]*config.Image
	order    []*node // each after all that it refers to
	faults   faults

	state map[string]visit
	trail []edge // from the first image to the one that is visited
}

// visit is how far the walk is with an image.
type visit int

const (
	unvisited visit = iota
	visiting
	visited
)

// newGraph finds the needed images. Those with faults are left out.
func newGraph(ctx context.Context, in Input) *graph {
	g := &graph{in: in, platform: in.Platform, images: map[string]*config.Image{}, state: map[string]visit{}}
	if g.platform == "" {
		g.platform = runtime.GOOS + "/" + runtime.GOARCH
	}
	g.platform = dockerfile.NormalizePlatform(g.platform)
	for _, img := range in.Project.Images {
		g.images[img.Name.Value] = img
	}
	for _, name := range g.wanted() {
		g.visit(ctx, edge{to: name, pos: config.Pos{File: in.Project.File, Line: 1, Col: 1}})
	}
	return g
}

// wanted is the names of the images to build.
func (g *graph) wanted() []string {
	if len(g.in.Select) > 0 {
		return g.in.Select
	}
	var names []string
	for _, img := range g.in.Project.Images {
		if img.Final.Value {
			names = append(names, img.Name.Value)
		}
	}
	return names
}

// visit follows a reference, depth first.
func (g *graph) visit(ctx context.Context, to edge) {
	switch img := g.images[to.to]; {
	case img == nil:
		g.faults.say(to.pos, "the project has no image "+strconv.Quote(to.to)+": it has "+g.imageNames())
	case g.state[to.to] == visiting:
		g.faults.say(g.cycle(to))
	case g.state[to.to] == unvisited:
		g.state[to.to] = visiting
		g.trail = append(g.trail, to)
		g.follow(ctx, img)
		g.trail = g.trail[:len(g.trail)-1]
		g.state[to.to] = visited
	}
}

func (g *graph) follow(ctx context.Context, img *config.Image) {
	g.checkPlatform(img)
	refused := g.refuse(img)
	n, err := g.readNode(ctx, img)
	for _, e := range n.edges {
		g.visit(ctx, e)
	}
	if err != nil {
		g.faults.add(err, img.Pos)
		return
	}
	if !refused {
		g.order = append(g.order, n)
	}
}

func (g *graph) imageNames() string {
	var names []string
	for _, img := range g.in.Project.Images {
		names = append(names, img.Name.Value)
	}
	return quoteAll(names)
}

// cycle describes the images from the one that is reached again up to it.
func (g *graph) cycle(last edge) (config.Pos, string) {
	start := slices.IndexFunc(g.trail, func(e edge) bool { return e.to == last.to })
	steps := append(slices.Clone(g.trail[start+1:]), last)
	text := strconv.Quote(last.to)
	for _, e := range steps {
		text += " → " + strconv.Quote(e.to) + " (" + e.how + ", " + e.pos.String() + ")"
	}
	return steps[0].pos, "images need each other: " + text
}

// checkPlatform refuses what cannot be built on this host.
func (g *graph) checkPlatform(img *config.Image) {
	platforms := img.Platforms
	if len(platforms) == 0 {
		platforms = g.in.Project.Platforms
	}
	if len(platforms) > 1 {
		g.faults.say(platforms[1].Pos, "only one platform can be built so far: "+g.platform+", that of this host")
		return
	}
	for _, p := range platforms {
		if dockerfile.NormalizePlatform(p.Value) != g.platform {
			g.faults.say(p.Pos, "platform "+strconv.Quote(p.Value)+" cannot be built here: only "+g.platform+
				", that of this host, is supported so far")
		}
	}
}
