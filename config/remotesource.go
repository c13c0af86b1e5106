package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// remoteSource is another repository as seen through git.
type remoteSource struct {
	address
	auth *GitAuth
	dir  string // project folder, where relative paths of password files begin
}

// git prepares the commands that talk to the repository. Passwords are read now.
func (s *remoteSource) git(ctx context.Context, dir string) (remoteGit, error) {
	c := credential{origin: s.origin, username: s.user, password: s.password, known: s.password != ""}
	if s.auth != nil {
		password, err := s.auth.Password.read(s.dir)
		if err != nil {
			return remoteGit{}, err
		}
		c.username, c.password, c.known = s.auth.Username.Value, password, true
	}
	if strings.ContainsFunc(c.username+c.password, isControl) {
		return remoteGit{}, errors.New("a user name or password cannot hold line breaks or control characters")
	}
	return remoteGit{dir: dir, env: remoteEnv(ctx, s.address, c), secrets: []string{c.password}}, nil
}

const maxPassword = 64 << 10 // bytes of a file with a password

// read returns a password from where it is kept.
func (p GitPassword) read(dir string) (string, error) {
	switch {
	case p.Env.Value != "":
		if value := os.Getenv(p.Env.Value); value != "" {
			return value, nil
		}
		return "", &Error{Pos: p.Env.Pos, Message: fmt.Sprintf("the environment variable %s with the password is not set", p.Env.Value)}
	case p.Src.Value != "":
		password, err := readPassword(p.Src.Value, dir)
		if err != nil {
			return "", &Error{Pos: p.Src.Pos, Message: "the file with the password cannot be read: " + err.Error()}
		}
		return password, nil
	}
	return p.Value.Value, nil
}

// readPassword reads a file without the line break at its end.
func readPassword(name, dir string) (string, error) {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		name = filepath.Join(home, rest)
	}
	name = absIn(dir, name)
	if info, err := os.Stat(name); err != nil {
		return "", err
	} else if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxPassword))
	password := strings.TrimRight(string(text), "\r\n")
	if err == nil && password == "" {
		return "", fmt.Errorf("%s is empty", name)
	}
	return password, err
}

// resolve asks what a branch or tag stands for, HEAD for the branch "".
func (s *remoteSource) resolve(ctx context.Context, kind, name string) (string, error) {
	ref := map[string]string{"branch": "refs/heads/", "tag": "refs/tags/"}[kind] + name
	if name == "" {
		ref = "HEAD"
	}
	refs, err := s.list(ctx, ref, ref+"^{}")
	if err != nil {
		return "", err
	}
	for _, wanted := range []string{ref + "^{}", ref} {
		if id := refs[wanted]; id != "" {
			return id, nil
		}
	}
	if name == "" {
		return "", fmt.Errorf("the repository %s has no default branch", s.url)
	}
	return "", s.noRef(ctx, kind, name)
}

// noRef says that there is no such branch or tag, and which there is.
func (s *remoteSource) noRef(ctx context.Context, kind, name string) error {
	folder := map[string]string{"branch": "refs/heads/", "tag": "refs/tags/"}[kind]
	refs, err := s.list(ctx, folder+"*")
	if err != nil {
		return err
	}
	var known []string
	for ref := range refs {
		if short, ok := strings.CutPrefix(ref, folder); ok && !strings.HasSuffix(short, "^{}") {
			known = append(known, short)
		}
	}
	return fmt.Errorf("the repository %s has no %s %q%s", s.url, kind, name, otherRefs(name, known))
}

// list returns the ids of the references that match a pattern.
func (s *remoteSource) list(ctx context.Context, patterns ...string) (map[string]string, error) {
	cache, err := openCache(s.address, 0)
	if err != nil {
		return nil, err
	}
	g, err := s.git(ctx, cache.parent)
	if err != nil {
		return nil, err
	}
	g.env = append(g.env, "GIT_CEILING_DIRECTORIES="+filepath.Dir(cache.parent))
	out, err := g.run(ctx, append([]string{"ls-remote", "--quiet", "--", s.url}, patterns...)...)
	if err != nil {
		return nil, s.explain(err)
	}
	refs := map[string]string{}
	for line := range strings.Lines(string(out)) {
		id, ref, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if ok && isOID(id) {
			refs[ref] = id
		}
	}
	return refs, nil
}

// fetch makes sure that a commit is in the cache.
func (s *remoteSource) fetch(ctx context.Context, cache remoteCache, commit string) error {
	if cache.has(commit) {
		return nil
	}
	unlock, err := cache.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if cache.has(commit) { // another process was faster
		return nil
	}
	return s.fill(ctx, cache, commit)
}

