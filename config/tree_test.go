package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/config/gittest"
)

func TestTreeKeepsOddNamesAndModes(t *testing.T) {
	files := map[string]string{
		"plain": "1", "line\nbreak": "2", "tab\tand \"quote\"": "3", "latin\xff": "4",
		"dir/run*": "5", "dir/link@": "run", "-dash": "6", "ünï": "7",
	}
	r := openRepo(t, gittest.Repo(t, files))
	tree := headTree(t, r)
	want := map[string]uint32{
		"plain": ModeFile, "line\nbreak": ModeFile, "tab\tand \"quote\"": ModeFile, "latin\xff": ModeFile, "-dash": ModeFile,
		"ünï": ModeFile, "dir": ModeDir, "dir/run": ModeExec, "dir/link": ModeSymlink,
	}
	got := map[string]uint32{}
	for _, e := range tree.Under("") {
		got[e.Path] = e.Mode
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for key, text := range files {
		if got := content(t, r, tree, strings.TrimRight(key, "*@")); got != text {
			t.Errorf("%q: got %q", key, got)
		}
	}
}

func TestTreeHasSubmodules(t *testing.T) {
	inner := gittest.Repo(t, map[string]string{"a": "1"})
	dir := gittest.Repo(t, map[string]string{"b": "2"})
	gittest.Git(t, dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "sub")
	gittest.Commit(t, dir, nil)
	e, ok := headTree(t, openRepo(t, dir)).Lookup("sub")
	if !ok || e.Mode != ModeModule {
		t.Errorf("got %+v, %v", e, ok)
	}
}

func TestUnderGivesWhatIsBelow(t *testing.T) {
	tree := memoryTree(map[string]string{"a/x": "", "a/y/z": "", "a-b/x": "", "a.txt": "", "a0": "", "b": ""})
	tests := map[string][]string{
		"":     {"a", "a-b", "a-b/x", "a.txt", "a/x", "a/y", "a/y/z", "a0", "b"},
		"a":    {"a/x", "a/y", "a/y/z"},
		"a/y":  {"a/y/z"},
		"a-b":  {"a-b/x"},
		"b":    nil,
		"none": nil,
	}
	for dir, want := range tests {
		t.Run(dir, func(t *testing.T) {
			if diff := cmp.Diff(want, paths(tree.Under(dir))); diff != "" {
				t.Error(diff)
			}
		})
	}
	if n := testing.AllocsPerRun(100, func() { tree.Under("a") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestListingIsSortedByBytes(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"a/x": "", "a-b/x": "", "a.txt": "", "a0": "", "Z": ""})
	got := paths(headTree(t, openRepo(t, dir)).Under(""))
	if !slices.IsSorted(got) {
		t.Errorf("%q", got)
	}
}

func TestTreeRefusesWhatIsNoTree(t *testing.T) {
	r := openRepo(t, gittest.Repo(t, map[string]string{"a": "1"}))
	for _, id := range []string{"", "HEAD", "--help", strings.Repeat("0", 40)} {
		if _, err := r.Tree(t.Context(), Commit{Tree: id}); err == nil {
			t.Errorf("%q was listed", id)
		}
	}
}

func TestParseListing(t *testing.T) {
	oid := strings.Repeat("a", 40)
	got, err := parseListing("100664 blob " + oid + "\tx\x00100775 blob " + oid + "\ta\tb\x00")
	if err != nil {
		t.Fatal(err)
	}
	want := []Entry{{"a\tb", ModeExec, oid}, {"x", ModeFile, oid}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"x\x00", "100644 blob\tx\x00", "9 blob o\tx\x00", "100644 blob o\t\x00"} {
		if _, err := parseListing(bad); err == nil {
			t.Errorf("%q was understood", bad)
		}
	}
}

func TestReadFileFollowsLinksInsideTheTree(t *testing.T) {
	tree := memoryTree(map[string]string{
		"real/deep/file": "content", "real/other": "other",
		"toFile@": "real/deep/file", "toDir@": "./real//deep/", "real/deep/up@": "../other",
		"chain@": "toDir/up", "upDown@": "real/../real/deep/file",
		"abs@": "/etc/passwd", "out@": "../x", "real/deep/out@": "../../../etc/passwd", "empty@": "",
		"loop@": "loop2", "loop2@": "loop", "dangling@": "nothing", "through@": "real/other/x",
		"long@": strings.Repeat("a/", maxLink),
	})
	tests := []struct {
		name, want string
		err        error // nil with want "": any error
	}{
		{name: "real/deep/file", want: "content"},
		{name: "toFile", want: "content"},
		{name: "toDir/file", want: "content"},
		{name: "toDir/up", want: "other"},
		{name: "chain", want: "other"},
		{name: "upDown", want: "content"},
		{name: "./real/./other", want: "other"},
		{name: "abs", err: ErrOutside},
		{name: "out", err: ErrOutside},
		{name: "toDir/out", err: ErrOutside},
		{name: "../x", err: ErrOutside},
		{name: "/real/other", err: ErrOutside},
		{name: "empty", err: ErrOutside},
		{name: "loop"},
		{name: "long"},
		{name: "real"},
		{name: ""},
		{name: "dangling", err: fs.ErrNotExist},
		{name: "through", err: fs.ErrNotExist},
		{name: "nothing", err: fs.ErrNotExist},
		{name: "real/other/x", err: fs.ErrNotExist},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := tree.ReadFile(t.Context(), test.name)
			switch {
			case test.want != "" && (err != nil || string(got) != test.want):
				t.Errorf("got %q, error %v", got, err)
			case test.want == "" && err == nil:
				t.Errorf("got %q, want an error", got)
			case test.err != nil && !errors.Is(err, test.err):
				t.Errorf("error %v, want %v", err, test.err)
			}
		})
	}
}

