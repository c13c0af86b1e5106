package buildah

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/planner"
)

func found(t *testing.T, b *Backend, img *planner.Image) bool {
	t.Helper()
	_, ok, err := b.FindImage(context.Background(), img)
	must(t, err)
	return ok
}

func TestPublishedImageIsFoundByItsKeyAndNames(t *testing.T) {
	b := open(t, nil)
	s := ground(t, b)
	img := image("web", s)
	img.Config = planner.Config{Env: []string{"A=1"}, Cmd: []string{"sh"}, Labels: map[string]string{"l": "<&>"}, ExposedPorts: map[string]struct{}{"80/tcp": {}}, WorkingDir: "/w"}
	img.History = []planner.History{{CreatedBy: "COPY . /"}, {CreatedBy: "CMD sh", EmptyLayer: true}}
	img.Platform, img.Created = "linux/arm/v7", time.Date(2020, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	if found(t, b, img) {
		t.Fatal("it is there before it was published")
	}
	done := publish(t, b, img)
	again, ok, err := b.FindImage(context.Background(), img)
	if diff := cmp.Diff(done, again); diff != "" || !ok || err != nil {
		t.Errorf("%v, %v, %s", ok, err, diff)
	}
	want := []string{"localhost/test/web:latest", "localhost/test/web:" + string(s.Key)}
	if diff := cmp.Diff(want, done.Names); diff != "" || done.Name != "web" || done.Key != s.Key || done.Size < 1000 {
		t.Errorf("%+v", done)
	}
	layout := export(t, b, img.Repo)
	m := manifest(t, layout)
	var c imageConfig
	blob(t, layout, m.Config, &c)
	if m.Config.Digest.Encoded() != done.ID || len(m.Layers) != 1 || m.Layers[0].Digest != c.RootFS.DiffIDs[0] {
		t.Errorf("the exported image is another one: %+v", m)
	}
	if diff := cmp.Diff(img.Config, c.Config); diff != "" {
		t.Error(diff)
	}
	created := img.Created.UTC()
	wantConfig := imageConfig{Created: created, OS: "linux", Architecture: "arm", Variant: "v7", Config: img.Config, RootFS: c.RootFS,
		History: []historyEntry{{created, "COPY . /", false}, {created, "CMD sh", true}}}
	if diff := cmp.Diff(wantConfig, c); diff != "" {
		t.Error(diff)
	}
}

func TestOtherToolsFindTheImage(t *testing.T) {
	b := open(t, nil)
	s := ground(t, b)
	publish(t, b, image("web", s))
	out := output(t, program(t, "buildah", "buildah"), "--root", b.store.GraphRoot(), "--runroot", b.store.RunRoot(),
		"--storage-driver", "overlay", "images", "--format", "{{.Name}}:{{.Tag}}")
	lines := strings.Fields(out)
	slices.Sort(lines)
	want := []string{"localhost/test/web:" + string(s.Key), "localhost/test/web:latest"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}

func TestLatestMovesToTheNewestImage(t *testing.T) {
	b := open(t, nil)
	one, two := image("web", ground(t, b)), image("web", step("other", nil, copyOp("/f", text("f", "1"))))
	mustBuild(t, b, two.Top)
	first, second := publish(t, b, one), publish(t, b, two)
	named := func(name string) string {
		img, err := b.store.Image(name)
		must(t, err)
		return img.ID
	}
	if named(one.Repo+":latest") != second.ID || named(keyName(one)) != first.ID || named(keyName(two)) != second.ID {
		t.Error("the names lead to other images")
	}
	publish(t, b, one) // found in the cache by a later build
	if named(one.Repo+":latest") != first.ID || !found(t, b, two) {
		t.Error("the name did not move back")
	}
}

func TestPublishingAgainWritesNothing(t *testing.T) {
	b := open(t, nil)
	img := image("web", ground(t, b))
	first := publish(t, b, img)
	before := snapshot(t, b.store.GraphRoot())
	other, err := Open(b.opts) // as the next run of the program does
	must(t, err)
	defer other.Close()
	if !found(t, other, img) {
		t.Error("another process does not find it")
	}
	if ok, err := other.FindStep(t.Context(), img.Top); !ok || err != nil {
		t.Error(ok, err)
	}
	if diff := cmp.Diff(first, publish(t, other, img)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, snapshot(t, b.store.GraphRoot())); diff != "" {
		t.Error(diff)
	}
}

func TestValuesReplaceTokens(t *testing.T) {
	b := open(t, nil)
	img := image("web", ground(t, b))
	token := planner.IDToken(planner.Key(strings.Repeat("1", 64)))
	value := strings.Repeat("ab", 32)
	img.Config.Labels = map[string]string{"of": "sha256:" + token}
	img.History = []planner.History{{CreatedBy: "LABEL of=" + token}}
	done, err := b.Publish(t.Context(), img, map[string]string{token: value})
	must(t, err)
	data, err := b.store.ImageBigData(done.ID, "sha256:"+done.ID)
	must(t, err)
	if strings.Contains(string(data), token) || strings.Count(string(data), value) != 2 {
		t.Errorf("configuration %s", data)
	}
}

func TestTwoKeysOfOneImage(t *testing.T) {
	b := open(t, nil)
	one := image("web", ground(t, b))
	two := *one
	two.Name, two.Repo, two.Key = "copy", "localhost/test/copy", planner.Key(strings.Repeat("c", 64))
	if first, second := publish(t, b, one), publish(t, b, &two); first.ID != second.ID {
		t.Errorf("%s and %s", first.ID, second.ID)
	}
	if !found(t, b, one) || !found(t, b, &two) {
		t.Error("one of them lost its name")
	}
}

func TestImageWithoutAnyFile(t *testing.T) {
	b := open(t, nil)
	img := image("empty", nil)
	done := publish(t, b, img)
	if !found(t, b, img) || done.Size != 0 {
		t.Errorf("%+v", done)
	}
}

// forget makes a storage lose a layer, as damage would.
func forget(t *testing.T, b *Backend, key planner.Key) {
	t.Helper()
	path := filepath.Join(b.store.GraphRoot(), "overlay-layers/layers.json")
	data, err := os.ReadFile(path)
	must(t, err)
	var layers []map[string]any
	must(t, json.Unmarshal(data, &layers))
	layers = slices.DeleteFunc(layers, func(l map[string]any) bool { return l["id"] == string(key) })
	data, err = json.Marshal(layers)
	must(t, err)
	must(t, os.WriteFile(path, data, 0o600))
	must(t, os.RemoveAll(filepath.Join(b.store.GraphRoot(), "overlay", string(key))))
}

// TestDamagedRecordsAreBuiltAgain damages an image that was published. It must
// not be found any more, and has to be whole after it was built again.
func TestDamagedRecordsAreBuiltAgain(t *testing.T) {
	blobs := memory{}
	for name, damage := range map[string]func(t *testing.T, b *Backend, img *planner.Image, id string){
		"a layer that is gone": func(t *testing.T, b *Backend, img *planner.Image, _ string) { forget(t, b, img.Key) },
		"an empty configuration": func(t *testing.T, b *Backend, _ *planner.Image, id string) {
			paths, err := filepath.Glob(filepath.Join(b.store.GraphRoot(), "overlay-images", id, "=*"))
			must(t, err)
			for _, path := range paths {
				must(t, os.Truncate(path, 0))
			}
		},
		"a layer that another image has built again": func(t *testing.T, b *Backend, img *planner.Image, _ string) {
			forget(t, b, img.Key)
			b = reopen(t, b)
			mustBuild(t, b, img.Top)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, blobs)
			base := busybox(t, blobs)
			mustBuild(t, b, base)
			img := image("web", step("random", base, sh("head -c 1000 /dev/urandom > /f")))
			mustBuild(t, b, img.Top)
			damage(t, b, img, publish(t, b, img).ID)
			b = reopen(t, b)
			if found(t, b, img) {
				t.Error("the damaged image is found")
			}
			mustBuild(t, b, img.Top)
			publish(t, b, img)
			if !found(t, b, img) {
				t.Error("the new image is not found")
			}
			unpacked(t, export(t, b, img.Repo))
			unpacked(t, export(t, b, keyName(img)))
		})
	}
}

