package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Repo is a git work tree that is opened for reading through the git program.
// It never changes the repository. Its methods may be called concurrently.
type Repo struct {
	root    string
	prefix  string
	objects string // the repository's object directory
	index   string // the index file of the work tree
	git     gitProgram
	blobs   *blobPool

	mu      sync.Mutex
	private string   // folder of WorkTree's index and objects, "" when not made
	others  []string // object folders of other repositories
	modules []*Repo  // submodules that files are read from
	// searches are for changes of the work tree, and may be under way.
	searches []*changes

	lfs *lfsFiles // shared with the submodules
}

// OpenRepo opens the repository that dir is in; the repository is looked for
// from dir upwards. Close must be called in the end.
//
// Errors say what to do when git is not installed, dir is in no repository, the
// repository has no work tree, or git refuses it because of its owner.
func OpenRepo(ctx context.Context, dir string) (*Repo, error) {
	abs, err := projectFolder(dir)
	if err != nil {
		return nil, err
	}
	return openGit(ctx, gitProgram{dir: abs, env: gitEnv()})
}

// projectFolder makes the path of the project folder absolute.
func projectFolder(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding the project folder: %w", err)
	}
	return abs, checkFolder(abs)
}

// openGit opens the repository that git finds in its folder.
func openGit(ctx context.Context, git gitProgram) (*Repo, error) {
	out, err := git.output(ctx, nil, "rev-parse", "--show-toplevel", "--show-prefix",
		"--git-path", "objects", "--git-path", "index")
	if err != nil {
		return nil, explainOpen(git.dir, err)
	}
	return newRepo(git, out)
}

func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("opening the project folder: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("opening the project folder: %s is not a folder", dir)
	}
	return nil
}

// newRepo reads the four lines that git rev-parse gives for a work tree.
func newRepo(git gitProgram, revParse []byte) (*Repo, error) {
	dir := git.dir
	lines := strings.Split(strings.TrimSuffix(string(revParse), "\n"), "\n")
	if len(lines) != 4 {
		return nil, fmt.Errorf("opening the repository of %q: a line break in the name of a folder is not supported", dir)
	}
	r := &Repo{
		root:    lines[0],
		prefix:  strings.TrimSuffix(lines[1], "/"),
		objects: absIn(dir, lines[2]),
		index:   absIn(dir, lines[3]),
	}
	r.git = gitProgram{dir: r.root, env: git.env}
	r.blobs = newBlobPool(r.git)
	r.lfs = &lfsFiles{files: map[string]lfsFile{}}
	return r, nil
}

