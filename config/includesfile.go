package config

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"gopkg.in/yaml.v3"
)

// includeList is what the file with the includes says.
type includeList struct {
	file     string // path from the root of the repository
	dir      string // project folder
	includes []*include
}

// include is one entry of the list.
type include struct {
	pos     Pos
	remote  GitRemote
	address address
	files   Files
	name    string
}

// lockFile is the path of the lock file.
func (l *includeList) lockFile() string { return strings.TrimSuffix(l.file, ".yaml") + ".lock" }

// fault gives an error the place of the include, unless it has one.
func (inc *include) fault(err error) error {
	var placed *Error
	switch {
	case err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrNoGit):
		return err
	case errors.As(err, &placed):
		return placed
	}
	return &Error{Pos: inc.remote.URL.Pos, Message: err.Error()}
}

// readIncludes reads the list of includes, nil when the project has none.
func readIncludes(ctx context.Context, in IncludesInput) (*includeList, error) {
	in.Dir = cleanDir(in.Dir)
	name, text, err := findIncludes(ctx, in)
	if name == "" || err != nil {
		return nil, err
	}
	l := &includeList{file: name, dir: in.Dir}
	r := readRecords(name, text)
	for _, n := range r.items {
		if inc := r.include(n, filepath.Join(in.Repo.Root(), filepath.FromSlash(in.Dir))); inc != nil {
			l.includes = append(l.includes, inc)
		}
	}
	if len(r.errs) > 0 {
		return nil, r.errs.Sorted()
	}
	l.nameIncludes()
	return l, nil
}

// nameIncludes gives each include the last two parts of its address as name, or
// all of it where that would name several repositories, or the local files.
func (l *includeList) nameIncludes() {
	urls := map[string]string{localSource: ""}
	shared := map[string]bool{}
	for _, inc := range l.includes {
		inc.name = inc.address.shortName()
		if url, known := urls[inc.name]; known && url != inc.address.url {
			shared[inc.name] = true
		}
		urls[inc.name] = inc.address.url
	}
	for _, inc := range l.includes {
		if shared[inc.name] {
			inc.name = inc.address.longName()
		}
	}
}

// localSource is the name of the project's own files among the names of includes.
const localSource = "local"

// include decodes one entry, nil after faults.
func (r *records) include(n *yaml.Node, dir string) *include {
	faults := len(r.errs)
	f := r.fields(n, "an include", "git", "basicAuth", "branch", "tag", "commit", "add", "to", "includePaths", "excludePaths")
	inc := &include{pos: r.pos(n), remote: r.remote(f, n), files: r.included(f)}
	if auth := f["basicAuth"]; auth != nil {
		inc.remote.Auth = r.auth(auth)
	}
	if count := set(inc.remote.Branch, inc.remote.Tag, inc.remote.Commit); f != nil && count != 1 {
		r.fail(r.pos(n), "an include needs exactly one of branch, tag and commit, this one has %d", count)
	}
	if len(r.errs) == faults {
		inc.address = r.address(inc.remote, dir)
	}
	if len(r.errs) > faults {
		return nil
	}
	return inc
}

// remote decodes the keys that say where files come from; the lock file has them
// too.
func (r *records) remote(f map[string]*yaml.Node, n *yaml.Node) GitRemote {
	remote := GitRemote{URL: r.text(f["git"]), Branch: r.text(f["branch"]), Tag: r.text(f["tag"]), Commit: r.text(f["commit"])}
	if f != nil && remote.URL.Value == "" {
		r.fail(r.pos(n), "git is missing: write the address of the repository")
	}
	for kind, name := range map[string]String{"branch": remote.Branch, "tag": remote.Tag} {
		if name.Value != "" {
			if err := checkRefName(kind, name.Value); err != nil {
				r.fail(name.Pos, "%s", err)
			}
		}
	}
	if c := remote.Commit; c.Value != "" && !isOID(c.Value) {
		r.fail(c.Pos, "%q is not a commit: write all 40 digits of its id", c.Value)
	}
	return remote
}

