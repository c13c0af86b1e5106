package config

import "context"

// Dirty reports whether files that git tracks differ from HEAD in the work tree.
// Files that git does not know are not looked at.
func (r *Repo) Dirty(ctx context.Context) (bool, error) {
	out, err := r.git.output(ctx, nil, "status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules")
	return len(out) > 0, err
}
