package planner

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/planner/dockerfile"
)

// node is a declared image with what it refers to.
type node struct {
	img    *config.Image
	edges  []edge // to images of the project, in the order they are written
	bases  []base // external images
	source []byte // text of the Dockerfile
	path   string // of the Dockerfile, from the repository root
	folder string // the context, from the repository root
}

// edge is a reference to another image of the project.
type edge struct {
	to  string
	how string // "from", "import", "COPY --from", …
	pos config.Pos
}

// base is a reference to an external image.
type base struct {
	ref string
	pos config.Pos
}

// unknownKey stands for the key of a dependency while references are looked for.
const unknownKey = Key("0000000000000000000000000000000000000000000000000000000000000000")

// readNode finds what an image refers to.
func (g *graph) readNode(ctx context.Context, img *config.Image) (*node, error) {
	n := &node{img: img}
	for _, dep := range img.Dependencies {
		n.edges = append(n.edges, edge{dep.Image.Value, "dependencies", dep.Image.Pos})
	}
	if img.Stapel != nil {
		g.stapelEdges(n)
		return n, nil
	}
	return n, g.dockerfileEdges(ctx, n)
}

func (g *graph) stapelEdges(n *node) {
	from := n.img.Stapel.From
	switch {
	case g.isOther(from.Value, n):
		n.edges = slices.Insert(n.edges, 0, edge{from.Value, "from", from.Pos})
	case from.Value != "scratch":
		n.bases = append(n.bases, base{from.Value, from.Pos})
	}
	for _, imp := range n.img.Stapel.Imports {
		if g.images[imp.From.Value] != nil {
			n.edges = append(n.edges, edge{imp.From.Value, "import", imp.From.Pos})
		}
	}
}

// isOther reports whether a name is an image of the project other than n. The
// name of the image itself means the external image of that name.
func (g *graph) isOther(name string, n *node) bool {
	return name != n.img.Name.Value && g.images[name] != nil
}

func (g *graph) dockerfileEdges(ctx context.Context, n *node) error {
	d := n.img.Dockerfile
	n.folder = strings.TrimPrefix(path.Join("/", g.in.Project.Dir, d.Context.Value), "/")
	n.path = path.Join(n.folder, d.Path.Value)
	text, err := g.in.Inputs.Read(ctx, config.DockerfileFile, n.path)
	if err != nil {
		return at(d.Path.Pos, fmt.Errorf("unable to read dockerfile %q: %w", n.path, err))
	}
	n.source = text
	stages, err := n.stages(g.scope(n, func(string) Key { return unknownKey }))
	if err != nil {
		return err
	}
	for _, s := range stages {
		n.refer(s.Base, "FROM")
		for _, ref := range s.Refs() {
			n.refer(ref, "COPY --from")
		}
	}
	return nil
}

func (n *node) refer(ref dockerfile.Ref, how string) {
	switch {
	case ref.Image != "":
		n.edges = append(n.edges, edge{ref.Image, how, ref.Pos})
	case ref.External != "" && !strings.Contains(ref.External, string(unknownKey)):
		n.bases = append(n.bases, base{ref.External, ref.Pos})
	}
}

// stages parses the Dockerfile anew, as a File is built once.
func (n *node) stages(scope dockerfile.Scope) ([]*dockerfile.Stage, error) {
	file, err := dockerfile.Parse(n.path, n.source)
	if err != nil {
		return nil, err
	}
	return file.Stages(n.img.Dockerfile.Target, scope)
}

// scope is what the Dockerfile of an image sees, given the keys of the images
// that it depends on.
func (g *graph) scope(n *node, key func(image string) Key) dockerfile.Scope {
	scope := dockerfile.Scope{Args: map[string]string{}, Platform: g.platform}
	for _, arg := range n.img.Dockerfile.Args {
		scope.Args[arg.Name.Value] = arg.Value.Value
	}
	names := map[string]string{}
	for _, dep := range n.img.Dependencies {
		name := dep.Image.Value
		repo := RepoName(g.in.Project.Name.Value, name)
		names[imageValue("ImageName", repo, key(name))] = name
		for _, value := range dep.Imports {
			scope.Args[value.Target.Value] = imageValue(value.Type.Value, repo, key(name))
		}
	}
	scope.Image = func(ref string) (string, bool) {
		if name, ok := names[ref]; ok {
			return name, true
		}
		return ref, g.isOther(ref, n)
	}
	return scope
}

// at gives an error the place of the value that led to it.
func at(pos config.Pos, err error) error {
	var f faults
	f.add(err, pos)
	return f.err()
}

// quoteAll lists names for a message.
func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	return strings.Join(quoted, ", ")
}
