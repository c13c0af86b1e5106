package planner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"strings"
	"sync"
	"testing"

	"github.com/strakebuild/strake/config/configtest"
	"github.com/strakebuild/strake/config/gittest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fakeBases knows a few images and counts questions.
type fakeBases struct {
	changed string // a reference that has another id than usual

	mu    sync.Mutex
	asked map[string]int
}

func (f *fakeBases) Base(_ context.Context, ref, platform string) (*Base, error) {
	f.mu.Lock()
	if f.asked == nil {
		f.asked = map[string]int{}
	}
	f.asked[ref]++
	f.mu.Unlock()
	base := &Base{Ref: ref, ID: hexSum(ref + platform)}
	if ref == f.changed {
		base.ID = hexSum("changed " + ref)
	}
	switch ref {
	case "busybox":
		base.Config = Config{Env: []string{"PATH=/bin"}, Cmd: []string{"sh"}}
		base.History = []History{{CreatedBy: "busybox"}}
	case "debian:12":
		base.Config = Config{
			Env: []string{"PATH=/usr/bin:/bin", "LANG=C"}, Cmd: []string{"bash"}, User: "app", WorkingDir: "/srv",
			Entrypoint: []string{"/entry"}, ExposedPorts: map[string]struct{}{"80/tcp": {}}, Labels: map[string]string{"os": "debian"},
		}
		base.History = []History{{CreatedBy: "rootfs"}, {CreatedBy: "CMD", EmptyLayer: true}}
	case "onbuild":
		base.Config = Config{OnBuild: []string{"RUN triggered"}}
	default:
		return nil, errors.New("manifest unknown")
	}
	return base, nil
}

func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// open loads the project of a repository.
func open(t testing.TB, dir string) Input {
	t.Helper()
	tree, project := configtest.Load(t, dir)
	return Input{Project: project, Tree: tree, Bases: &fakeBases{}, Platform: "linux/amd64"}
}

// makePlan plans all final images of a repository with these files.
func makePlan(t testing.TB, files map[string]string) *Plan {
	t.Helper()
	p, err := Make(t.Context(), open(t, gittest.Repo(t, files)))
	if err != nil {
		t.Fatal(err)
	}
	checkPlan(t, p)
	return p
}

// checkPlan tests what holds for every plan.
func checkPlan(t testing.TB, p *Plan) {
	t.Helper()
	seen := map[*Step]bool{nil: true}
	keys := map[Key]bool{}
	for _, s := range p.Steps {
		if keys[s.Key] {
			t.Errorf("two steps have the key %s", s.Key)
		}
		keys[s.Key] = true
		if s.Key != stepKey(s) {
			t.Errorf("%s %s was changed after it got its key", s.Image, s.Name)
		}
		for _, needed := range append(s.sources(), s.Parent) {
			if !seen[needed] {
				t.Errorf("%s %s comes before %s, which it needs", s.Image, s.Name, needed.Name)
			}
		}
		for _, img := range s.Needs {
			if !seen[img.Top] {
				t.Errorf("%s %s comes before image %s, which it needs", s.Image, s.Name, img.Name)
			}
		}
		if s.Base == nil && len(s.Ops) == 0 {
			t.Errorf("%s %s does nothing", s.Image, s.Name)
		}
		seen[s] = true
	}
	for _, img := range p.Images {
		checkImage(t, img, seen)
	}
}

// checkImage compares the history with the layers.
func checkImage(t testing.TB, img *Image, seen map[*Step]bool) {
	t.Helper()
	if !seen[img.Top] {
		t.Errorf("the last step of %s is not in the plan", img.Name)
	}
	layers, lines := 0, 0
	for s := img.Top; s != nil; s = s.Parent {
		if s.Base == nil {
			layers++
			continue
		}
		for _, h := range s.Base.History {
			if !h.EmptyLayer {
				layers++
			}
		}
	}
	for _, h := range img.History {
		if !h.EmptyLayer {
			lines++
		}
	}
	if layers != lines {
		t.Errorf("%s has %d layers and %d lines of history for them", img.Name, layers, lines)
	}
}

func findImage(t testing.TB, p *Plan, name string) *Image {
	t.Helper()
	for _, img := range p.Images {
		if img.Name == name {
			return img
		}
	}
	t.Fatalf("the plan has no image %s", name)
	return nil
}

func imageList(p *Plan) string { return strings.Join(imageNames(p.Images), " ") }
