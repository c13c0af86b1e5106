package planner

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func mode(bits uint32) *uint32 { return &bits }

// knownSteps are steps with every field that a manifest can have. They are
// pairwise different, some only in where a text stands.
func knownSteps() []*Step {
	base := &Step{Base: &Base{Ref: "busybox", ID: strings.Repeat("ab", 32)}, Platform: "linux/amd64"}
	base.Key = stepKey(base)
	run := func(r Run) *Step { return &Step{Parent: base, Platform: "linux/amd64", Ops: []Op{{Run: &r}}} }
	files := func(c Copy) *Step { return &Step{Parent: base, Platform: "linux/amd64", Ops: []Op{{Copy: &c}}} }
	source := func(dir bool, files ...File) []Source { return []Source{{Dir: dir, Files: files}} }
	return []*Step{
		base,
		{Base: base.Base, Platform: "linux/arm64"},
		run(Run{Args: []string{"a b"}}),
		run(Run{Args: []string{"a", "b"}}),
		run(Run{Args: []string{"a"}, Env: []string{"b"}}),
		run(Run{Args: []string{"a"}, Dir: "b"}),
		run(Run{Args: []string{"a"}, User: "b"}),
		run(Run{Args: []string{"a"}, Network: "host"}),
		run(Run{Args: []string{"a"}, Stdin: "b"}),
		run(Run{Args: []string{"a"}, Scripts: []Script{{Path: "/b", Data: "c", Mode: 0o755}}}),
		run(Run{Args: []string{"a"}, Scripts: []Script{{Path: "/b", Data: "c", Mode: 0o644}}}),
		run(Run{Args: []string{"a"}, Scripts: []Script{{Path: "/b", Data: "d", Mode: 0o755}}}),
		run(Run{Args: []string{"a\ndir      /"}}),
		{Platform: "linux/amd64", Ops: []Op{{Run: &Run{Args: []string{"a b"}}}}},
		{Parent: base, Platform: "linux/amd64", Ops: []Op{{Run: &Run{Args: []string{"a"}}}, {Run: &Run{Args: []string{"b"}}}}},
		{Parent: base, Platform: "linux/amd64", Ops: []Op{{Mkdir: &Mkdir{Path: "/a"}}}},
		{Parent: base, Platform: "linux/amd64", Ops: []Op{{Mkdir: &Mkdir{Path: "/a", Owner: Owner{User: "u"}}}}},
		{Parent: base, Platform: "linux/amd64", Ops: []Op{{Mkdir: &Mkdir{Path: "/a", Owner: Owner{User: "u", PrimaryGroup: true}}}}},
		{Parent: base, Platform: "linux/amd64", Ops: []Op{{Mkdir: &Mkdir{Path: "/a", Owner: Owner{Group: "u"}}}}},
		files(Copy{Dest: "/a", Sources: source(false, File{Path: "f", Mode: 0o100644, OID: "1"})}),
		files(Copy{Dest: "/a", Sources: source(true, File{Path: "f", Mode: 0o100644, OID: "1"})}),
		files(Copy{Dest: "/a", Sources: source(false, File{Path: "f", Mode: 0o100755, OID: "1"})}),
		files(Copy{Dest: "/a", Sources: source(false, File{Path: "f", Mode: 0o120000, OID: "1"})}),
		files(Copy{Dest: "/a", Sources: source(false, File{Path: "f", Mode: 0o100644, OID: "2"})}),
		files(Copy{Dest: "/a", Sources: source(false, File{Path: "g", Mode: 0o100644, OID: "1"})}),
		files(Copy{Dest: "/a", Sources: source(false, File{Path: "f", Mode: 0o100644, Data: []byte("1")})}),
		files(Copy{Dest: "/a", Sources: source(false, File{Path: "f", Mode: 0o100644, Data: []byte("2")})}),
		files(Copy{Dest: "/a", Sources: source(true, File{Path: "d", Mode: 0o040000})}),
		files(Copy{Dest: "/a", Sources: source(false, File{Path: "f", Mode: 0o100644, OID: "1"}), Mode: mode(0o644)}),
		files(Copy{Dest: "/a", Sources: source(false, File{Path: "f", Mode: 0o100644, OID: "1"}), Unpack: true}),
		files(Copy{Dest: "/a", Sources: source(false, File{Path: "f", Mode: 0o100644, OID: "1"}), Owner: Owner{User: "1", Group: "2"}}),
		files(Copy{Dest: "/a", From: base, Paths: []string{"/b"}}),
		files(Copy{Dest: "/a", Scratch: true, Paths: []string{"/b"}}),
		files(Copy{Dest: "/a", From: base, Paths: []string{"/b", "/c"}}),
		files(Copy{Dest: "/a", From: base, Paths: []string{"/b"}, Include: []string{"/c"}}),
		files(Copy{Dest: "/a", From: base, Paths: []string{"/b"}, Exclude: []string{"/c"}}),
		files(Copy{Dest: "/a", From: base, Paths: []string{"/b"}, KeepOwner: true}),
	}
}