func reopen(t *testing.T, b *Backend) *Backend {
	t.Helper()
	again, err := Open(b.opts)
	must(t, err)
	t.Cleanup(func() { again.Close() })
	return again
}

func TestBaseIsFoundInTheStorage(t *testing.T) {
	b := open(t, nil)
	img := image("web", ground(t, b))
	img.Config = planner.Config{User: "app", Env: []string{"A=1"}}
	img.History = []planner.History{{CreatedBy: "COPY"}, {CreatedBy: "USER app", EmptyLayer: true}}
	done := publish(t, b, img)
	for _, ref := range []string{"localhost/test/web", "localhost/test/web:latest", keyName(img), done.ID, done.ID[:12]} {
		got, err := b.Base(t.Context(), ref, "linux/amd64")
		must(t, err)
		if diff := cmp.Diff(&planner.Base{Ref: ref, ID: done.ID, Config: img.Config, History: img.History}, got); diff != "" {
			t.Error(diff)
		}
	}
	for _, ref := range []string{"localhost/test/none", "localhost/test/web:v2"} {
		if _, err := b.Base(t.Context(), ref, "linux/amd64"); err == nil || err.Error() != "not in the local storage: build it first" {
			t.Error(err)
		}
	}
	from := &planner.Step{Key: "base", Name: "FROM", Base: &planner.Base{Ref: "localhost/test/web", ID: done.ID}, Platform: "linux/amd64"}
	if ok, err := b.FindStep(t.Context(), from); !ok || err != nil {
		t.Error(ok, err)
	}
	s := step("on top", from, copyOp("/more", text("more", "1")))
	mustBuild(t, b, s)
	publish(t, b, image("top", s))
	if dir := unpacked(t, export(t, b, "localhost/test/top")); !isFolder(dir+"/var") || len(entries(t, dir)) != 14 {
		t.Errorf("%q", entries(t, dir))
	}
}

func TestDamagedBaseIsRefused(t *testing.T) {
	b := open(t, nil)
	done := publish(t, b, image("web", ground(t, b)))
	paths, err := filepath.Glob(filepath.Join(b.store.GraphRoot(), "overlay-images", done.ID, "=*"))
	must(t, err)
	for i, change := range []func(data []byte) []byte{
		func(data []byte) []byte { return []byte(strings.Replace(string(data), "linux", "winux", 1)) },
		func([]byte) []byte { return nil },
	} {
		for _, path := range paths {
			data, err := os.ReadFile(path)
			must(t, err)
			must(t, os.WriteFile(path, change(data), 0o600))
		}
		_, err := reopen(t, b).Base(t.Context(), "localhost/test/web", "linux/amd64")
		if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), fmt.Sprintf("rmi -f %.12s", done.ID)) {
			t.Errorf("damage %d: %v", i, err)
		}
	}
}
