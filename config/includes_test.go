package config

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/config/gittest"
)

// treeInput reads the includes of the commit that is checked out.
func treeInput(t testing.TB, r *Repo) IncludesInput {
	t.Helper()
	tree := headTree(t, r)
	return IncludesInput{Repo: r, Dir: r.Prefix(), Read: func(ctx context.Context, name string) ([]byte, error) { return tree.ReadFile(ctx, name) }}
}

// includeProject makes a project with includes, which are written to
// strake-includes.yaml with %s for the folders, and locks them.
func includeProject(t testing.TB, list string, folders ...string) *Repo {
	t.Helper()
	args := make([]any, len(folders))
	for i, f := range folders {
		args[i] = f
	}
	dir := gittest.Repo(t, map[string]string{"strake-includes.yaml": fmt.Sprintf(list, args...)})
	r := openRepo(t, dir)
	u, err := UpdateIncludes(t.Context(), treeInput(t, r), nil)
	if err != nil {
		t.Fatal(err)
	}
	gittest.Commit(t, dir, map[string]string{u.File: string(u.Text)})
	return r
}

// contents reads the included files.
func contents(t testing.TB, r *Repo, entries []IncludedEntry) map[string]string {
	t.Helper()
	got := map[string]string{}
	for _, e := range entries {
		tree := &Tree{entries: []Entry{e.Entry}, blobs: r}
		got[e.Path] = content(t, r, tree, e.Path)
		if e.Mode == ModeExec {
			got[e.Path] += " (program)"
		}
	}
	return got
}

