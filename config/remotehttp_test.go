package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/strakebuild/strake/config/gittest"
)

const (
	httpUser     = "reader"
	httpPassword = "se'cr$et \"100%\""
)

// gitServer serves the repositories below a folder over http.
type gitServer struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

// seen returns the requests until now.
func (s *gitServer) seen() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// serve starts a server; handle is asked first and reports whether it answered.
func serve(t testing.TB, folder string, handle func(w http.ResponseWriter, r *http.Request) bool) *gitServer {
	t.Helper()
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Skip("skipped: git is not installed")
	}
	backend := &cgi.Handler{
		Path:   filepath.Join(strings.TrimSpace(string(out)), "git-http-backend"),
		Env:    []string{"GIT_PROJECT_ROOT=" + folder, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null"},
		Stderr: io.Discard,
	}
	s := &gitServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r.Clone(context.Background()))
		s.mu.Unlock()
		if handle == nil || !handle(w, r) {
			if version := r.Header.Get("Git-Protocol"); version != "" {
				r.Header.Set("Git_Protocol", version)
			}
			backend.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

// needPassword answers requests without the user name and password.
func needPassword(w http.ResponseWriter, r *http.Request) bool {
	user, password, _ := r.BasicAuth()
	if user == httpUser && password == httpPassword {
		return false
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
	w.WriteHeader(http.StatusUnauthorized)
	return true
}

// servedRepo makes a repository named company/lib.git below a new folder.
func servedRepo(t testing.TB) (folder, commit string) {
	t.Helper()
	work := gittest.Repo(t, map[string]string{"a": "1"})
	folder = t.TempDir()
	gittest.Git(t, folder, "clone", "--quiet", "--bare", work, "company/lib.git")
	return folder, head(t, work)
}

func authFrom(p GitPassword) *GitAuth { return &GitAuth{Username: text(httpUser), Password: p} }

func TestFetchOverHTTP(t *testing.T) {
	folder, commit := servedRepo(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(httpPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		handle func(http.ResponseWriter, *http.Request) bool
		auth   *GitAuth
	}{
		"for all":                  {nil, nil},
		"password in a variable":   {needPassword, authFrom(GitPassword{Env: text("TEST_PASSWORD")})},
		"password in a file":       {needPassword, authFrom(GitPassword{Src: text(secret)})},
		"password as value":        {needPassword, authFrom(GitPassword{Value: text(httpPassword)})},
		"password nobody asks for": {nil, authFrom(GitPassword{Value: text(httpPassword)})},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			cache := remoteHost(t)
			t.Setenv("TEST_PASSWORD", httpPassword)
			s := serve(t, folder, test.handle)
			remote := GitRemote{URL: text(s.URL + "/company/lib.git"), Branch: text("main"), Auth: test.auth}
			r := projectRepo(t)
			got, err := r.ResolveRef(t.Context(), remote)
			if err != nil || got != commit {
				t.Fatalf("resolved %q, %v", got, err)
			}
			tree, err := r.Fetch(t.Context(), remote, commit)
			if err != nil {
				t.Fatal(err)
			}
			if got := content(t, r, tree, "a"); got != "1" {
				t.Errorf("got %q", got)
			}
			noSecretIn(t, cache)
			before := len(s.seen())
			if _, err := projectRepo(t).Fetch(t.Context(), remote, commit); err != nil || len(s.seen()) != before {
				t.Errorf("the second time: %v, %d more requests", err, len(s.seen())-before)
			}
		})
	}
}

// noSecretIn looks for the password in all files below a folder.
func noSecretIn(t *testing.T, folder string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), httpPassword) || strings.Contains(string(text), httpUser) {
			t.Errorf("%s holds the password or the user name", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRemoteFailuresAreExplained(t *testing.T) {
	folder, commit := servedRepo(t)
	always := func(code int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(code); return true }
	}
	tests := map[string]struct {
		handle func(http.ResponseWriter, *http.Request) bool
		path   string
		auth   *GitAuth
		want   string
	}{
		"wrong password":    {needPassword, "lib.git", authFrom(GitPassword{Value: text("wrong-secret")}), "is denied: check the user name and password of basicAuth"},
		"no password":       {needPassword, "lib.git", nil, "is denied: give a user name and password with basicAuth"},
		"forbidden":         {always(403), "lib.git", nil, "is denied"},
		"no repository":     {nil, "gone.git", nil, "there is no repository at"},
		"server error":      {always(500), "lib.git", nil, "500"},
		"variable not set":  {needPassword, "lib.git", authFrom(GitPassword{Env: text("TEST_UNSET")}), "the environment variable TEST_UNSET with the password is not set"},
		"file not there":    {needPassword, "lib.git", authFrom(GitPassword{Src: text("/gone/secret")}), "the file with the password cannot be read"},
		"file is a folder":  {needPassword, "lib.git", authFrom(GitPassword{Src: text("/")}), "is not a regular file"},
		"line break inside": {needPassword, "lib.git", authFrom(GitPassword{Value: text("wrong-secret\nhost=evil.example")}), "cannot hold line breaks"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			remoteHost(t)
			s := serve(t, folder, test.handle)
			remote := GitRemote{URL: text(s.URL + "/company/" + test.path), Tag: text("v1"), Auth: test.auth}
			_, asked := projectRepo(t).ResolveRef(t.Context(), remote)
			_, fetched := projectRepo(t).Fetch(t.Context(), remote, commit)
			for _, err := range []error{asked, fetched} {
				if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "wrong-secret") {
					t.Errorf("got %v, want something with %q", err, test.want)
				}
			}
		})
	}
}

