package planner

import (
	"slices"

	"github.com/strakebuild/strake/config"
)

// chain is steps on top of each other, with the history that they leave.
type chain struct {
	b       *builder
	image   string
	top     *Step
	history []History

	network  string   // of commands that ask for none
	versions []string // cache versions of the whole image

	pending []Op  // directories that wait for the next layer
	last    place // of the last of them
}

// place is where a step comes from and what to call it.
type place struct {
	pos  config.Pos
	name string
	line int // in the history

	versions []string // cache versions of this place
}

// newChain begins an image or stage.
func (b *builder) newChain(img *config.Image, on start) chain {
	c := chain{b: b, image: img.Name.Value, top: on.top, history: slices.Clone(on.history)}
	if network := img.Network.Value; network != "default" && !b.graph.in.ForceNetwork {
		c.network = network
	}
	c.versions = version(c.versions, "image", img.CacheVersion)
	if img.Stapel != nil {
		c.versions = version(c.versions, "from", img.Stapel.FromCacheVersion)
	}
	return c
}

// version adds a cache version to those of a step.
func version(list []string, of string, v config.String) []string {
	if v.Value == "" {
		return list
	}
	return append(list, of+" "+v.Value)
}

// note adds a line without a layer to the history.
func (c *chain) note(createdBy string) {
	c.history = append(c.history, History{CreatedBy: createdBy, EmptyLayer: true})
}

// mkdir creates a directory together with the next layer.
func (c *chain) mkdir(dir *Mkdir, at place, createdBy string) {
	at.line = len(c.history)
	c.last = at
	c.pending = append(c.pending, Op{Mkdir: dir})
	c.note(createdBy)
}

// layer adds a step.
func (c *chain) layer(ops []Op, at place, createdBy string) {
	c.add(append(c.pending, ops...), at)
	c.history = append(c.history, History{CreatedBy: createdBy})
}

// finish gives directories that no layer followed one of their own.
func (c *chain) finish() {
	if len(c.pending) > 0 {
		c.add(c.pending, c.last)
		c.history[c.last.line].EmptyLayer = false
	}
}

func (c *chain) add(ops []Op, at place) {
	c.pending = nil
	for _, op := range ops {
		if op.Run != nil && op.Run.Network == "" {
			op.Run.Network = c.network
		}
	}
	c.top = c.b.intern(&Step{
		Image: c.image, Name: at.name, Pos: at.pos.String(),
		Parent: c.top, Ops: ops, Platform: c.b.graph.platform,
		Versions: slices.Concat(c.versions, at.versions),
		Needs:    c.b.needed(opTexts(ops)),
	})
}
