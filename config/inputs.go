package config

import (
	"context"
	"errors"
	"sync"
)

// Purpose is what a file is read for. Each purpose has its own permission in the
// giterminism file.
type Purpose int

// The purposes.
const (
	ProjectFile    Purpose = iota // the project file and what it is made of
	TemplateFile                  // partial templates
	TemplateData                  // what templates read with .Files
	DockerfileFile                // Dockerfiles
	IgnoreFile                    // .dockerignore files
	ContextAddFile                // contextAddFiles
	policyFile                    // the giterminism file itself, which nothing allows to differ
)

// InputOptions says what a build may read. The zero value means the commit, for
// the project in the root of the repository.
type InputOptions struct {
	Dir   string // project folder relative to the root, "" for the root
	Dev   bool   // read the work tree in place of the commit
	Loose bool   // read the work tree and allow everything
	// DevIgnore is masks of files, relative to the root, whose changes in the work
	// tree are not read with Dev and Loose.
	DevIgnore []string
	// PolicyFile is the giterminism file relative to the root. "" looks for the
	// usual names in Dir.
	PolicyFile string
}

// Inputs is all that a build reads of a repository: the commit, or the work tree,
// and by permission of the Policy single files that differ from the commit. It
// may be used concurrently.
type Inputs struct {
	Tree   *Tree // what images are built from
	Policy *Policy

	repo   *Repo // nil: nothing of a work tree is looked at
	dir    string
	strict bool // files have to be as in the commit
	loose  bool

	addedFrom *Inputs // whose Added is used, nil for the own one

	mu    sync.Mutex
	below []Entry
	views map[Purpose]*Tree
}

// NewInputs returns the inputs of a commit alone; nothing of a work tree is
// looked at and nothing is allowed.
func NewInputs(tree *Tree) *Inputs {
	return &Inputs{Tree: tree, Policy: &Policy{}, views: map[Purpose]*Tree{}}
}

// Inputs finds what a build may read. In the normal mode it begins to look for
// files that differ from the commit; what asks for them waits.
//
// Faults in the giterminism file come as Errors. A repository without a commit
// gives ErrNoCommit unless Dev or Loose is set.
func (r *Repo) Inputs(ctx context.Context, opts InputOptions) (*Inputs, error) {
	commit, err := r.inputCommit(ctx, opts)
	if err != nil {
		return nil, err
	}
	in := &Inputs{
		repo: r, dir: cleanDir(opts.Dir), strict: !opts.Dev && !opts.Loose, loose: opts.Loose,
		Policy: &Policy{}, views: map[Purpose]*Tree{},
	}
	var changes *changes
	if in.strict {
		changes = r.findChanges(ctx)
	}
	if in.Tree, err = r.Tree(ctx, commit); err != nil {
		return nil, err
	}
	if err := r.complete(ctx, in.Tree, !in.strict); err != nil {
		return nil, err
	}
	in.Tree.changes = changes
	in.Policy, err = in.readPolicy(ctx, opts.PolicyFile)
	return in, err
}

func (r *Repo) inputCommit(ctx context.Context, opts InputOptions) (Commit, error) {
	if opts.Dev || opts.Loose {
		return r.WorkTree(ctx, opts.DevIgnore...)
	}
	return r.Head(ctx)
}

// Below lays files of other repositories under the local ones: they are seen by
// every purpose but ContextAddFile where there is no local file or folder. Their
// contents have to be readable with Repo.Open.
func (in *Inputs) Below(entries []Entry) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.below = entries
	clear(in.views)
}

// Uncommitted lists the files below a folder that a build does not see as they
// are in the work tree: changed, new and removed ones. It is empty when the work
// tree is what is built. selects gets paths relative to the folder.
func (in *Inputs) Uncommitted(dir string, selects func(rel string) bool) ([]Change, error) {
	return in.Tree.Uncommitted(dir, selects)
}

// Committed is nil unless Uncommitted finds something that the policy does not
// allow for a purpose; the error lists it.
func (in *Inputs) Committed(use Purpose, dir string, selects func(rel string) bool) error {
	found, err := in.Uncommitted(dir, selects)
	if err != nil {
		return err
	}
	var refused []Change
	for _, c := range found {
		if !in.Policy.allowsFile(use, c.Path) {
			refused = append(refused, c)
		}
	}
	if len(refused) == 0 {
		return nil
	}
	return errors.New(listChanges(refused) + in.advise(use, refused...))
}

// selected lists the files below a folder that a purpose sees and that selects
// takes, which gets paths relative to the folder. The error is that of Committed.
func (in *Inputs) selected(use Purpose, dir string, selects func(rel string) bool) ([]Entry, error) {
	if err := in.Committed(use, dir, selects); err != nil {
		return nil, err
	}
	var found []Entry
	for _, e := range in.View(use).Under(dir) {
		if rel, _ := below(e.Path, dir); !e.IsDir() && selects(rel) {
			found = append(found, e)
		}
	}
	return found, nil
}
