package config

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/strakebuild/strake/config/gittest"
)

// fetcher names the environment variable that makes the test program fetch one
// commit, as another process: "address commit".
const fetcher = "STRAKE_TEST_FETCH"

func TestMain(m *testing.M) {
	if job := os.Getenv(fetcher); job != "" {
		os.Exit(fetchJob(job))
	}
	os.Exit(m.Run())
}

func fetchJob(job string) int {
	address, commit, _ := strings.Cut(job, " ")
	r, err := OpenRepo(context.Background(), ".")
	if err == nil {
		defer r.Close()
		_, err = r.Fetch(context.Background(), GitRemote{URL: text(address)}, commit)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// fetchProcess is a process that fetches a commit for the project of r.
func fetchProcess(t *testing.T, r *Repo, address, commit string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Dir = r.Root()
	cmd.Env = append(os.Environ(), fetcher+"="+address+" "+commit)
	cmd.Stderr = os.Stderr
	return cmd
}

func TestSeveralProcessesFetchAtOnce(t *testing.T) {
	remoteHost(t)
	folder, first := servedRepo(t)
	bare := filepath.Join(folder, "company", "lib.git")
	commits := []string{first}
	for i := range 3 {
		commits = append(commits, strings.TrimSpace(gittest.Git(t, bare, "commit-tree", "-m", fmt.Sprint(i), first+"^{tree}")))
		gittest.Git(t, bare, "update-ref", fmt.Sprintf("refs/heads/b%d", i), commits[i+1])
	}
	s := serve(t, folder, nil)
	r := projectRepo(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			address, commit := s.URL+"/company/lib.git", commits[i%4]
			if i%2 == 0 {
				if err := fetchProcess(t, r, address, commit).Run(); err != nil {
					t.Error(err)
				}
			} else if _, err := r.Fetch(t.Context(), GitRemote{URL: text(address)}, commit); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestAKilledFetchDoesNotBreakTheNext(t *testing.T) {
	remoteHost(t)
	folder, commit := servedRepo(t)
	arrived, hang := make(chan struct{}), make(chan bool, 1)
	hang <- true
	s := serve(t, folder, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		select {
		case <-hang: // in the middle of the first fetch
			fmt.Fprint(w, "000")
			w.(http.Flusher).Flush()
			close(arrived)
			<-r.Context().Done()
			return true
		default:
			return false
		}
	})
	r := projectRepo(t)
	p := fetchProcess(t, r, s.URL+"/company/lib.git", commit)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	<-arrived
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.Wait()
	tree, err := r.Fetch(t.Context(), GitRemote{URL: text(s.URL + "/company/lib.git")}, commit)
	if err != nil {
		t.Fatal(err)
	}
	if got := content(t, r, tree, "a"); got != "1" {
		t.Errorf("got %q", got)
	}
}

func TestBrokenCachesAreMadeAnew(t *testing.T) {
	tests := map[string]struct {
		fetched bool // the wanted commit was fetched before the damage
		damage  func(t *testing.T, c remoteCache) error
	}{
		"locks left behind": {false, func(t *testing.T, c remoteCache) error {
			for _, name := range []string{"shallow.lock", "config.lock", "HEAD.lock", "packed-refs.lock", "refs/strake/x.lock", "objects/pack/tmp_pack_x"} {
				if err := os.WriteFile(c.path(name), []byte("half"), 0o600); err != nil {
					return err
				}
			}
			return nil
		}},
		"being made":          {false, func(t *testing.T, c remoteCache) error { return os.Rename(c.path(), c.path()+".new-1") }},
		"being removed":       {false, func(t *testing.T, c remoteCache) error { return os.Rename(c.path(), c.path()+".old") }},
		"an empty folder":     {false, func(t *testing.T, c remoteCache) error { return emptyFolder(c.path()) }},
		"no HEAD":             {false, func(t *testing.T, c remoteCache) error { return os.Remove(c.path("HEAD")) }},
		"zero length config":  {false, func(t *testing.T, c remoteCache) error { return os.Truncate(c.path("config"), 0) }},
		"no objects":          {true, func(t *testing.T, c remoteCache) error { return emptyFolder(c.path("objects", "pack")) }},
		"zero length objects": {true, truncatePacks},
		"an empty reference":  {false, func(t *testing.T, c remoteCache) error { return emptyRefs(c) }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			remoteHost(t)
			dir := gittest.Repo(t, map[string]string{"a": "1"})
			first := head(t, dir)
			second := gittest.Commit(t, dir, map[string]string{"a": "2"})
			remote := GitRemote{URL: text(dir)}
			if _, err := projectRepo(t).Fetch(t.Context(), remote, first); err != nil {
				t.Fatal(err)
			}
			cache, err := openCache(address{url: dir}, 40)
			if err == nil {
				err = test.damage(t, cache)
			}
			if err != nil {
				t.Fatal(err)
			}
			wanted := map[bool]string{true: first, false: second}[test.fetched]
			r := projectRepo(t)
			tree, err := r.Fetch(t.Context(), remote, wanted)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := content(t, r, tree, "a"), map[bool]string{true: "1", false: "2"}[test.fetched]; got != want {
				t.Errorf("got %q", got)
			}
			leftovers, err := filepath.Glob(cache.path() + ".[on]*")
			if err != nil || len(leftovers) > 0 {
				t.Errorf("left behind: %q, %v", leftovers, err)
			}
		})
	}
}

func emptyFolder(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Mkdir(dir, 0o700)
}

func truncatePacks(t *testing.T, c remoteCache) error {
	packs, err := filepath.Glob(c.path("objects", "pack", "*"))
	for _, p := range packs {
		if err := os.Chmod(p, 0o600); err != nil {
			return err
		}
		if err := os.Truncate(p, 0); err != nil {
			return err
		}
	}
	return err
}

func emptyRefs(c remoteCache) error {
	refs, err := filepath.Glob(c.path("refs", "strake", "*"))
	for _, ref := range refs {
		if err := os.Truncate(ref, 0); err != nil {
			return err
		}
	}
	return err
}

func TestSSHAsksNoQuestions(t *testing.T) {
	remoteHost(t)
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	bin := t.TempDir()
	script := "#!/bin/sh\necho \"$@\" >>" + bin + "/args\nfor last; do :; done\nexec sh -c \"$last\"\n"
	if err := os.WriteFile(filepath.Join(bin, "ssh"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"git@host.example:" + dir, "ssh://git@host.example" + dir} {
		for name, env := range map[string]map[string]string{
			"found by its name": {"PATH": bin + ":" + os.Getenv("PATH")},
			"the user's":        {"GIT_SSH_COMMAND": filepath.Join(bin, "ssh") + " -i key"},
		} {
			t.Run(name+" "+address[:4], func(t *testing.T) {
				t.Setenv("XDG_CACHE_HOME", t.TempDir())
				for k, v := range env {
					t.Setenv(k, v)
				}
				if _, err := projectRepo(t).Fetch(t.Context(), GitRemote{URL: text(address)}, head(t, dir)); err != nil {
					t.Fatal(err)
				}
				args, err := os.ReadFile(filepath.Join(bin, "args"))
				if err != nil || !strings.Contains(string(args), "BatchMode=yes") || !strings.Contains(string(args), "git@host.example") {
					t.Errorf("%s, %v", args, err)
				}
			})
		}
	}
}

func TestAddressesGitMustNotSee(t *testing.T) {
	r := projectRepo(t)
	for _, address := range []string{
		"", "-x", "--upload-pack=touch /tmp/x", "ext::sh -c id", "::x", "fd::7", "git://h/a", "ftp://h/a", "javascript://h/a",
		"https:///a", "https://h", "https://h/a#b", "https://h/a?b", "https://%zz/a", "ssh://-x/a", "ssh://h", "ssh://u:p@h/a", "-u@h:a",
		"u@-h:a", "h:-a", "h:", ":a", "https://h/a\nb", " https://h/a", "file://other/a", "file://",
	} {
		t.Run(address, func(t *testing.T) {
			remoteHost(t)
			if _, err := r.ResolveRef(t.Context(), GitRemote{URL: text(address)}); err == nil {
				t.Error("it was accepted")
			}
		})
	}
}

func TestATreeOfEndlessFilesIsRefused(t *testing.T) {
	remoteHost(t)
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	line := "100644 blob " + strings.TrimSpace(gittest.Git(t, dir, "rev-parse", "HEAD:a"))
	for range 9 {
		var list strings.Builder
		for i := range 16 {
			fmt.Fprintf(&list, "%s\tname%d\n", line, i)
		}
		file := filepath.Join(t.TempDir(), "list")
		if err := os.WriteFile(file, []byte(list.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		line = "040000 tree " + strings.TrimSpace(gittest.Git(t, dir, "-c", "alias.mk=!git mktree <"+file, "mk"))
	}
	commit := strings.TrimSpace(gittest.Git(t, dir, "commit-tree", "-m", "bomb", strings.Fields(line)[2]))
	gittest.Git(t, dir, "branch", "bomb", commit)
	_, err := projectRepo(t).Fetch(t.Context(), GitRemote{URL: text(dir)}, commit)
	if err == nil || !strings.Contains(err.Error(), "longer than 64 MiB") {
		t.Errorf("got %v", err)
	}
}

func TestFetchUnderACarefulGitSetup(t *testing.T) {
	remoteHost(t)
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	hooks := t.TempDir()
	hook := "#!/bin/sh\ntouch " + hooks + "/ran\n"
	for _, name := range []string{"reference-transaction", "post-checkout", "pre-auto-gc"} {
		if err := os.WriteFile(filepath.Join(hooks, name), []byte(hook), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(t.TempDir(), "config")
	settings := "[safe]\n\tbareRepository = explicit\n[protocol]\n\tallow = never\n[init]\n\ttemplateDir = " + hooks +
		"\n[core]\n\thooksPath = " + hooks + "\n[fetch]\n\tfsckObjects = true\n\tprune = true\n"
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_CONFIG_GLOBAL", config)
	t.Setenv("GIT_TRACE", "1")
	r := projectRepo(t)
	if _, err := r.Fetch(t.Context(), GitRemote{URL: text(dir)}, head(t, dir)); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(hooks, "ran")); err == nil {
		t.Error("a hook of the user ran")
	}
	_, err := r.ResolveRef(t.Context(), GitRemote{URL: text(dir), Tag: text("none")})
	if err == nil || strings.Contains(err.Error(), "trace") {
		t.Errorf("got %v", err)
	}
}
