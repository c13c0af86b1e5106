package config

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Commit returns the commit that a branch, a tag, an id or another revision of git
// stands for.
//
// The error says what to fetch when the repository does not have it.
func (r *Repo) Commit(ctx context.Context, ref string) (Commit, error) {
	if ref == "" || strings.HasPrefix(ref, "-") {
		return Commit{}, errors.New(strconv.Quote(ref) + " is no name of a commit: give a branch, a tag or the id of a commit")
	}
	out, err := r.git.output(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if ctx.Err() != nil {
		return Commit{}, ctx.Err()
	}
	if err != nil {
		return Commit{}, fmt.Errorf("no branch, tag or commit %q in this clone: fetch it first; "+
			"a shallow clone lacks older commits (git fetch --unshallow)", ref)
	}
	c, err := r.readCommit(ctx, trimLine(out))
	if err != nil {
		return Commit{}, fmt.Errorf("reading commit %q: %w", ref, err)
	}
	return c, nil
}

// InputsAt returns the inputs of a commit, with what its giterminism file allows and
// with the files of other repositories that it includes. Nothing of a work tree is
// looked at, and Dev of opts is not used; with Loose everything is allowed.
//
// Errors are those of Inputs and Includes. live is as in Includes.
func (r *Repo) InputsAt(ctx context.Context, c Commit, opts InputOptions, live bool) (*Inputs, error) {
	tree, err := r.Tree(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := r.complete(ctx, tree, false); err != nil {
		return nil, err
	}
	tree.root = "" // what is missing is not there, whatever the work tree has
	in := NewInputs(tree)
	in.dir, in.loose = cleanDir(opts.Dir), opts.Loose
	if in.Policy, err = in.readPolicy(ctx, opts.PolicyFile); err != nil {
		return in, err
	}
	_, err = in.includes(ctx, r, live)
	return in, err
}

// TakeAdded makes Added give what it gives for other inputs: the files are not part
// of a commit, and a comparison of two commits needs the same ones on both sides.
func (in *Inputs) TakeAdded(from *Inputs) { in.addedFrom = from }

// Authored is a commit as people know it.
type Authored struct {
	ID      string
	Author  string // "Name <mail>"
	Time    time.Time
	Subject string
}

// LastChange returns the last commit that changed a path and is in the history of
// the commit to, but not in that of from; false when there is none.
func (r *Repo) LastChange(ctx context.Context, path, from, to string) (Authored, bool, error) {
	if !isOID(from) || !isOID(to) {
		return Authored{}, false, fmt.Errorf("looking for changes of %s: %q and %q have to be ids of commits", path, from, to)
	}
	out, err := r.git.output(ctx, []string{"GIT_LITERAL_PATHSPECS=1"},
		"log", "-1", "--no-show-signature", "--format=%H%x00%an <%ae>%x00%at%x00%s", from+".."+to, "--", path)
	if err != nil {
		return Authored{}, false, fmt.Errorf("looking for changes of %s: %w", path, err)
	}
	fields := strings.SplitN(trimLine(out), "\x00", 4)
	if len(fields) != 4 {
		return Authored{}, false, nil
	}
	seconds, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return Authored{}, false, fmt.Errorf("looking for changes of %s: the time %q is not a number", path, fields[2])
	}
	return Authored{ID: fields[0], Author: fields[1], Time: time.Unix(seconds, 0).UTC(), Subject: fields[3]}, true, nil
}
