package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/config/gittest"
)

func TestCommitByName(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	first := strings.TrimSpace(gittest.Git(t, dir, "rev-parse", "HEAD"))
	gittest.Git(t, dir, "tag", "-m", "tag", "v1")
	gittest.Git(t, dir, "branch", "old")
	second := gittest.Commit(t, dir, map[string]string{"a": "2"})
	repo := openRepo(t, dir)
	for ref, want := range map[string]string{
		"old": first, "v1": first, first: first, first[:12]: first, "HEAD~1": first, "HEAD": second, "main": second,
	} {
		t.Run(ref, func(t *testing.T) {
			c, err := repo.Commit(t.Context(), ref)
			if err != nil || c.ID != want || c.Tree == "" || c.Time.IsZero() {
				t.Errorf("got %v, %v", c, err)
			}
		})
	}
	for _, ref := range []string{"", "--all", "nowhere", "a", "x\ny", "HEAD:a"} {
		t.Run("refused "+ref, func(t *testing.T) {
			if c, err := repo.Commit(t.Context(), ref); err == nil {
				t.Errorf("got %v", c)
			}
		})
	}
}

// TestInputsOfACommit reads a project at a commit whose giterminism file allows
// what that of the work tree does not.
func TestInputsOfACommit(t *testing.T) {
	t.Setenv("STRAKE_TEST_NAME", "from-env")
	dir := gittest.Repo(t, map[string]string{
		"strake.yaml":             "project: p\nconfigVersion: 1\n---\nimage: {{ env \"STRAKE_TEST_NAME\" }}\nfrom: scratch\n",
		"strake-giterminism.yaml": "giterminismConfigVersion: 1\nconfig: {goTemplateRendering: {allowEnvVariables: [STRAKE_TEST_NAME]}}\n",
	})
	gittest.Git(t, dir, "rm", "--quiet", "strake-giterminism.yaml")
	gittest.Commit(t, dir, map[string]string{"strake.yaml": "broken"})
	repo := openRepo(t, dir)
	old, err := repo.Commit(t.Context(), "HEAD~1")
	if err != nil {
		t.Fatal(err)
	}
	in, err := repo.InputsAt(t.Context(), old, InputOptions{}, false)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Load(t.Context(), in, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Images[0].Name.Value != "from-env" {
		t.Errorf("image %q", p.Images[0].Name.Value)
	}
}

func TestLastChange(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"a": "1", "b*c": "1"})
	first := strings.TrimSpace(gittest.Git(t, dir, "rev-parse", "HEAD"))
	second := gittest.Commit(t, dir, map[string]string{"a": "2"})
	third := gittest.Commit(t, dir, map[string]string{"bc": "2"})
	repo := openRepo(t, dir)
	tests := []struct{ path, from, to, want string }{
		{"a", first, third, second},
		{"a", second, third, ""},
		{"bc", first, third, third},
		{"b*c", first, third, ""},
		{"a", third, first, ""},
	}
	for _, test := range tests {
		t.Run(test.path+" "+test.want, func(t *testing.T) {
			got, found, err := repo.LastChange(t.Context(), test.path, test.from, test.to)
			if err != nil {
				t.Fatal(err)
			}
			if got.ID != test.want || found != (test.want != "") {
				t.Errorf("got %v, want %q", got, test.want)
			}
			if want := "Test <test@example.com>"; found && (got.Author != want || got.Subject != "test" || got.Time.IsZero()) {
				t.Error(cmp.Diff(Authored{}, got))
			}
		})
	}
}

// TestInputsOfACommitIgnoreTheWorkTree looks for a project that is there now and was
// not there then.
func TestInputsOfACommitIgnoreTheWorkTree(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	gittest.Commit(t, dir, map[string]string{"strake.yaml": "project: p\nconfigVersion: 1\n", "added": "2"})
	repo := openRepo(t, dir)
	old, err := repo.Commit(t.Context(), "HEAD~1")
	if err != nil {
		t.Fatal(err)
	}
	in, err := repo.InputsAt(t.Context(), old, InputOptions{}, false)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Load(t.Context(), in, LoadOptions{})
	if want := "there is no project file in the root of the repository; looked for strake.yaml, strake.yml, werf.yaml, werf.yml"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := in.Added(t.Context(), "added"); err == nil {
		t.Error("a file of the work tree was found")
	}
	now, err := repo.Inputs(t.Context(), InputOptions{Loose: true})
	if err != nil {
		t.Fatal(err)
	}
	in.TakeAdded(now)
	if found, err := in.Added(t.Context(), "added"); err != nil || len(found) != 1 {
		t.Errorf("got %v, %v", found, err)
	}
}
