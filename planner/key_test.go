package planner

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/config/gittest"
)

// keyProject has an image of each kind; names in comments are what tests change.
func keyProject() map[string]string {
	return map[string]string{
		"strake.yaml": `project: p
configVersion: 1
---
image: tool
final: false
from: busybox
shell:
  install: make tool
---
image: app
dockerfile: Dockerfile
context: app
args:
  VERSION: "1"
  UNUSED: "1"
---
image: site
from: debian:12
git:
- add: /site
  to: /srv
  excludePaths: "*.md"
import:
- from: tool
  add: /tool
  to: /usr/bin/tool
  before: setup
dependencies:
- from: tool
  before: setup
  imports:
  - {type: ImageID, targetEnv: TOOL_ID}
shell:
  install:
  - echo install
  setup: echo setup
imageSpec:
  config:
    labels: {a: b, c: d}
`,
		"app/Dockerfile": `FROM busybox AS build
WORKDIR /src
COPY . .
ARG VERSION
ENV MODE=fast
RUN <<END
make
END
FROM busybox
COPY --from=build /src/out /out
COPY <<END /motd
hello
END
CMD ["x"]
`,
		"app/main.c":        "int main;",
		"app/run.sh":        "#!/bin/sh",
		"app/sub/link@":     "../main.c",
		"app/.dockerignore": "ignored\nDockerfile\n.dockerignore\n",
		"app/ignored":       "x",
		"site/index.html":   "<p>",
		"site/notes.md":     "x",
		"README":            "x",
	}
}

// imageKeys are the keys of the images of a project.
func imageKeys(p *Plan) map[string]Key {
	keys := map[string]Key{}
	for _, img := range p.Images {
		keys[img.Name] = img.Key
	}
	return keys
}

// edit replaces a text in a file and fails when it is not there.
func edit(t *testing.T, files map[string]string, file, old, new string) {
	t.Helper()
	if !strings.Contains(files[file], old) {
		t.Fatalf("%s does not contain %q", file, old)
	}
	files[file] = strings.Replace(files[file], old, new, 1)
}

func rename(files map[string]string, from, to string) {
	files[to] = files[from]
	delete(files, from)
}

// keyChange is one change of keyProject and the images whose keys must change.
type keyChange struct {
	name    string
	change  func(t *testing.T, files map[string]string)
	changed string // names of images
}

const yaml, docker = "strake.yaml", "app/Dockerfile"

// swap is a change of one text.
func swap(file, old, new string) func(*testing.T, map[string]string) {
	return func(t *testing.T, f map[string]string) { edit(t, f, file, old, new) }
}

// changesWithoutEffect change what no key covers.
func changesWithoutEffect() []keyChange {
	return []keyChange{
		{"nothing", func(*testing.T, map[string]string) {}, ""},
		{"unrelated file", swap("README", "x", "y"), ""},
		{"new unrelated file", func(_ *testing.T, f map[string]string) { f["other/new"] = "x" }, ""},
		{"ignored file", swap("app/ignored", "x", "y"), ""},
		{"excluded file", swap("site/notes.md", "x", "y"), ""},
		{"comment in the Dockerfile", swap(docker, "ARG VERSION", "# comment\nARG VERSION"), ""},
		{"ignore rule without effect", swap("app/.dockerignore", "ignored", "ignored\nnothing"), ""},
		{"name of a stage", func(t *testing.T, f map[string]string) {
			edit(t, f, docker, "AS build", "AS other")
			edit(t, f, docker, "--from=build", "--from=other")
		}, ""},
		{"case of an instruction", swap(docker, "WORKDIR", "workdir"), ""},
		{"another way to write a path", swap(docker, "WORKDIR /src", "WORKDIR /usr/../src/"), ""},
		{"instruction after the last step of another stage", swap(docker, "FROM busybox\nCOPY", "LABEL a=b\nFROM busybox\nCOPY"), ""},
		{"stage that is not needed", swap(docker, "FROM busybox\nCOPY", "FROM busybox\nRUN never\nFROM busybox\nCOPY"), ""},
		{"comment in the project file", swap(yaml, "image: site", "# comment\nimage: site"), ""},
		{"moved section", func(_ *testing.T, f map[string]string) {
			parts := strings.Split(f[yaml], "---\n")
			parts[1], parts[3] = parts[3], parts[1]
			f[yaml] = strings.Join(parts, "---\n")
		}, ""},
		{"order of a map", swap(yaml, "{a: b, c: d}", "{c: d, a: b}"), ""},
		{"argument that nothing declares", swap(yaml, `UNUSED: "1"`, `UNUSED: "2"`), ""},
		{"quotes of a value", swap(yaml, "echo setup", `"echo setup"`), ""},
	}
}

