package planner

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/config/gittest"
)

// describeChanges is a few lines for each image that is not the same.
func describeChanges(c *Comparison) string {
	var out strings.Builder
	for _, img := range c.Images {
		switch {
		case img.Cause != nil:
			fmt.Fprintf(&out, "%s: %s\n", img.Name, strings.Join(img.Path(), " -> "))
			fmt.Fprintf(&out, "  %s %s of %s\n  %q\n  %q\n", img.Cause.Pos, img.Cause.Kind, img.Cause.Image, img.Cause.Old, img.Cause.New)
			if img.Cause.More > 0 {
				fmt.Fprintf(&out, "  and %d more\n", img.Cause.More)
			}
		case img.Status != Same:
			fmt.Fprintf(&out, "%s: %s\n", img.Name, img.Status)
		}
	}
	return out.String()
}

// changesAcrossImages are changes of what one image takes from another.
func changesAcrossImages() []keyChange {
	const child = "---\nimage: child\nfrom: tool\nshell: {install: echo child}\n---\nimage: grandchild\nfrom: child\nshell: {setup: echo grandchild}\n"
	const byID = "---\nimage: by-id\ndockerfile: by-id\ndependencies:\n- from: tool\n  imports:\n  - {type: ImageID, targetBuildArg: ID}\n"
	const byName = "---\nimage: by-name\ndockerfile: by-name\ndependencies:\n- from: tool\n  imports:\n  - {type: ImageName, targetBuildArg: NAME}\n"
	const label = "---\nimage: label\nfrom: scratch\ndependencies:\n- from: tool\n  before: install\n  imports:\n  - {type: ImageName, targetEnv: TOOL}\n"
	const version = "---\nimage: versioned\nfrom: busybox\ncacheVersion: \"1\"\nshell: {install: echo, cacheVersion: a}\n"
	const spec = "---\nimage: spec\nfrom: busybox\nimageSpec: {config: {env: {LEVEL: one}, cmd: [a]}}\n" +
		"---\nimage: sees-env\nfrom: spec\nshell: {install: echo}\n---\nimage: has-env\nfrom: spec\n---\nimage: below\nfrom: has-env\nshell: {install: ls}\n"
	added := func(change func(*testing.T, map[string]string)) func(*testing.T, map[string]string) {
		return func(t *testing.T, f map[string]string) {
			f[yaml] += child + byID + byName + label + version + spec
			f["by-id"] = "FROM busybox\nARG ID\nRUN echo $ID\n"
			f["by-name"] = "ARG NAME\nFROM $NAME\nRUN echo\n"
			change(t, f)
		}
	}
	return []keyChange{
		{name: "nothing", change: added(func(*testing.T, map[string]string) {})},
		{name: "command of an image that others need in all ways", change: added(swap(yaml, "make tool", "make tools"))},
		{name: "command of an image between", change: added(swap(yaml, "echo child", "echo children"))},
		{name: "cache version of an image", change: added(swap(yaml, `cacheVersion: "1"`, `cacheVersion: "2"`))},
		{name: "cache version of the commands", change: added(swap(yaml, "cacheVersion: a", "cacheVersion: b"))},
		{name: "variable of an image that others are built on", change: added(swap(yaml, "LEVEL: one", "LEVEL: two"))},
		{name: "removed variable of an image that others are built on", change: added(swap(yaml, "env: {LEVEL: one}, ", ""))},
		{name: "command of an image that others are built on", change: added(swap(yaml, "cmd: [a]", "cmd: [b]"))},
		{name: "added instruction", change: added(swap(docker, "FROM busybox AS build\n", "FROM busybox AS build\nRUN early\n"))},
		{name: "removed instruction", change: added(swap(docker, "COPY . .\n", ""))},
		{name: "another instruction", change: added(swap(docker, "COPY . .\n", "COPY main.c .\n"))},
		{name: "added last instruction", change: added(swap(docker, "CMD", "RUN late\nCMD"))},
		{name: "two images without a common cause", change: added(func(t *testing.T, f map[string]string) {
			edit(t, f, "app/main.c", "int", "char")
			edit(t, f, "site/index.html", "<p>", "<b>")
		})},
	}
}

// TestCausesAreNamed compares the plans of the key suite with that of keyProject;
// testdata/causes.txt says what has to be found.
func TestCausesAreNamed(t *testing.T) {
	var out strings.Builder
	before := makePlan(t, keyProject())
	for _, test := range slices.Concat(changesWithoutEffect(), changesOfFiles(), changesOfInstructions()) {
		files := keyProject()
		test.change(t, files)
		fmt.Fprintf(&out, "# %s\n%s\n", test.name, describeChanges(checkChanges(t, Compare(before, makePlan(t, files)))))
	}
	across := changesAcrossImages()
	files := keyProject()
	across[0].change(t, files)
	before = makePlan(t, files)
	for _, test := range across {
		files := keyProject()
		test.change(t, files)
		fmt.Fprintf(&out, "# %s\n%s\n", test.name, describeChanges(checkChanges(t, Compare(before, makePlan(t, files)))))
	}
	const file = "testdata/causes.txt"
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Error(diff)
	}
}