// renew fetches a commit into a new cache in place of one that cannot be read.
func (s *remoteSource) renew(ctx context.Context, cache remoteCache, commit string) error {
	unlock, err := cache.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := cache.discard(); err != nil {
		return fmt.Errorf("removing the broken cache %s: %w", cache.path(), err)
	}
	return s.fill(ctx, cache, commit)
}

// fill fetches a commit into the cache, into a new one when git cannot work in
// the one that is there.
func (s *remoteSource) fill(ctx context.Context, cache remoteCache, commit string) error {
	g, err := s.git(ctx, cache.parent)
	if err != nil {
		return err
	}
	err = s.fillOnce(ctx, cache, g, commit)
	var failure *gitFailure
	if !errors.As(err, &failure) || !brokenCache.MatchString(failure.message) {
		return s.explain(err)
	}
	if err := cache.discard(); err != nil {
		return err
	}
	return s.explain(s.fillOnce(ctx, cache, g, commit))
}

// fillOnce fetches a commit. Most servers give a single one; the others are asked
// for all branches and tags.
func (s *remoteSource) fillOnce(ctx context.Context, cache remoteCache, g remoteGit, commit string) error {
	if err := cache.make(ctx, g, len(commit)); err != nil {
		return err
	}
	g = g.in(cache.path())
	_, err := g.run(ctx, "fetch", "--quiet", "--no-tags", "--force", "--depth=1", "--", s.url, commit+":"+keptAs(commit))
	var failure *gitFailure
	if errors.As(err, &failure) && noSingleCommit.MatchString(failure.message) {
		return s.fillAll(ctx, cache, g, commit)
	}
	return err
}

// What git says when a server does not give a single commit or does not have it,
// and when the cache cannot be used.
var (
	noSingleCommit = regexp.MustCompile(`not our ref|unadvertised object|shallow|couldn't find remote ref|no such remote ref|want .* not valid`)
	brokenCache    = regexp.MustCompile(`not a git repository: '|bad config line|index file .* is (too small|corrupt)|bad object refs/`)
)

// fillAll fetches all branches and tags with their history.
func (s *remoteSource) fillAll(ctx context.Context, cache remoteCache, g remoteGit, commit string) error {
	args := []string{"fetch", "--quiet", "--force"}
	if _, err := os.Stat(cache.path("shallow")); err == nil {
		args = append(args, "--unshallow")
	}
	args = append(args, "--", s.url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
	if _, err := g.run(ctx, args...); err != nil {
		return err
	}
	if _, err := g.run(ctx, "rev-parse", "--quiet", "--verify", commit+"^{commit}"); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return ErrCommitGone
	}
	_, err := g.run(ctx, "update-ref", keptAs(commit), commit)
	return err
}

// explain says in our words why git could not read the repository.
func (s *remoteSource) explain(err error) error {
	var failure *gitFailure
	if !errors.As(err, &failure) {
		return err
	}
	switch m := failure.message; {
	case deniedAccess.MatchString(m):
		return fmt.Errorf("access to %s is denied: %s (%s)", s.url, s.howToLogIn(), m)
	case strings.Contains(m, "Host key verification failed"):
		return fmt.Errorf("the key of the host of %s is not known: add it to ~/.ssh/known_hosts (%s)", s.url, m)
	case strings.Contains(m, "dubious ownership"):
		return fmt.Errorf("git refuses the repository %s because it belongs to another user: "+
			"allow it with git config --global --add safe.directory %s", s.url, s.url)
	case noRepository.MatchString(m):
		return fmt.Errorf("there is no repository at %s, or it may not be read (%s)", s.url, m)
	}
	return fmt.Errorf("reading %s: %w", s.url, err)
}

var (
	deniedAccess = regexp.MustCompile(`Authentication failed|could not read (Username|Password)|terminal prompts disabled|returned error: 40[13]|Permission denied`)
	noRepository = regexp.MustCompile(`returned error: 404|[Nn]ot found|does not appear to be a git repository|No such file or directory|not a git repository`)
)

func (s *remoteSource) howToLogIn() string {
	switch {
	case s.ssh:
		return "ssh needs a key that the host accepts, from an agent or ~/.ssh"
	case s.auth != nil:
		return "check the user name and password of basicAuth"
	}
	return "give a user name and password with basicAuth, or a credential helper of git"
}