func TestAPassingServerErrorIsTriedAgain(t *testing.T) {
	remoteHost(t)
	folder, commit := servedRepo(t)
	var count atomic.Int32
	s := serve(t, folder, func(w http.ResponseWriter, _ *http.Request) bool {
		if count.Add(1) > 1 {
			return false
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	if _, err := projectRepo(t).Fetch(t.Context(), GitRemote{URL: text(s.URL + "/company/lib.git")}, commit); err != nil {
		t.Error(err)
	}
}

func TestAPasswordDoesNotFollowARedirect(t *testing.T) {
	for _, inURL := range []bool{false, true} {
		t.Run(fmt.Sprintf("in the address %t", inURL), func(t *testing.T) {
			remoteHost(t)
			folder, commit := servedRepo(t)
			other := serve(t, folder, needPassword)
			first := serve(t, folder, func(w http.ResponseWriter, r *http.Request) bool {
				if needPassword(w, r) {
					return true
				}
				http.Redirect(w, r, other.URL+r.URL.RequestURI(), http.StatusFound)
				return true
			})
			remote := GitRemote{URL: text(first.URL + "/company/lib.git"), Auth: authFrom(GitPassword{Value: text(httpPassword)})}
			if inURL {
				remote = GitRemote{URL: text(strings.Replace(remote.URL.Value, "://", "://"+httpUser+":se%27cr$et%20%22100%25%22@", 1))}
			}
			_, err := projectRepo(t).Fetch(t.Context(), remote, commit)
			if err == nil || strings.Contains(err.Error(), "100%") || strings.Contains(err.Error(), httpUser) {
				t.Errorf("got %v", err)
			}
			if len(first.seen()) < 2 {
				t.Error("the first server was not given the password")
			}
			for _, r := range other.seen() {
				if r.Header.Get("Authorization") != "" {
					t.Error("the second server was given the password")
				}
			}
		})
	}
}

func TestARedirectOfTheSameHostIsFollowed(t *testing.T) {
	remoteHost(t)
	folder, commit := servedRepo(t)
	s := serve(t, folder, func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/old/") {
			http.Redirect(w, r, strings.Replace(r.URL.RequestURI(), "/old/", "/company/", 1), http.StatusMovedPermanently)
			return true
		}
		return needPassword(w, r)
	})
	remote := GitRemote{URL: text(s.URL + "/old/lib.git"), Auth: authFrom(GitPassword{Value: text(httpPassword)})}
	if _, err := projectRepo(t).Fetch(t.Context(), remote, commit); err != nil {
		t.Error(err)
	}
}

func TestThePasswordIsNotKeptByTheUsersHelper(t *testing.T) {
	remoteHost(t)
	folder, commit := servedRepo(t)
	store := filepath.Join(t.TempDir(), "store")
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("[credential]\n\thelper = store --file="+store+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_CONFIG_GLOBAL", config)
	s := serve(t, folder, needPassword)
	remote := GitRemote{URL: text(s.URL + "/company/lib.git"), Auth: authFrom(GitPassword{Value: text(httpPassword)})}
	if _, err := projectRepo(t).Fetch(t.Context(), remote, commit); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(store); err == nil {
		t.Error("the helper was told the password")
	}
}

func TestAServerThatHangsEndsWithTheContext(t *testing.T) {
	remoteHost(t)
	folder, commit := servedRepo(t)
	arrived := make(chan struct{}, 8)
	s := serve(t, folder, func(_ http.ResponseWriter, r *http.Request) bool {
		arrived <- struct{}{}
		<-r.Context().Done()
		return true
	})
	remote := GitRemote{URL: text(s.URL + "/company/lib.git"), Branch: text("main")}
	r := projectRepo(t)
	for name, do := range map[string]func(context.Context) error{
		"asking":   func(ctx context.Context) error { _, err := r.ResolveRef(ctx, remote); return err },
		"fetching": func(ctx context.Context) error { _, err := r.Fetch(ctx, remote, commit); return err },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			go func() { <-arrived; cancel() }()
			if err := do(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// dumb serves the files of repositories as they are, without a git program: such
// a server knows nothing of single commits.
func dumb(folder string) func(http.ResponseWriter, *http.Request) bool {
	files := http.FileServer(http.Dir(folder))
	return func(w http.ResponseWriter, r *http.Request) bool { files.ServeHTTP(w, r); return true }
}

func TestFetchFromServersThatGiveNoSingleCommits(t *testing.T) {
	tests := map[string]struct {
		handle  func(folder string) func(http.ResponseWriter, *http.Request) bool
		version string
	}{
		"files alone":      {dumb, "2"},
		"the old protocol": {func(string) func(http.ResponseWriter, *http.Request) bool { return nil }, "0"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			remoteHost(t)
			folder, first := servedRepo(t)
			bare := filepath.Join(folder, "company", "lib.git")
			tree := strings.TrimSpace(gittest.Git(t, bare, "rev-parse", "HEAD^{tree}"))
			tip := strings.TrimSpace(gittest.Git(t, bare, "commit-tree", "-m", "next", "-p", first, tree))
			gittest.Git(t, bare, "update-ref", "refs/heads/main", tip)
			gittest.Git(t, bare, "update-server-info")
			t.Setenv("GIT_CONFIG_COUNT", "1")
			t.Setenv("GIT_CONFIG_KEY_0", "protocol.version")
			t.Setenv("GIT_CONFIG_VALUE_0", test.version)
			s := serve(t, folder, test.handle(folder))
			remote := GitRemote{URL: text(s.URL + "/company/lib.git"), Branch: text("main")}
			r := projectRepo(t)
			for _, commit := range []string{tip, first} {
				tree, err := r.Fetch(t.Context(), remote, commit)
				if err != nil {
					t.Fatal(err)
				}
				if got := content(t, r, tree, "a"); got != "1" {
					t.Errorf("got %q", got)
				}
			}
			if _, err := r.Fetch(t.Context(), remote, strings.Repeat("1", 40)); !errors.Is(err, ErrCommitGone) {
				t.Errorf("a commit that is gone: %v", err)
			}
		})
	}
}
