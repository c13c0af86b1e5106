package config

import "context"

// Purpose is what a file of the project is read for.
type Purpose int

// The purposes.
const (
	ProjectFile Purpose = iota
	TemplateFile
	TemplateData
	DockerfileFile
	IgnoreFile
	ContextAddFile
)

// Inputs is the files that a project is read from.
type Inputs struct {
	Tree *Tree
}

// NewInputs is the inputs of a commit alone.
func NewInputs(tree *Tree) *Inputs { return &Inputs{Tree: tree} }

// View lists names.
func (in *Inputs) View(Purpose) *Tree { return in.Tree }

// Read reads a file.
func (in *Inputs) Read(ctx context.Context, _ Purpose, path string) ([]byte, error) {
	return in.Tree.ReadFile(ctx, path)
}
