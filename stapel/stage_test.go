package stapel

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/config/configtest"
	"github.com/strakebuild/strake/config/gittest"
)

// load returns the image "app" of a project with these sections, and its tree.
func load(t *testing.T, body string) (*config.Image, *config.Tree) {
	t.Helper()
	dir := gittest.Repo(t, map[string]string{
		"strake.yaml": "project: p\nconfigVersion: 1\n---\nimage: other\nfrom: busybox\n---\nimage: app\nfrom: busybox\n" + body,
		"src/main.go": "m", "src/run.sh*": "r", "src/sub/deep/a.go": "a", "src/sub/b.txt": "b", "src/link@": "main.go",
		"src/.hidden": "h", "src/bad/.wh.x": "x", "src/odd[1]/x": "x", "one file": "f",
	})
	tree, project := configtest.Load(t, dir)
	return project.Images[1], tree
}

func stages(t *testing.T, body string) []Stage {
	t.Helper()
	img, tree := load(t, body)
	all, err := Stages(img, tree)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func names(all []Stage) string {
	var list []string
	for _, s := range all {
		list = append(list, s.Name)
	}
	return strings.Join(list, " ")
}

func TestStageOrder(t *testing.T) {
	const everything = `git:
- {add: /src, to: /src, excludePaths: bad}
shell: {beforeInstall: a, install: b, beforeSetup: c, setup: d}
import:
- {from: other, add: /1, before: install}
- {from: other, add: /2, after: install}
- {from: other, add: /3, before: setup}
- {from: other, add: /4, after: setup}
imageSpec: {config: {user: u}}
`
	tests := []struct{ name, body, want string }{
		{"nothing", "", "from"},
		{"everything", everything, "from beforeInstall dependenciesBeforeInstall gitArchive install dependenciesAfterInstall " +
			"beforeSetup dependenciesBeforeSetup setup dependenciesAfterSetup"},
		{"values alone", "dependencies:\n- {from: other, before: setup, imports: [{type: ImageTag, targetEnv: T}]}\n", "from dependenciesBeforeSetup"},
		{"empty lists", "shell: {install: []}\n", "from"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, names(stages(t, test.body))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMappingSelectsFiles(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"folder", "{add: /src/sub, to: /a}", "b.txt deep/a.go"},
		{"whole repository", "{add: /, to: /a, excludePaths: [src, strake.yaml]}", "one file"},
		{"hidden files and links", "{add: /src, to: /a, excludePaths: [bad, sub, odd*]}", ".hidden link main.go run.sh"},
		{"mask of a name", "{add: /src, to: /a, includePaths: main.go}", "main.go"},
		{"mask does not reach down", "{add: /src, to: /a, includePaths: '*.go'}", "main.go"},
		{"mask that reaches down", "{add: /src, to: /a, includePaths: '**/*.go'}", "main.go sub/deep/a.go"},
		{"folder as mask", "{add: /src, to: /a, includePaths: sub}", "sub/b.txt sub/deep/a.go"},
		{"folder with slash as mask", "{add: /src, to: /a, includePaths: sub/}", "sub/b.txt sub/deep/a.go"},
		{"folder with star as mask", "{add: /src, to: /a, includePaths: sub/*}", "sub/b.txt sub/deep/a.go"},
		{"folder with stars as mask", "{add: /src, to: /a, includePaths: sub/**}", "sub/b.txt sub/deep/a.go"},
		{"stars of several levels", "{add: /src, to: /a, includePaths: sub/**/*}", "sub/b.txt sub/deep/a.go"},
		{"exclude within include", "{add: /src, to: /a, includePaths: sub, excludePaths: sub/deep}", "sub/b.txt"},
		{"alternatives", "{add: /src, to: /a, includePaths: '{main.go,run.sh}'}", "main.go run.sh"},
		{"single file", "{add: /src/run.sh, to: /bin/run}", "run.sh"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			archive := stages(t, "git:\n- "+test.body+"\n")[1]
			var got []string
			for _, e := range archive.Copies[0].Entries {
				got = append(got, e.Path)
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSingleFileKeepsItsMode(t *testing.T) {
	c := stages(t, "git:\n- {add: /src/run.sh, to: /bin/run, owner: app}\n")[1].Copies[0]
	if c.Dir || c.To != "/bin/run" || c.Owner != "app" || c.Entries[0].Mode != config.ModeExec {
		t.Errorf("got %+v", c)
	}
}

func TestFaultsOfStages(t *testing.T) {
	img, tree := load(t, "")
	at := func(text string, line int) config.String {
		return config.String{Value: text, Pos: config.Pos{File: "strake.yaml", Line: line, Col: 3}}
	}
	git := func(files config.Files) func(*config.Stapel) {
		return func(s *config.Stapel) { s.Git = []config.GitMapping{{Files: files}} }
	}
	imports := func(files config.Files) func(*config.Stapel) {
		return func(s *config.Stapel) { s.Imports = []config.Import{{Files: files, From: at("other", 1)}} }
	}
	tests := []struct {
		name   string
		change func(*config.Stapel)
		want   string
	}{
		{"missing folder", git(config.Files{Add: at("/nope", 2), To: at("/a", 3)}),
			"strake.yaml:2:3: no file or folder /nope in the repository"},
		{"nothing selected", git(config.Files{Add: at("/src", 2), To: at("/a", 3), Include: []config.String{at("*.rs", 4)}}),
			"strake.yaml:2:3: no file of /src is left by includePaths and excludePaths"},
		{"bad mask", git(config.Files{Add: at("/src", 2), To: at("/a", 3), Exclude: []config.String{at("[a", 4)}}),
			"strake.yaml:4:3: invalid pattern [a"},
		{"file in place of the root", git(config.Files{Add: at("/one file", 2), To: at("/", 3)}),
			"strake.yaml:3:3: the file /one file cannot replace the root folder: write the name that it gets"},
		{"deletion mark", git(config.Files{Add: at("/src/bad", 2), To: at("/a", 3)}),
			"strake.yaml:2:3: .wh.x: a name that begins with .wh. cannot be stored in an image"},
		{"bad mask of an import", imports(config.Files{Add: at("/a", 2), To: at("/a", 3), Include: []config.String{at("{", 4)}}),
			"strake.yaml:4:3: invalid pattern {"},
		{"import of a kernel folder", imports(config.Files{Add: at("/proc/1", 2), To: at("/a", 3)}),
			"strake.yaml:2:3: files of /proc cannot be imported: they are not part of an image"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			broken, stapel := *img, *img.Stapel
			test.change(&stapel)
			broken.Stapel = &stapel
			_, err := Stages(&broken, tree)
			var faults config.Errors
			if !errors.As(err, &faults) {
				t.Fatalf("got %v, want config.Errors", err)
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestImportOfARootLeavesOutKernelFolders(t *testing.T) {
	imp := stages(t, "import:\n- {from: other, add: /, to: /copy, includePaths: '*', before: install}\n")[1].Imports[0]
	for _, name := range []string{"proc", "proc/1", "sys/a/b", "dev/null", "run/lock"} {
		if !config.MatchAny(imp.Exclude, name) {
			t.Errorf("%s is imported", name)
		}
	}
	for _, name := range []string{"process", "usr/proc", "srv/run/x"} {
		if config.MatchAny(imp.Exclude, name) {
			t.Errorf("%s is left out", name)
		}
	}
}

func TestValuesKeepTheirPlace(t *testing.T) {
	all := stages(t, `dependencies:
- {from: other, after: install, imports: [{type: ImageID, targetEnv: A}, {type: ImageName, targetEnv: B}]}
- {from: other, after: setup, imports: [{type: ImageTag, targetEnv: C}]}
`)
	var got []string
	for _, s := range all {
		for _, v := range s.Values {
			got = append(got, s.Name+" "+v.Image.Value+" "+v.Type+" "+v.Target)
		}
	}
	want := []string{"dependenciesAfterInstall other ImageID A", "dependenciesAfterInstall other ImageName B", "dependenciesAfterSetup other ImageTag C"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestScriptRuns runs scripts with the shells of this machine.
func TestScriptRuns(t *testing.T) {
	tests := []struct {
		name     string
		commands []string
		want     string
		ok       bool
	}{
		{"commands share a shell", []string{"cd /", "x=1", "echo $PWD $x $#"}, "/ 1 0\n", true},
		{"many lines", []string{"cat <<END\na $((1+1))\nEND", "echo b"}, "a 2\nb\n", true},
		{"stops at the first fault", []string{"echo a", "false", "echo b"}, "a\n", false},
		{"fault in a condition", []string{"false || echo a", "if false; then echo b; fi", "echo c"}, "a\nc\n", true},
		{"comment in the last line", []string{"echo a # comment", "# only this"}, "a\n", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := runScript(t, os.Environ(), test.commands...)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if (err == nil) != test.ok {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

func TestScriptUsesBashWhereThereIsOne(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("skipped: bash is not installed")
	}
	got, err := runScript(t, os.Environ(), "list=(a b)", "echo ${list[1]} ${#@}")
	if err != nil || got != "b 0\n" {
		t.Errorf("got %q, %v", got, err)
	}
	got, err = runScript(t, []string{"PATH=/nowhere"}, `echo "$# ${BASH_VERSION:-none}"`)
	if err != nil || !strings.HasPrefix(got, "0 ") {
		t.Errorf("without bash: got %q, %v", got, err)
	}
}

func runScript(t *testing.T, env []string, commands ...string) (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte(script(commands)), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", path)
	cmd.Env = env
	out, err := cmd.Output()
	return string(out), err
}