func changesOfFiles() []keyChange {
	return []keyChange{
		{"content", swap("app/main.c", "int", "char"), "app"},
		{"content of a mapping", swap("site/index.html", "<p>", "<b>"), "site"},
		{"executable", func(_ *testing.T, f map[string]string) { rename(f, "app/run.sh", "app/run.sh*") }, "app"},
		{"executable of a mapping", func(_ *testing.T, f map[string]string) { rename(f, "site/index.html", "site/index.html*") }, "site"},
		{"rename", func(_ *testing.T, f map[string]string) { rename(f, "app/main.c", "app/main.d") }, "app"},
		{"rename in a mapping", func(_ *testing.T, f map[string]string) { rename(f, "site/index.html", "site/index.htm") }, "site"},
		{"move into a folder", func(_ *testing.T, f map[string]string) { rename(f, "app/main.c", "app/sub/main.c") }, "app"},
		{"new file", func(_ *testing.T, f map[string]string) { f["app/new"] = "" }, "app"},
		{"new empty file in a mapping", func(_ *testing.T, f map[string]string) { f["site/new"] = "" }, "site"},
		{"removed file", func(_ *testing.T, f map[string]string) { delete(f, "app/run.sh") }, "app"},
		{"link target", swap("app/sub/link@", "../main.c", "../run.sh"), "app"},
		{"link in place of a file", func(_ *testing.T, f map[string]string) { rename(f, "app/run.sh", "app/run.sh@") }, "app"},
		{"two contents swapped", func(_ *testing.T, f map[string]string) {
			f["app/main.c"], f["app/run.sh"] = f["app/run.sh"], f["app/main.c"]
		}, "app"},
		{"file that is no longer ignored", swap("app/.dockerignore", "ignored", "nothing"), "app"},
		{"mask", swap(yaml, `"*.md"`, `"*.none"`), "site"},
	}
}

func changesOfInstructions() []keyChange {
	return []keyChange{
		{"heredoc of RUN", swap(docker, "make\n", "make all\n"), "app"},
		{"heredoc of COPY", swap(docker, "hello", "hullo"), "app"},
		{"visible argument", swap(yaml, `VERSION: "1"`, `VERSION: "2"`), "app"},
		{"argument without a value", swap(yaml, `  VERSION: "1"`+"\n", ""), "app"},
		{"environment", swap(docker, "MODE=fast", "MODE=slow"), "app"},
		{"working directory", swap(docker, "WORKDIR /src", "WORKDIR /src2"), "app"},
		{"command of the image", swap(docker, `CMD ["x"]`, `CMD ["y"]`), "app"},
		{"path of COPY --from", swap(docker, "/src/out /out", "/src/out2 /out"), "app"},
		{"destination", swap(docker, "/src/out /out", "/src/out /out/"), "app"},
		{"mode of COPY", swap(docker, "COPY --from=build", "COPY --chmod=755 --from=build"), "app"},
		{"owner of COPY", swap(docker, "COPY --from=build", "COPY --chown=1 --from=build"), "app"},
		{"network of RUN", swap(docker, "RUN <<END", "RUN --network=none <<END"), "app"},
		{"shell of RUN", swap(docker, "ARG VERSION", `SHELL ["/bin/ash", "-c"]`), "app"},
		{"user of RUN", swap(docker, "ENV MODE", "USER 7\nENV MODE"), "app"},
		{"ADD in place of COPY", swap(docker, "COPY . .", "ADD . ."), "app"},
		{"command of a stage", swap(yaml, "echo install", "echo  install"), "site"},
		{"one command in place of two stages", swap(yaml, "install:\n  - echo install\n  setup: echo setup", "setup: echo setup"), "site"},
		{"command that another image imports from", swap(yaml, "make tool", "make tools"), "tool site"},
		{"owner of a mapping", swap(yaml, "to: /srv\n", "to: /srv\n  owner: web\n"), "site"},
		{"destination of a mapping", swap(yaml, "to: /srv\n", "to: /srv/www\n"), "site"},
		{"destination of an import", swap(yaml, "to: /usr/bin/tool", "to: /bin/tool"), "site"},
		{"masks of an import", swap(yaml, "to: /usr/bin/tool", "to: /usr/bin/tool\n  includePaths: a"), "site"},
		{"variable of a dependency", swap(yaml, "targetEnv: TOOL_ID", "targetEnv: TOOL"), "site"},
		{"label", swap(yaml, "a: b", "a: c"), "site"},
		{"base of one image", swap(yaml, "from: debian:12", "from: busybox"), "site"},
		{"name of an image", swap(yaml, "image: app", "image: renamed"), ""},
	}
}

