package planner

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/config/configtest"
	"github.com/strakebuild/strake/config/gittest"
)

// uncommittedFiles is a project with one image of each kind, which see the same
// files.
var uncommittedFiles = map[string]string{
	"strake.yaml": `project: p
configVersion: 1
---
image: front
dockerfile: Dockerfile
context: ctx
---
image: back
from: scratch
git:
- add: /ctx
  to: /ctx
  excludePaths: [out, "*.log"]
- add: /ctx/single.txt
  to: /single
`,
	"ctx/Dockerfile":    "FROM scratch\nCOPY src /src\nCOPY *.txt /\nCOPY single.txt link /two/\n",
	"ctx/.dockerignore": "out\n*.log\nDockerfile\n!src/keep.log\n",
	"ctx/src/main.go":   "m", "ctx/single.txt": "s", "ctx/out/x": "x", "ctx/real": "r", "ctx/link@": "real",
	"beside": "b",
}

// The places of uncommittedFiles and what ends a message.
const (
	buildAll  = "; commit, or use --dev to build the work tree"
	atCopy    = "ctx/Dockerfile:2:1: "
	atPattern = "ctx/Dockerfile:3:1: "
	atLink    = "ctx/Dockerfile:4:1: "
	atFolder  = "strake.yaml:11:8: "
	atFile    = "strake.yaml:14:8: "
)

func changed(name string) string { return `the file "` + name + `" must be committed` }

// uncommittedCase is a change of the work tree and the faults that it leads to.
type uncommittedCase struct {
	name   string
	write  map[string]string
	remove string
	want   string
}

func uncommittedCases() []uncommittedCase {
	return []uncommittedCase{
		{"nothing", nil, "", ""},
		{"beside and ignored", map[string]string{"beside": "new", "ctx/out/x": "new", "ctx/out/y": "new", "ctx/a.log": "new"}, "", ""},
		{
			"changed", map[string]string{"ctx/src/main.go": "new"}, "",
			atCopy + changed("ctx/src/main.go") + buildAll + "\n" + atFolder + changed("ctx/src/main.go") + buildAll,
		},
		{
			"new in a folder", map[string]string{"ctx/src/deep/new.go": "new"}, "",
			atCopy + `the untracked file "ctx/src/deep/new.go" must be committed` + buildAll + "\n" +
				atFolder + `the untracked file "ctx/src/deep/new.go" must be committed` + buildAll,
		},
		{
			"new and kept by the ignore file", map[string]string{"ctx/src/keep.log": "new"}, "",
			atCopy + `the untracked file "ctx/src/keep.log" must be committed` + buildAll + "\n" +
				atFolder + `the untracked file "ctx/src/keep.log" must be committed` + buildAll,
		},
		{
			"new for a pattern", map[string]string{"ctx/new.txt": "new"}, "",
			atPattern + `the untracked file "ctx/new.txt" must be committed` + buildAll + "\n" +
				atFolder + `the untracked file "ctx/new.txt" must be committed` + buildAll,
		},
		{
			"removed", nil, "ctx/single.txt",
			atPattern + changed("ctx/single.txt") + ": it is removed in the work tree" + buildAll + "\n" +
				atFolder + changed("ctx/single.txt") + ": it is removed in the work tree" + buildAll + "\n" +
				atFile + changed("ctx/single.txt") + ": it is removed in the work tree" + buildAll,
		},
		{
			"behind a link", map[string]string{"ctx/real": "new"}, "",
			atLink + changed("ctx/real") + buildAll + "\n" + atFolder + changed("ctx/real") + buildAll,
		},
		{
			"the Dockerfile", map[string]string{"ctx/Dockerfile": "FROM scratch"}, "",
			`strake.yaml:5:13: unable to read dockerfile "ctx/Dockerfile": ` + changed("ctx/Dockerfile") +
				`; commit, use --dev, or add config: {dockerfile: {allowUncommitted: ["ctx/Dockerfile"]}} to strake-giterminism.yaml` +
				"\n" + atFolder + changed("ctx/Dockerfile") + buildAll,
		},
		{
			"the ignore file", map[string]string{"ctx/.dockerignore": ""}, "",
			`strake.yaml:6:10: unable to read dockerignore file "ctx/.dockerignore": ` + changed("ctx/.dockerignore") +
				`; commit, use --dev, or add config: {dockerfile: {allowUncommittedDockerignoreFiles: ["ctx/.dockerignore"]}} to strake-giterminism.yaml` +
				"\n" + atFolder + changed("ctx/.dockerignore") + buildAll,
		},
		{
			"a new ignore file", map[string]string{"ctx/Dockerfile.dockerignore": ""}, "",
			`strake.yaml:6:10: unable to read dockerignore file "ctx/Dockerfile.dockerignore": the untracked file "ctx/Dockerfile.dockerignore" must be committed` +
				`; commit, use --dev, or add config: {dockerfile: {allowUncommittedDockerignoreFiles: ["ctx/Dockerfile.dockerignore"]}} to strake-giterminism.yaml` +
				"\n" + atFolder + `the untracked file "ctx/Dockerfile.dockerignore" must be committed` + buildAll,
		},
	}
}

