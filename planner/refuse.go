package planner

import (
	"strconv"

	"github.com/strakebuild/strake/config"
)

// refuse names what an image asks for and nobody can carry out so far, and
// reports whether there is anything. Nothing is left out in silence.
func (g *graph) refuse(img *config.Image) bool {
	before := len(g.faults.list)
	for _, s := range img.Secrets {
		g.notYet(s.Pos, "images with secrets")
	}
	if img.SSH.Pos != (config.Pos{}) {
		g.notYet(img.SSH.Pos, "images with ssh")
	}
	for _, host := range img.AddHost {
		g.notYet(host.Pos, "images with addHost")
	}
	if img.Stapel != nil {
		g.refuseStapel(img.Stapel)
	}
	return len(g.faults.list) > before
}

func (g *graph) refuseStapel(s *config.Stapel) {
	for _, m := range s.Mounts {
		g.notYet(m.Pos, "images with mount")
	}
	for _, m := range s.Git {
		if m.Remote != nil {
			g.notYet(m.Remote.URL.Pos, "images with files of other git repositories")
		}
	}
	for _, imp := range s.Imports {
		if g.images[imp.From.Value] == nil {
			g.notYet(imp.From.Pos, "imports from the external image "+strconv.Quote(imp.From.Value))
		}
	}
}

func (g *graph) notYet(pos config.Pos, what string) {
	g.faults.say(pos, what+" cannot be built yet")
}