// TestKeysFollowContent changes one thing and names the images whose keys must
// change; all others must stay.
func TestKeysFollowContent(t *testing.T) {
	tests := slices.Concat(changesWithoutEffect(), changesOfFiles(), changesOfInstructions())
	before := imageKeys(makePlan(t, keyProject()))
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files := keyProject()
			test.change(t, files)
			after := imageKeys(makePlan(t, files))
			if key, ok := after["renamed"]; ok {
				after["app"] = key
			}
			var changed []string
			for _, name := range []string{"tool", "app", "site"} {
				if before[name] != after[name] {
					changed = append(changed, name)
				}
			}
			if got := strings.Join(changed, " "); got != test.changed {
				t.Errorf("changed: %q, want %q", got, test.changed)
			}
		})
	}
}

// TestKeysStayAcrossClones plans the same content from another folder, with
// other times of files and another commit.
func TestKeysStayAcrossClones(t *testing.T) {
	dir := gittest.Repo(t, keyProject())
	first, err := Make(t.Context(), open(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	clone := filepath.Join(t.TempDir(), "clone")
	gittest.Git(t, dir, "clone", "--quiet", dir, clone)
	if err := os.Chtimes(filepath.Join(clone, "app/main.c"), time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	gittest.Git(t, clone, "-c", "user.name=Other", "commit", "--quiet", "--allow-empty", "-m", "other")
	second, err := Make(t.Context(), open(t, clone))
	if err != nil {
		t.Fatal(err)
	}
	if first.Commit == second.Commit {
		t.Error("the commits are the same: the test compares nothing")
	}
	if diff := cmp.Diff(stepLines(first), stepLines(second)); diff != "" {
		t.Error(diff)
	}
}

func stepLines(p *Plan) []string {
	var lines []string
	for _, s := range p.Steps {
		lines = append(lines, fmt.Sprint(s.Key, " ", s.Image, " ", s.Name))
	}
	return lines
}

// TestKeysFollowTheBase changes what a reference stands for.
func TestKeysFollowTheBase(t *testing.T) {
	in := open(t, gittest.Repo(t, keyProject()))
	before, err := Make(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	in.Bases = &fakeBases{changed: "debian:12"}
	after, err := Make(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	want := imageKeys(before)
	maps.DeleteFunc(want, func(name string, key Key) bool { return imageKeys(after)[name] == key })
	if len(want) != 1 || want["site"] == "" {
		t.Errorf("changed: %v, want the key of site alone", want)
	}
}

// TestStepsUpToAChangeStay changes a file and counts the steps that are new.
func TestStepsUpToAChangeStay(t *testing.T) {
	before := makePlan(t, keyProject())
	files := keyProject()
	files["site/index.html"] = "changed"
	after := makePlan(t, files)
	known := map[Key]bool{}
	for _, s := range before.Steps {
		known[s.Key] = true
	}
	var fresh []string
	for _, s := range after.Steps {
		if !known[s.Key] {
			fresh = append(fresh, s.Image+" "+s.Name)
		}
	}
	want := []string{"site gitArchive", "site install", "site dependenciesBeforeSetup", "site setup"}
	if diff := cmp.Diff(want, fresh); diff != "" {
		t.Error(diff)
	}
}