func TestUncommittedBuildInputs(t *testing.T) {
	for _, test := range uncommittedCases() {
		t.Run(test.name, func(t *testing.T) {
			dir := gittest.Repo(t, uncommittedFiles)
			gittest.Write(t, dir, test.write)
			if test.remove != "" {
				if err := os.Remove(filepath.Join(dir, test.remove)); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(test.want, planFaults(t, dir, config.InputOptions{})); diff != "" {
				t.Error(diff)
			}
			if test.remove != "" {
				return // nothing is left for one of the mappings
			}
			if got := planFaults(t, dir, config.InputOptions{Dev: true}); got != "" {
				t.Errorf("with the work tree: %s", got)
			}
		})
	}
}

// planFaults plans a project and returns the faults.
func planFaults(t *testing.T, dir string, opts config.InputOptions) string {
	t.Helper()
	if _, err := planInputs(t, dir, opts); err != nil {
		return err.Error()
	}
	return ""
}

// planInputs plans a project with what its work tree may change.
func planInputs(t *testing.T, dir string, opts config.InputOptions) (*Plan, error) {
	t.Helper()
	in := Input{Inputs: configtest.Inputs(t, dir, opts), Bases: &fakeBases{}, Platform: "linux/amd64"}
	in.Tree = in.Inputs.Tree
	var err error
	if in.Project, err = config.Load(t.Context(), in.Inputs, config.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	return Make(t.Context(), in)
}

func TestAddedFilesAreInTheKey(t *testing.T) {
	image := "---\nimage: %\ndockerfile: Dockerfile\ncontextAddFiles: [bin/%]\n"
	dir := gittest.Repo(t, map[string]string{
		"strake.yaml": "project: p\nconfigVersion: 1\n" + strings.ReplaceAll(image, "%", "a") + strings.ReplaceAll(image, "%", "b"),
		"Dockerfile":  "FROM scratch\nCOPY bin /bin\n", ".gitignore": "bin", ".dockerignore": "bin",
		"strake-giterminism.yaml": "giterminismConfigVersion: 1\nconfig: {dockerfile: {allowContextAddFiles: [bin]}}\n",
	})
	keys := map[Key]string{}
	for _, content := range []string{"first", "second"} {
		gittest.Write(t, dir, map[string]string{"bin/a": content + " a", "bin/b": content + " b", "bin/c": content})
		for _, opts := range []config.InputOptions{{}, {Dev: true}} {
			p, err := planInputs(t, dir, opts)
			if err != nil {
				t.Fatal(err)
			}
			for _, img := range p.Images {
				keys[img.Key] = content + " " + img.Name
				files := img.Top.Ops[0].Copy.Sources[0].Files
				if len(files) != 1 || files[0].Path != img.Name {
					t.Errorf("%s has the files %v", img.Name, files)
				}
			}
		}
	}
	if len(keys) != 4 {
		t.Errorf("got the keys of %v", keys)
	}
}

func TestAllowedDockerfilesAreReadFromTheWorkTree(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{
		"strake.yaml": "project: p\nconfigVersion: 1\n---\nimage: a\ndockerfile: Dockerfile\n",
		"Dockerfile":  "FROM scratch\nCOPY a /\n", "a": "a", "b": "b",
		"strake-giterminism.yaml": "giterminismConfigVersion: 1\n" +
			"config: {dockerfile: {allowUncommitted: [Dockerfile], allowUncommittedDockerignoreFiles: [.dockerignore]}}\n",
	})
	gittest.Write(t, dir, map[string]string{"Dockerfile": "FROM scratch\nCOPY b /\nCOPY a /\n", ".dockerignore": "a\n"})
	want := "Dockerfile:3:1: a is excluded by .dockerignore"
	if got := planFaults(t, dir, config.InputOptions{}); got != want {
		t.Errorf("got %q", got)
	}
}
