package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/strakebuild/strake/schema"
)

// How long a question to another repository and the fetching of a commit may
// take, repetitions included.
const (
	askTime   = 2 * time.Minute
	fetchTime = 30 * time.Minute
)

// ErrCommitGone says that another repository does not have a commit, or not any
// more: a branch was replaced, or the repository was.
var ErrCommitGone = errors.New("the commit is not in the repository, or not any more")

// ResolveRef asks a repository which commit its branch or tag stands for now, or
// its default branch when neither is set. A commit is returned as it is, without
// a question. Errors name the nearest branch or tag.
func (r *Repo) ResolveRef(ctx context.Context, remote GitRemote) (string, error) {
	if commit := remote.Commit.Value; commit != "" {
		if !isOID(commit) {
			return "", errors.New("a commit must be given by all 40 digits of its id")
		}
		return commit, nil
	}
	kind, name := "branch", remote.Branch.Value
	if remote.Tag.Value != "" {
		kind, name = "tag", remote.Tag.Value
	}
	s, err := r.openRemote(ctx, remote)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, askTime, tooLong("answering", askTime))
	defer cancel()
	return s.resolve(ctx, kind, name)
}

func tooLong(what string, limit time.Duration) error {
	return fmt.Errorf("%s took longer than %d minutes", what, int(limit.Minutes()))
}

// Fetch returns the files of a commit (40 or 64 hex digits) of another
// repository. A commit that was fetched before is read from the user's cache,
// without a question to the other side. Its files are opened like those of r.
//
// The error wraps ErrCommitGone when the repository does not have the commit.
func (r *Repo) Fetch(ctx context.Context, remote GitRemote, commit string) (*Tree, error) {
	if !isOID(commit) {
		return nil, errors.New("a commit must be given by all 40 digits of its id")
	}
	s, err := r.openRemote(ctx, remote)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, fetchTime, tooLong("fetching", fetchTime))
	defer cancel()
	tree, err := r.fetched(ctx, s, commit)
	if err != nil {
		return nil, fmt.Errorf("fetching commit %s of %s: %w", commit, s.url, err)
	}
	return tree, nil
}

// fetched reads a commit from the cache, and fetches it when it is not there or
// cannot be read.
func (r *Repo) fetched(ctx context.Context, s *remoteSource, commit string) (*Tree, error) {
	cache, err := openCache(s.address, len(commit))
	if err != nil {
		return nil, err
	}
	if err := s.fetch(ctx, cache, commit); err != nil {
		return nil, err
	}
	r.addObjects(cache.objects())
	tree, err := r.foreignTree(ctx, commit)
	if !errors.Is(err, errUnreadable) {
		return tree, err
	}
	if err := r.sameFormat(ctx, commit); err != nil {
		return nil, err
	}
	if err := s.renew(ctx, cache, commit); err != nil {
		return nil, err
	}
	r.addObjects(cache.objects())
	return r.foreignTree(ctx, commit)
}

// errUnreadable says that objects of a fetched commit are missing.
var errUnreadable = errors.New("its files cannot be read")

// foreignTree lists the files of a commit whose objects were added.
func (r *Repo) foreignTree(ctx context.Context, commit string) (*Tree, error) {
	body, size, err := r.blobs.open(ctx, commit)
	if errors.Is(err, errMissingObject) {
		return nil, errUnreadable
	}
	if err != nil {
		return nil, err
	}
	defer body.Close()
	text := make([]byte, size)
	if _, err := io.ReadFull(body, text); err != nil {
		return nil, err
	}
	c, err := parseCommit(string(text))
	if err != nil || !isOID(c.Tree) {
		return nil, errors.New("it is not a commit")
	}
	c.ID = commit
	entries, err := r.foreignEntries(ctx, c.Tree)
	if err != nil {
		return nil, err
	}
	// Nothing of it is in the work tree, so it has no root.
	return &Tree{commit: c, entries: entries, blobs: r}, checkNames(entries)
}

// foreignEntries lists a tree. A small one can stand for endless files, so the
// listing is bounded.
func (r *Repo) foreignEntries(ctx context.Context, tree string) ([]Entry, error) {
	r.mu.Lock()
	env := append(r.git.env[:len(r.git.env):len(r.git.env)], r.readEnv()...)
	r.mu.Unlock()
	out, err := remoteGit{dir: r.git.dir, env: env}.run(ctx, "ls-tree", "-r", "-t", "-z", "--full-tree", tree)
	var failure *gitFailure
	if errors.As(err, &failure) {
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	if err != nil {
		return nil, err
	}
	return parseListing(string(out))
}

// checkNames refuses names that git itself never writes, which would lead out of
// the folder that files are written to.
func checkNames(entries []Entry) error {
	for _, e := range entries {
		switch name := path.Base(e.Path); {
		case name == ".", name == "..", strings.EqualFold(name, ".git"), strings.Contains(e.Path, "//"), strings.HasPrefix(e.Path, "/"):
			return fmt.Errorf("it has a file with the forbidden name %q", e.Path)
		}
	}
	return nil
}

// sameFormat says so when the ids of the other repository are made by another
// hash function.
func (r *Repo) sameFormat(ctx context.Context, commit string) error {
	out, err := r.git.output(ctx, nil, "rev-parse", "--show-object-format")
	if err != nil {
		return err
	}
	own := strings.TrimSpace(string(out))
	if (own == "sha256") != (len(commit) == 64) {
		return fmt.Errorf("its object ids are of another kind than those of this repository (%s): both have to be the same", own)
	}
	return nil
}

// openRemote checks where and how another repository is reached. The password
// is not read yet.
func (r *Repo) openRemote(ctx context.Context, remote GitRemote) (*remoteSource, error) {
	dir := filepath.Join(r.root, filepath.FromSlash(r.prefix))
	a, err := parseAddress(remote.URL.Value, dir)
	if err != nil {
		return nil, err
	}
	if remote.Auth != nil && a.origin == "" {
		return nil, errors.New("a user name and password are for https addresses only")
	}
	if remote.Auth != nil && a.user != "" {
		return nil, errors.New("a user name is both in the address and in basicAuth: remove it from the address")
	}
	for kind, name := range map[string]string{"branch": remote.Branch.Value, "tag": remote.Tag.Value} {
		if name != "" {
			if err := checkRefName(kind, name); err != nil {
				return nil, err
			}
		}
	}
	return &remoteSource{address: a, auth: remote.Auth, dir: dir}, nil
}

// otherRefs offers a name like one that was not found, or all if they are few.
func otherRefs(name string, known []string) string {
	const few = 5
	if near, ok := schema.Nearest(name, known); ok {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	if len(known) == 0 || len(known) > few {
		return ""
	}
	slices.Sort(known)
	return ": there is " + strings.Join(known, ", ")
}
