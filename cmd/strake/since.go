package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/executor/buildah"
	"github.com/strakebuild/strake/planner"
)

// since is the project compared with itself at another commit.
type since struct {
	*planner.Comparison
	session *session
	ref     string        // as the user gave it
	from    config.Commit // that it stands for
	commit  string        // compared with it, "" for the work tree
}

// name is the commit as messages call it.
func (s *since) name() string { return fmt.Sprintf("%s (%.12s)", s.ref, s.from.ID) }

// compare plans the project, and the project at another commit with the same
// settings and bases, and compares the plans. Named images are planned also when
// they are not final. Nothing is built and nothing is checked out.
func (a *app) compare(ctx context.Context, ref string, images ...string) (*since, error) {
	s, b, err := a.open(ctx, images...)
	if err != nil {
		return nil, err
	}
	result, err := a.compareWith(ctx, s, b, ref, images)
	return result, finish(b, err)
}

func (a *app) compareWith(ctx context.Context, s *session, b *buildah.Backend, ref string, images []string) (*since, error) {
	from, err := s.repo.Commit(ctx, ref)
	if err != nil {
		return nil, usageError{err}
	}
	result := &since{session: s, ref: ref, from: from}
	bases := &planner.SharedBases{Bases: b}
	plan, err := planner.Make(ctx, a.planInput(s, bases, s.finalAnd(images)))
	if err != nil {
		return nil, err
	}
	result.commit = plan.Commit
	old, err := a.planAt(ctx, s, other{commit: from, bases: bases, images: images})
	if err != nil {
		return nil, errors.Join(usage("the project at %s cannot be planned, so nothing is said about what changed since:", result.name()), err)
	}
	result.Comparison = planner.Compare(old, plan)
	return result, nil
}

// finalAnd is the names of all final images, and of the named ones that the project
// has.
func (s *session) finalAnd(images []string) []string {
	var names []string
	for _, img := range s.project.Images {
		if img.Final.Value || slices.Contains(images, img.Name.Value) {
			names = append(names, img.Name.Value)
		}
	}
	return names
}

// other is the project at another commit.
type other struct {
	session
	commit config.Commit
	bases  planner.Bases
	images []string // planned besides the final ones
}

// planAt plans the project as it is at a commit. On a fault, what is shown of files
// is how they are there.
func (a *app) planAt(ctx context.Context, s *session, o other) (*planner.Plan, error) {
	o.repo = s.repo
	var plan *planner.Plan
	err := projectFault(a.loadAt(ctx, &o, s.inputs))
	if err == nil {
		plan, err = planner.Make(ctx, a.planInput(&o.session, o.bases, o.finalAnd(o.images)))
	}
	if err != nil {
		a.session = &o.session
	}
	return plan, err
}

// loadAt reads the project of a commit. What images add from the work tree is the
// same as now.
func (a *app) loadAt(ctx context.Context, o *other, now *config.Inputs) error {
	opts, err := o.inputOptions(a.settings)
	if err != nil {
		return err
	}
	o.inputs, err = o.repo.InputsAt(ctx, o.commit, opts, a.settings.live)
	if err != nil {
		return err
	}
	o.inputs.TakeAdded(now)
	return o.read(ctx, a.settings, nil)
}