// checkChanges tests what holds for every comparison: an image is called changed
// exactly when its key is another one, and what is named as the cause differs.
func checkChanges(t *testing.T, c *Comparison) *Comparison {
	t.Helper()
	for _, img := range c.Images {
		if img.Old == nil || img.New == nil {
			continue
		}
		changed := img.Old.Key != img.New.Key
		if changed != (img.Status == Changed) || changed != (img.Cause != nil) {
			t.Errorf("%s is %s", img.Name, img.Status)
		}
		if changed && img.Cause.Old == img.Cause.New {
			t.Errorf("the cause of %s is the same in both: %+v", img.Name, *img.Cause)
		}
	}
	return c
}

// TestDifferencesOfImages compares manifests of images field by field.
func TestDifferencesOfImages(t *testing.T) {
	full := func() Config {
		return Config{
			Env: []string{"A=1", "B=2", "C=3"}, Labels: map[string]string{"a": "1", "b": "2"}, Cmd: []string{"x", "y"},
			ExposedPorts: map[string]struct{}{"80/tcp": {}}, Volumes: map[string]struct{}{"/v": {}}, User: "u",
		}
	}
	tests := []struct {
		name   string
		change func(c *Config)
		want   Cause
	}{
		{"nothing", func(*Config) {}, Cause{Kind: KindInstruction}},
		{"variable", func(c *Config) { c.Env[1] = "B=3" }, Cause{Kind: KindEnvironment, Name: "B", Old: "2", New: "3"}},
		{"variable between", func(c *Config) { c.Env = []string{"A=1", "N=", "B=2", "C=3"} }, Cause{Kind: KindEnvironment, Name: "N", New: `""`}},
		{"variable less", func(c *Config) { c.Env = []string{"A=1", "C=3"} }, Cause{Kind: KindEnvironment, Name: "B", Old: "2"}},
		{"order of variables", func(c *Config) { c.Env = []string{"A=1", "C=3", "B=2"} }, Cause{Kind: KindInstruction, Name: "order of inputs", Old: "B", New: "C"}},
		{"two variables", func(c *Config) { c.Env = []string{"A=2", "B=2", "C=4"} }, Cause{Kind: KindEnvironment, Name: "A", Old: "1", New: "2", More: 1}},
		{"label", func(c *Config) { c.Labels["b"] = "3" }, Cause{Kind: KindInstruction, Name: "label b", Old: "2", New: "3"}},
		{"last argument", func(c *Config) { c.Cmd = c.Cmd[:1] }, Cause{Kind: KindInstruction, Name: "cmd", Old: "y"}},
		{"user", func(c *Config) { c.User = "" }, Cause{Kind: KindInstruction, Name: "user", Old: "u"}},
		{"port", func(c *Config) { c.ExposedPorts = nil }, Cause{Kind: KindInstruction, Name: "port", Old: "80/tcp"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			changed := full()
			test.change(&changed)
			d := firstDifference(imageFieldList(&Image{Config: full()}), imageFieldList(&Image{Config: changed}))
			if diff := cmp.Diff(test.want, d.cause()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBaseIsTheCause(t *testing.T) {
	in := open(t, gittest.Repo(t, keyProject()))
	before, err := Make(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	in.Bases = &fakeBases{changed: "busybox"}
	after, err := Make(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	c := Compare(before, after)
	var got []string
	for _, img := range c.Images {
		got = append(got, img.Name+" <- "+strings.Join(img.Path(), " -> "))
	}
	want := []string{"tool <- base busybox -> FROM busybox", "app <- base busybox -> FROM busybox", "site <- base busybox -> FROM busybox -> tool"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"tool", "site"}, c.SameCause("app")); diff != "" {
		t.Error(diff)
	}
}

// TestBasesAreSharedByPlans asks for a base once, however many plans need it.
func TestBasesAreSharedByPlans(t *testing.T) {
	bases := &fakeBases{}
	in := open(t, gittest.Repo(t, keyProject()))
	in.Bases = &SharedBases{Bases: bases}
	for range 2 {
		if _, err := Make(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[string]int{"busybox": 1, "debian:12": 1}, bases.asked); diff != "" {
		t.Error(diff)
	}
}