func TestReadFileLimitsTheSize(t *testing.T) {
	tree := memoryTree(map[string]string{"large": strings.Repeat("x", maxFile+1), "fits": strings.Repeat("x", maxFile)})
	if _, err := tree.ReadFile(t.Context(), "large"); err == nil || !strings.Contains(err.Error(), "more than the limit") {
		t.Errorf("got %v", err)
	}
	if _, err := tree.ReadFile(t.Context(), "fits"); err != nil {
		t.Error(err)
	}
}

func TestLoadSaysWhereItLooked(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"a": "1", "dir/strake.yaml/x": "", "linked/strake.yaml@": "../../a"})
	gittest.Write(t, dir, map[string]string{"fresh/werf.yaml": "configVersion: 1\n", ".git/info/exclude": "ignored\n", "ignored/strake.yml": ""})
	if err := os.MkdirAll(filepath.Join(dir, "none"), 0o755); err != nil {
		t.Fatal(err)
	}
	r := openRepo(t, dir)
	head, dev := headTree(t, r), workTree(t, r)
	tests := map[string]struct {
		tree *Tree
		opts LoadOptions
		want string
	}{
		"none":          {head, LoadOptions{}, "no project file in the root of the repository; looked for strake.yaml, strake.yml, werf.yaml, werf.yml"},
		"none in a dir": {head, LoadOptions{Dir: "none"}, "no project file in the folder none"},
		"none by name":  {head, LoadOptions{File: "x.yaml"}, "there is no project file x.yaml"},
		"not committed": {head, LoadOptions{Dir: "fresh"}, "fresh/werf.yaml is not committed: commit it, or use --dev"},
		"with --dev":    {dev, LoadOptions{Dir: "fresh"}, `needs the key "project"`},
		"ignored":       {dev, LoadOptions{Dir: "ignored"}, "ignored/strake.yml is ignored by git"},
		"a folder":      {head, LoadOptions{Dir: "dir"}, "dir/strake.yaml is a folder"},
		"a link":        {head, LoadOptions{Dir: "linked"}, "points outside the repository"},
		"outside":       {head, LoadOptions{File: "../../etc/passwd"}, "there is no project file"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Load(t.Context(), NewInputs(test.tree), test.opts)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want something with %q", err, test.want)
			}
		})
	}
}

func TestLoadTakesTheFirstNameOfTheProjectFolder(t *testing.T) {
	project := "configVersion: 1\nproject: %\n---\nimage: app\ndockerfile: Dockerfile\n"
	tree := memoryTree(map[string]string{
		"sub/werf.yaml":   strings.ReplaceAll(project, "%", "werf"),
		"sub/strake.yml":  strings.ReplaceAll(project, "%", "strake"),
		"sub/Dockerfile":  "FROM scratch\n",
		"conf/other.yaml": strings.ReplaceAll(project, "%", "other"),
	})
	tests := map[string]LoadOptions{
		"strake": {Dir: "sub"},
		"other":  {Dir: "./sub/", File: "conf/other.yaml"},
	}
	for want, opts := range tests {
		t.Run(want, func(t *testing.T) {
			p, err := Load(t.Context(), NewInputs(tree), opts)
			if err != nil {
				t.Fatal(err)
			}
			if p.Name.Value != want || p.Dir != "sub" {
				t.Errorf("project %q in %q", p.Name.Value, p.Dir)
			}
		})
	}
}
