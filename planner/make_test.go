package planner

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/config/gittest"
)

func TestSelection(t *testing.T) {
	in := open(t, gittest.Repo(t, keyProject()))
	tests := []struct {
		name string
		pick []string
		want string
	}{
		{"all final images", nil, "tool app site"},
		{"one without needs", []string{"app"}, "app"},
		{"one with what it needs, in file order", []string{"site"}, "tool site"},
		{"one that is not final", []string{"tool"}, "tool"},
		{"one twice", []string{"app", "app"}, "app"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in.Select = test.pick
			p, err := Make(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			checkPlan(t, p)
			if diff := cmp.Diff(test.want, imageList(p)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnknownSelection(t *testing.T) {
	in := open(t, gittest.Repo(t, keyProject()))
	in.Select = []string{"nope"}
	_, err := Make(t.Context(), in)
	want := `strake.yaml:1:1: the project has no image "nope": it has "tool", "app", "site"`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestBasesAreAskedOnce(t *testing.T) {
	files := keyProject()
	for _, name := range []string{"x", "y", "z"} {
		files["strake.yaml"] += "---\nimage: " + name + "\nfrom: busybox\nshell: {install: echo " + name + "}\n"
	}
	in := open(t, gittest.Repo(t, files))
	bases := &fakeBases{}
	in.Bases = bases
	if _, err := Make(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"busybox": 1, "debian:12": 1}, bases.asked); diff != "" {
		t.Error(diff)
	}
}

func TestFaultsAreConfigErrors(t *testing.T) {
	files := keyProject()
	files["app/Dockerfile"] = "FROM nowhere\n"
	_, err := Make(t.Context(), open(t, gittest.Repo(t, files)))
	var faults config.Errors
	if !errors.As(err, &faults) || len(faults) != 1 {
		t.Fatalf("got %v, want one fault", err)
	}
	if diff := cmp.Diff(config.Pos{File: "app/Dockerfile", Line: 1, Col: 1}, faults[0].Pos); diff != "" {
		t.Error(diff)
	}
}

func TestCancelledPlanning(t *testing.T) {
	in := open(t, gittest.Repo(t, keyProject()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Make(ctx, in); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestTokensReachEverywhere follows the id of an image through a Dockerfile into
// steps, configurations, and images that are built on them.
func TestTokensReachEverywhere(t *testing.T) {
	p := makePlan(t, map[string]string{
		"strake.yaml": `project: p
configVersion: 1
---
image: lib
from: busybox
shell: {install: echo lib}
---
image: app
dockerfile: Dockerfile
dependencies:
- from: lib
  imports:
  - {type: ImageID, targetBuildArg: ID}
  - {type: ImageDigest, targetBuildArg: DIGEST}
---
image: child
from: app
shell: {install: echo child}
imageSpec: {config: {env: {LIB_ID: ""}}}
`,
		"Dockerfile": "FROM busybox\nRUN before\nARG ID\nCOPY <<END /id\n$ID\nEND\nENV LIB_ID=$ID\nRUN after\n",
	})
	var needs []string
	for _, s := range p.Steps {
		needs = append(needs, s.Image+" "+s.Name+": "+strings.Join(imageNames(s.Needs), ","))
	}
	want := []string{
		"lib FROM busybox: ", "lib install: ", "app [2/4] RUN before: ", "app [3/4] COPY <<END /id: lib",
		"app [4/4] RUN after: lib", "child install: lib",
	}
	if diff := cmp.Diff(want, needs); diff != "" {
		t.Error(diff)
	}
	for image, want := range map[string]int{"lib": 0, "app": 1, "child": 0} {
		if got := len(findImage(t, p, image).Needs); got != want {
			t.Errorf("%s waits for %d images, want %d", image, got, want)
		}
	}
	id := "sha256:" + IDToken(findImage(t, p, "lib").Key)
	if diff := cmp.Diff([]string{"PATH=/bin", "LIB_ID=" + id}, findImage(t, p, "app").Config.Env); diff != "" {
		t.Error(diff)
	}
}

func TestRepoName(t *testing.T) {
	tests := []struct{ image, want string }{
		{"web", "localhost/shop/web"},
		{"api/v1.2_x", "localhost/shop/api/v1.2_x"},
		{"Web", "localhost/shop/web-2975104784a4"},
		{"a b", "localhost/shop/a-b-c8687a08aa5d"},
		{"/", "localhost/shop/image-8a5edab28263"},
		{"", "localhost/shop/image-e3b0c44298fc"},
		{strings.Repeat("x", 200), "localhost/shop/" + strings.Repeat("x", slugLength) + "-aa20c23e3201"},
	}
	for _, name := range []string{"a.b", "a_b", "a__b", "a---b", "0/1/2", "a-0123456789a", "v1.2.3-rc.1"} {
		tests = append(tests, struct{ image, want string }{name, "localhost/shop/" + name})
	}
	for _, name := range []string{"a..b", "a___b", "a._b", ".a", "a.", "a//b", "/a", "a/", "a+b", "a-0123456789ab", "-", "a/-"} {
		if got := RepoName("shop", name); strings.HasSuffix(got, "/"+name) || !looksHashed(got) {
			t.Errorf("%q is used as it is: %s", name, got)
		}
	}
	for _, test := range tests {
		if got := RepoName("shop", test.image); got != test.want {
			t.Errorf("%q: %s, want %s", test.image, got, test.want)
		}
	}
}

func TestRepoNamesNeverCollide(t *testing.T) {
	names := []string{"web", "Web", "WEB", "w-eb", "w eb", "w/eb", "w//eb", "web-", "-web", "web.", "é", "ë", strings.TrimPrefix(RepoName("p", "Web"), "localhost/p/")}
	seen := map[string]string{}
	for _, name := range names {
		repo := RepoName("p", name)
		if other, ok := seen[repo]; ok {
			t.Errorf("%q and %q are both %s", other, name, repo)
		}
		seen[repo] = name
	}
}
