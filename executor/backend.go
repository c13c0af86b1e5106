package executor

import (
	"context"
	"io"

	"github.com/strakebuild/strake/planner"
)

// Backend makes layers and images and keeps them. All methods may be called at
// the same time from many goroutines.
type Backend interface {
	// FindImage reports whether a usable image with this key exists.
	FindImage(ctx context.Context, img *planner.Image) (Image, bool, error)

	// FindStep reports whether the layer of a step exists.
	FindStep(ctx context.Context, step *planner.Step) (bool, error)

	// Build carries out the operations of a step whose parent and sources
	// exist. What it gives is not visible to anybody before Commit.
	Build(ctx context.Context, step *planner.Step, in Input) (Layer, error)

	// Publish makes an image, whose last step exists, known under its names.
	// It changes nothing when that has been done before.
	Publish(ctx context.Context, img *planner.Image, values map[string]string) (Image, error)
}

// Layer is the result of a step, to be committed or discarded exactly once.
type Layer interface {
	// Commit makes the layer durable and then findable.
	Commit(ctx context.Context) error
	// Discard removes all traces of the layer.
	Discard()
}

// Input is what a step gets besides its operations.
type Input struct {
	// Values replaces texts in arguments, environment and configuration: the
	// IDToken and DigestToken of images that are finished by now.
	Values map[string]string
	// Output takes what the commands of the step print.
	Output io.Writer
}

// Image is a finished image.
type Image struct {
	Name   string      // as declared
	Key    planner.Key // of its inputs
	ID     string      // digest of its configuration, 64 hex digits
	Digest string      // digest of its manifest, "sha256:…"
	Size   int64       // bytes of its layers, uncompressed
	Names  []string    // references under which it is stored
}