// TestKnownKeys compares keys with those of earlier versions: a difference means
// that everybody builds everything again, and must be meant.
func TestKnownKeys(t *testing.T) {
	const name = "testdata/keys.golden"
	var got strings.Builder
	for _, s := range knownSteps() {
		fmt.Fprintf(&got, "%s\n%s\n", stepKey(s), Manifest(s))
	}
	img := knownImage()
	fmt.Fprintf(&got, "%s\n%s", imageKey(img), ImageManifest(img))
	if *update {
		if err := os.WriteFile(name, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Error(diff)
	}
}

func knownImage() *Image {
	return &Image{Platform: "linux/amd64", Config: Config{
		User: "u", ExposedPorts: map[string]struct{}{"2/tcp": {}, "1/tcp": {}}, Env: []string{"B=1", "A=2"},
		Entrypoint: []string{"e"}, Cmd: []string{"c"}, Volumes: map[string]struct{}{"/w": {}, "/v": {}}, WorkingDir: "/d",
		Labels: map[string]string{"l": "1", "k": "two\nlines"}, StopSignal: "INT", Shell: []string{"sh"}, OnBuild: []string{"RUN x"},
		Healthcheck: &Healthcheck{Test: []string{"CMD", "t"}, Interval: time.Second, Retries: 3},
	}}
}

func TestDifferentStepsHaveDifferentKeys(t *testing.T) {
	keys, texts := map[Key]int{}, map[string]int{}
	for i, s := range knownSteps() {
		if j, ok := keys[stepKey(s)]; ok {
			t.Errorf("steps %d and %d have one key:\n%s", j, i, Manifest(s))
		}
		if j, ok := texts[Manifest(s)]; ok {
			t.Errorf("steps %d and %d have one manifest:\n%s", j, i, Manifest(s))
		}
		keys[stepKey(s)], texts[Manifest(s)] = i, i
	}
}

func TestKeyIgnoresWhatIsNotContent(t *testing.T) {
	make := func() *Step {
		return &Step{Platform: "linux/amd64", Ops: []Op{
			{Run: &Run{Args: []string{"a"}, Env: []string{"A=1", "B=2"}}},
			{Copy: &Copy{Dest: "/a", Sources: []Source{{Files: []File{{Path: "f", Mode: 0o100644, OID: "1"}}}}}},
		}}
	}
	want := stepKey(make())
	for name, change := range map[string]func(*Step){
		"image":                func(s *Step) { s.Image = "x" },
		"name":                 func(s *Step) { s.Name = "x" },
		"position":             func(s *Step) { s.Pos = "x" },
		"images it waits for":  func(s *Step) { s.Needs = []*Image{{}} },
		"display text":         func(s *Step) { s.Ops[0].Run.Display = "x" },
		"order of environment": func(s *Step) { s.Ops[0].Run.Env = []string{"B=2", "A=1"} },
		"name of a source":     func(s *Step) { s.Ops[1].Copy.Sources[0].Name = "x" },
		"empty selection":      func(s *Step) { s.Ops[1].Copy.MustMatch = true },
	} {
		s := make()
		change(s)
		if stepKey(s) != want {
			t.Errorf("%s changes the key", name)
		}
	}
}

func TestImageKeyFollowsEveryField(t *testing.T) {
	want := imageKey(knownImage())
	for name, change := range map[string]func(*Image){
		"platform":    func(i *Image) { i.Platform = "x" },
		"top":         func(i *Image) { i.Top = &Step{Key: "x"} },
		"user":        func(i *Image) { i.Config.User = "x" },
		"port":        func(i *Image) { i.Config.ExposedPorts["3/tcp"] = struct{}{} },
		"environment": func(i *Image) { i.Config.Env = []string{"A=2", "B=1"} },
		"entrypoint":  func(i *Image) { i.Config.Entrypoint, i.Config.Cmd = i.Config.Cmd, i.Config.Entrypoint },
		"volume":      func(i *Image) { delete(i.Config.Volumes, "/v") },
		"workdir":     func(i *Image) { i.Config.WorkingDir = "" },
		"label":       func(i *Image) { i.Config.Labels["l"] = "2" },
		"stop signal": func(i *Image) { i.Config.StopSignal = "" },
		"shell":       func(i *Image) { i.Config.Shell = nil },
		"trigger":     func(i *Image) { i.Config.OnBuild = nil },
		"healthcheck": func(i *Image) { i.Config.Healthcheck.Retries = 4 },
		"no check":    func(i *Image) { i.Config.Healthcheck = nil },
	} {
		img := knownImage()
		change(img)
		if imageKey(img) == want {
			t.Errorf("%s does not change the key", name)
		}
	}
	same := knownImage()
	same.Name, same.Final, same.History, same.Repo = "x", true, []History{{}}, "x"
	if imageKey(same) != want {
		t.Error("the name or history changes the key")
	}
}
