package planner

import (
	"context"

	"github.com/strakebuild/strake/config"
)

// Input is what a plan is made from.
type Input struct {
	Project *config.Project
	Tree    *config.Tree // the commit that Project was loaded from
	// Inputs is where Tree comes from and what else may be read. nil means the
	// commit alone.
	Inputs *config.Inputs
	Bases  Bases
	// Select names the images to build, with all that they need. Empty means
	// all final images.
	Select []string
	// Platform is that of this host, "os/arch[/variant]". It is the only one
	// that can be built so far. Empty means the platform of this program.
	Platform string
	// Network is that of commands which ask for none: "" for the backend's own,
	// "host" or "none".
	Network string
	// ForceNetwork makes Network that of images which ask for another one.
	ForceNetwork bool
}

// Bases finds external images.
type Bases interface {
	// Base returns the image that a reference stands for now.
	Base(ctx context.Context, ref, platform string) (*Base, error)
}