// address checks where an include comes from.
func (r *records) address(remote GitRemote, dir string) address {
	a, err := parseAddress(remote.URL.Value, dir)
	switch {
	case err != nil:
		r.fail(remote.URL.Pos, "%s", err)
	case a.password != "":
		r.fail(remote.URL.Pos, "a password cannot stand in the address: use basicAuth with password.env")
	case remote.Auth != nil && a.origin == "":
		r.fail(remote.Auth.Pos, "basicAuth is for https addresses only")
	case remote.Auth != nil && a.user != "":
		r.fail(remote.URL.Pos, "the user name is both in the address and in basicAuth: remove it from the address")
	}
	return a
}

// included decodes the keys that select files.
func (r *records) included(f map[string]*yaml.Node) Files {
	files := Files{Add: r.place(f, "add"), To: r.place(f, "to"), Include: r.texts(f["includePaths"]), Exclude: r.texts(f["excludePaths"])}
	for _, masks := range [][]String{files.Include, files.Exclude} {
		for _, m := range masks {
			switch {
			case strings.HasPrefix(m.Value, "/"):
				r.fail(m.Pos, "the glob %q must be relative to add: remove the slash at its beginning", m.Value)
			case !filepath.IsLocal(m.Value):
				r.fail(m.Pos, "the glob %q leaves the folder of add", m.Value)
			case !doublestar.ValidatePattern(m.Value):
				r.fail(m.Pos, "%q is not a valid glob", m.Value)
			}
		}
	}
	return files
}

// place decodes an absolute path; the slash is the root of the other repository
// or the project folder.
func (r *records) place(f map[string]*yaml.Node, key string) String {
	s := r.text(f[key])
	switch {
	case s.Value == "" && f[key] == nil:
		return String{Value: "/"}
	case !strings.HasPrefix(s.Value, "/"):
		r.fail(s.Pos, "%s must be an absolute path: write %q", key, "/"+strings.TrimPrefix(s.Value, "./"))
	case strings.Contains(s.Value+"/", "/../"):
		r.fail(s.Pos, "%s cannot contain ..", key)
	}
	s.Value = path.Clean(s.Value)
	return s
}

// auth decodes a user name and where its password is.
func (r *records) auth(n *yaml.Node) *GitAuth {
	f := r.fields(n, "basicAuth", "username", "password")
	auth := &GitAuth{Pos: r.pos(n), Username: r.text(f["username"])}
	if f == nil {
		return auth
	}
	if auth.Username.Value == "" {
		r.fail(auth.Pos, "basicAuth needs a username")
	}
	if f["password"] == nil {
		r.fail(auth.Pos, "basicAuth needs a password: write password: {env: NAME}")
		return auth
	}
	p := r.fields(f["password"], "password", "env", "src", "file", "value")
	env, src, file, value := r.text(p["env"]), r.text(p["src"]), r.text(p["file"]), r.text(p["value"])
	if count := set(env, src, file, value); p != nil && count != 1 {
		r.fail(r.pos(f["password"]), "password needs exactly one of env, src, file and value, this one has %d", count)
	}
	if src.Value == "" {
		src = file // another spelling
	}
	auth.Password = GitPassword{Env: env, Src: src, Value: value}
	return auth
}

// set counts the values that are given.
func set(values ...String) int {
	count := 0
	for _, v := range values {
		if v.Value != "" {
			count++
		}
	}
	return count
}

// refText names what an include follows.
func refText(remote GitRemote) string {
	switch {
	case remote.Branch.Value != "":
		return "branch " + remote.Branch.Value
	case remote.Tag.Value != "":
		return "tag " + remote.Tag.Value
	case remote.Commit.Value != "":
		return fmt.Sprintf("commit %.12s", remote.Commit.Value)
	}
	return "default branch"
}