func TestIncludesSelectAndPlaceFiles(t *testing.T) {
	files := map[string]string{
		"a": "1", "sub/b": "2", "sub/deep/c": "3", "sub/run*": "4", "other/d": "5", "sub/\xfe": "6",
		"link@": "sub/b", "sub/up@": "../other/d", "sub/folder@": "../other", "other/self@": "..", "broken@": "gone",
		"strake-includes.yaml": "", "werf-giterminism.yaml": "", "strake-giterminism.yml": "",
	}
	tests := map[string]struct {
		keys string
		want map[string]string
	}{
		"a folder":       {"add: /sub, to: /x, excludePaths: folder/self", map[string]string{"x/b": "2", "x/deep/c": "3", "x/run": "4 (program)", "x/\xfe": "6", "x/up": "5", "x/folder/d": "5"}},
		"globs":          {"includePaths: [sub/deep, a, 'other/*'], excludePaths: [other/self]", map[string]string{"a": "1", "sub/deep/c": "3", "other/d": "5"}},
		"one glob":       {"add: /sub, includePaths: '**/c'", map[string]string{"deep/c": "3"}},
		"a file":         {"add: /sub/b, to: /lib/new", map[string]string{"lib/new": "2"}},
		"a linked file":  {"add: /link, to: /b", map[string]string{"b": "2"}},
		"below a link":   {"add: /sub/folder, to: /o, excludePaths: self", map[string]string{"o/d": "5"}},
		"no local names": {"includePaths: [strake-includes.yaml, werf-giterminism.yaml, strake-giterminism.yml, a]", map[string]string{"a": "1"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			remoteHost(t)
			r := includeProject(t, "includes:\n- {git: '%s', branch: main, "+test.keys+"}\n", gittest.Repo(t, files))
			inc, err := LoadIncludes(t.Context(), treeInput(t, r))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, contents(t, r, inc.Entries())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLaterIncludesAndLocalFilesWin(t *testing.T) {
	remoteHost(t)
	first := gittest.Repo(t, map[string]string{"both": "1", "one": "1", "shape": "file", "other/x": "1", "mine": "1", "mine.d/x": "1"})
	second := gittest.Repo(t, map[string]string{"both": "2", "two": "2", "shape/x": "2", "other": "2"})
	r := includeProject(t, "includes:\n- {git: '%s', branch: main}\n- {git: '%s', branch: main}\n", first, second)
	gittest.Commit(t, r.Root(), map[string]string{"mine": "0", "mine.d": "a file", "two/x": "0"})
	inc, err := LoadIncludes(t.Context(), treeInput(t, r))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"both": "2", "one": "1", "two": "2", "shape/x": "2", "other": "2", "mine": "1", "mine.d/x": "1"}
	if diff := cmp.Diff(want, contents(t, r, inc.Entries())); diff != "" {
		t.Error(diff)
	}
	in, err := r.Inputs(t.Context(), InputOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Includes(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	want = map[string]string{"both": "2", "one": "1", "shape/x": "2", "other": "2", "mine": "0", "mine.d": "a file", "two/x": "0"}
	got := map[string]string{}
	for _, e := range in.View(TemplateData).Under("") {
		if !e.IsDir() && !strings.HasPrefix(e.Path, "strake-") {
			text, err := in.Read(t.Context(), TemplateData, e.Path)
			if err != nil {
				t.Fatal(err)
			}
			got[e.Path] = string(text)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, ok := in.Tree.Lookup("one"); ok {
		t.Error("images are built from files of includes")
	}
}

func TestIncludesOfAProjectInAFolder(t *testing.T) {
	remoteHost(t)
	lib := gittest.Repo(t, map[string]string{"a": "1"})
	dir := gittest.Repo(t, map[string]string{
		"app/werf-includes.yaml": "includes:\n- {git: 'file://" + lib + "', commit: " + head(t, lib) + ", to: /x}\n",
		"strake-includes.yaml":   "broken: true",
	})
	r := openRepo(t, filepath.Join(dir, "app"))
	inc, err := LoadIncludes(t.Context(), treeInput(t, r))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"app/x/a": "1"}, contents(t, r, inc.Entries())); diff != "" {
		t.Error(diff)
	}
}

func TestAProjectWithoutIncludes(t *testing.T) {
	remoteHost(t)
	inc, err := LoadIncludes(t.Context(), treeInput(t, projectRepo(t)))
	if err != nil || inc != nil || inc.Entries() != nil || inc.Sources() != nil {
		t.Errorf("got %v, %v", inc, err)
	}
	r := openRepo(t, gittest.Repo(t, map[string]string{"werf-includes.yaml": "# nothing yet\n"}))
	if inc, err = LoadIncludes(t.Context(), treeInput(t, r)); err != nil || len(inc.Entries()) != 0 {
		t.Errorf("empty file: %v, %v", inc.Entries(), err)
	}
}

func TestTheLockCountsUntilItIsUpdated(t *testing.T) {
	remoteHost(t)
	lib := gittest.Repo(t, map[string]string{"a": "old"})
	old := head(t, lib)
	gittest.Git(t, lib, "tag", "v1")
	r := includeProject(t, "includes:\n- {git: '%s', branch: main, to: /b}\n- {git: '%s', tag: v1, to: /t}\n", lib, lib)
	moved := gittest.Commit(t, lib, map[string]string{"a": "new"})
	gittest.Git(t, lib, "tag", "-f", "v1")
	load := func(live bool) map[string]string {
		in := treeInput(t, r)
		in.Live = live
		inc, err := LoadIncludes(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		return contents(t, r, inc.Entries())
	}
	if diff := cmp.Diff(map[string]string{"b/a": "old", "t/a": "old"}, load(false)); diff != "" {
		t.Error("locked:", diff)
	}
	if diff := cmp.Diff(map[string]string{"b/a": "new", "t/a": "new"}, load(true)); diff != "" {
		t.Error("live:", diff)
	}
	u, err := UpdateIncludes(t.Context(), treeInput(t, r), nil)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.Join(pathParts(lib)[len(pathParts(lib))-2:], "/")
	want := []Move{{name, "branch main", old, moved}, {name, "tag v1", old, moved}}
	if diff := cmp.Diff(want, u.Moves); diff != "" {
		t.Error(diff)
	}
	wantText := fmt.Sprintf("includes:\n    - git: %s\n      branch: main\n      commit: %s\n    - git: %[1]s\n      tag: v1\n      commit: %[2]s\n", lib, moved)
	if diff := cmp.Diff(wantText, string(u.Text)); diff != "" {
		t.Error(diff)
	}
	gittest.Commit(t, r.Root(), map[string]string{u.File: string(u.Text)})
	if diff := cmp.Diff(map[string]string{"b/a": "new", "t/a": "new"}, load(false)); diff != "" {
		t.Error("updated:", diff)
	}
}

func TestUpdateOfOneInclude(t *testing.T) {
	remoteHost(t)
	one, two := gittest.Repo(t, map[string]string{"a": "1"}), gittest.Repo(t, map[string]string{"b": "1"})
	r := includeProject(t, "includes:\n- {git: '%s', branch: main}\n- {git: '%s', branch: main}\n", one, two)
	stay := head(t, two)
	moved := gittest.Commit(t, one, map[string]string{"a": "2"})
	gittest.Commit(t, two, map[string]string{"b": "2"})
	u, err := UpdateIncludes(t.Context(), treeInput(t, r), []string{one})
	if err != nil {
		t.Fatal(err)
	}
	if len(u.Moves) != 1 || u.Moves[0].New != moved || !strings.Contains(string(u.Text), stay) {
		t.Errorf("moves %v, text %s", u.Moves, u.Text)
	}
	if _, err = UpdateIncludes(t.Context(), treeInput(t, r), []string{"nothing"}); err == nil || !strings.Contains(err.Error(), `no include "nothing": the includes are `) {
		t.Errorf("got %v", err)
	}
}

func TestUpdateReplacesALockThatCannotBeRead(t *testing.T) {
	remoteHost(t)
	lib := gittest.Repo(t, map[string]string{"a": "1"})
	r := includeProject(t, "includes:\n- {git: '%s', branch: main}\n", lib)
	gittest.Commit(t, r.Root(), map[string]string{"strake-includes.lock": "<<<<<<< ours\nincludes: []\n=======\n"})
	if _, err := LoadIncludes(t.Context(), treeInput(t, r)); err == nil {
		t.Error("the lock was read")
	}
	u, err := UpdateIncludes(t.Context(), treeInput(t, r), nil)
	if err != nil || !strings.Contains(string(u.Text), head(t, lib)) {
		t.Errorf("got %v", err)
	}
}

func TestNamesOfIncludes(t *testing.T) {
	tests := map[string]struct {
		urls, want []string
	}{
		"last two parts": {
			[]string{"https://example.com/group/company/lib.git", "git@example.com:other/lib", "ssh://git@example.com/x/y.git", "../near/lib.git", "../lib", "file:///srv/git/z.git"},
			[]string{"company/lib", "other/lib", "x/y", "near/lib", "lib", "git/z"},
		},
		"the same twice":    {[]string{"https://example.com/a/lib", "https://example.com/a/lib"}, []string{"a/lib", "a/lib"}},
		"two of one name":   {[]string{"https://one.example/a/lib.git", "https://two.example/a/lib"}, []string{"one.example/a/lib", "two.example/a/lib"}},
		"not the project's": {[]string{"https://example.com/local"}, []string{"example.com/local"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			list := "includes:\n"
			for _, url := range test.urls {
				list += "- {git: '" + url + "', tag: v1}\n"
			}
			r := openRepo(t, gittest.Repo(t, map[string]string{"strake-includes.yaml": list}))
			l, err := readIncludes(t.Context(), treeInput(t, r))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, inc := range l.includes {
				got = append(got, inc.name)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestTwoIncludesFiles(t *testing.T) {
	r := openRepo(t, gittest.Repo(t, map[string]string{"strake-includes.yaml": "includes: []", "werf-includes.yaml": "includes: []"}))
	_, err := LoadIncludes(t.Context(), treeInput(t, r))
	if err == nil || err.Error() != "werf-includes.yaml:1:1: there is also strake-includes.yaml: keep one of the two" {
		t.Errorf("got %v", err)
	}
}

func TestAnExistingLockOfWerfWorks(t *testing.T) {
	remoteHost(t)
	lib := gittest.Repo(t, map[string]string{".werf/a.tmpl": "1"})
	commit := head(t, lib)
	gittest.Commit(t, lib, map[string]string{".werf/a.tmpl": "2"})
	r := openRepo(t, gittest.Repo(t, map[string]string{
		"werf-includes.yaml": "includes:\n  - git: " + lib + "\n    branch: main\n    add: /\n    to: /\n    includePaths:\n      - .werf\n",
		"werf-includes.lock": "includes:\n    - git: " + lib + "\n      branch: main\n      commit: " + commit + "\n\n    - git: https://example.com/not/used\n      commit: " + commit + "\n",
	}))
	inc, err := LoadIncludes(t.Context(), treeInput(t, r))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{".werf/a.tmpl": "1"}, contents(t, r, inc.Entries())); diff != "" {
		t.Error(diff)
	}
}

func TestIncludesWorkOfflineWithAFullCache(t *testing.T) {
	remoteHost(t)
	lib := gittest.Repo(t, map[string]string{"a": "1"})
	r := includeProject(t, "includes:\n- {git: '%s', branch: main}\n", lib)
	if _, err := LoadIncludes(t.Context(), treeInput(t, r)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(lib); err != nil {
		t.Fatal(err)
	}
	again := openRepo(t, r.Root())
	inc, err := LoadIncludes(t.Context(), treeInput(t, again))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"a": "1"}, contents(t, again, inc.Entries())); diff != "" {
		t.Error(diff)
	}
}