func absIn(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// explainOpen says in our words why git could not open the repository of dir.
func explainOpen(dir string, err error) error {
	var failure *gitFailure
	if !errors.As(err, &failure) {
		return err
	}
	switch m := failure.message; {
	case strings.Contains(m, "not a git repository"):
		return fmt.Errorf("%s is not in a git repository: projects are built from git; run git init and commit the files", dir)
	case strings.Contains(m, "must be run in a work tree"):
		return fmt.Errorf("%s is in a repository without a work tree: run in a clone of it", dir)
	case strings.Contains(m, "dubious ownership"):
		return fmt.Errorf("git refuses the repository of %s because it belongs to another user: "+
			"run as its owner, or allow it with git config --global --add safe.directory %s", dir, dir)
	}
	return fmt.Errorf("opening the repository of %s: %w", dir, err)
}

// Root returns the absolute path of the work tree.
func (r *Repo) Root() string { return r.root }

// Prefix returns the folder given to OpenRepo relative to Root, with forward
// slashes, "" for the root itself.
func (r *Repo) Prefix() string { return r.prefix }

// ErrNoCommit is what Head returns for a repository without a commit.
var ErrNoCommit = errors.New("the repository has no commit yet: commit the project file, or use --dev")

// Head returns the commit that is checked out, or ErrNoCommit.
func (r *Repo) Head(ctx context.Context) (Commit, error) {
	c, err := r.readCommit(ctx, "HEAD^{commit}")
	if errors.Is(err, errMissingObject) {
		return Commit{}, r.explainHead(ctx)
	}
	if err != nil {
		return Commit{}, fmt.Errorf("reading HEAD: %w", err)
	}
	return c, nil
}

// readCommit reads the commit that git finds under a name.
func (r *Repo) readCommit(ctx context.Context, name string) (Commit, error) {
	body, size, err := r.blobs.open(ctx, name)
	if err != nil {
		return Commit{}, err
	}
	defer body.Close()
	text := make([]byte, size)
	if _, err := io.ReadFull(body, text); err != nil {
		return Commit{}, err
	}
	c, err := parseCommit(string(text))
	if err != nil {
		return Commit{}, fmt.Errorf("reading commit %s: %w", body.oid, err)
	}
	c.ID = body.oid
	return c, nil
}

// explainHead tells a repository without a commit from one whose commit object
// is gone.
func (r *Repo) explainHead(ctx context.Context) error {
	out, err := r.git.output(ctx, nil, "rev-parse", "--verify", "--quiet", "HEAD")
	if err == nil {
		return fmt.Errorf("reading HEAD: the commit %s is missing in the repository; git fsck tells more", strings.TrimSpace(string(out)))
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return ErrNoCommit
}

// parseCommit reads the tree and the committer time of a commit object.
func parseCommit(text string) (Commit, error) {
	var c Commit
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		key, value, _ := strings.Cut(line, " ")
		switch key {
		case "tree":
			c.Tree = value
		case "committer":
			seconds, err := commitSeconds(value)
			if err != nil {
				return Commit{}, err
			}
			c.Time = time.Unix(seconds, 0).UTC()
			return c, nil
		case "":
			return Commit{}, errors.New("no committer")
		}
	}
	return Commit{}, errors.New("no committer")
}

// commitSeconds takes the Unix time out of "Name <mail> 1700000000 +0100".
func commitSeconds(committer string) (int64, error) {
	fields := strings.Fields(committer[strings.LastIndexByte(committer, '>')+1:])
	if len(fields) == 0 {
		return 0, errors.New("no committer time")
	}
	seconds, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0, errors.New("the committer time is not a number")
	}
	return seconds, nil
}

// Open opens the content of the git object oid (40 or 64 hex digits), or of a file
// of git LFS by its SHA-256, and returns
// it with its size in bytes. Reads end with an error when ctx ends. The caller
// closes the reader.
func (r *Repo) Open(ctx context.Context, oid string) (io.ReadCloser, int64, error) {
	if !isOID(oid) {
		return nil, 0, fmt.Errorf("opening git object %q: not an object id", oid)
	}
	if body, size, found, err := r.lfs.open(oid); found {
		return body, size, err
	}
	body, size, err := r.blobs.open(ctx, oid)
	if err != nil {
		return nil, 0, fmt.Errorf("opening git object %s: %w", oid, err)
	}
	return body, size, nil
}

// isOID reports whether s has the form of an object id. Anything else could
// carry a line break into the requests to git.
func isOID(s string) bool {
	if len(s) != 40 && len(s) != 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Close ends the git processes and removes temporary files. Readers that are
// still open fail.
func (r *Repo) Close() error {
	r.mu.Lock()
	searches := r.searches
	r.mu.Unlock()
	for _, c := range searches {
		c.stop()
		<-c.ready
	}
	r.blobs.close()
	r.mu.Lock()
	defer r.mu.Unlock()
	var failed error
	for _, sub := range r.modules {
		failed = errors.Join(failed, sub.Close())
	}
	r.modules = nil
	return errors.Join(failed, r.removePrivate())
}

func (r *Repo) removePrivate() error {
	if r.private == "" {
		return nil
	}
	dir := r.private
	r.private = ""
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("removing temporary git objects: %w", err)
	}
	return nil
}
