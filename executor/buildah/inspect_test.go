package buildah

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	imagespec "github.com/opencontainers/image-spec/specs-go/v1"
	"go.podman.io/storage/pkg/archive"
	"golang.org/x/sys/unix"

	"github.com/strakebuild/strake/executor"
	"github.com/strakebuild/strake/planner"
)

// program is the path of a program of the host. A test that needs one that is
// missing is skipped, or fails where nothing may be skipped.
func program(t *testing.T, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		text := fmt.Sprintf("missing: the program %s: install the package %s", name, pkg)
		if os.Getenv("STRAKE_TEST_REQUIRE") == "1" {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	return path
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// output runs a program of the host and returns its output.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out.String(), errs.String())
	}
	return out.String()
}

// image is a declared image that ends with a step.
func image(name string, top *planner.Step) *planner.Image {
	img := &planner.Image{
		Name: name, Key: planner.Key(strings.Repeat("e", 64)), Final: true, Platform: "linux/amd64", Top: top,
		Repo: "localhost/test/" + name, Created: earliest,
	}
	if top != nil {
		img.Key = top.Key
	}
	return img
}

func publish(t *testing.T, b *Backend, img *planner.Image) executor.Image {
	t.Helper()
	done, err := b.Publish(context.Background(), img, nil)
	must(t, err)
	return done
}

// export copies an image out of the storage with skopeo, which verifies every
// digest, and returns the OCI layout.
func export(t *testing.T, b *Backend, name string) string {
	t.Helper()
	skopeo := program(t, "skopeo", "skopeo")
	dir := filepath.Join(t.TempDir(), "oci")
	from := fmt.Sprintf("containers-storage:[overlay@%s+%s]%s", b.store.GraphRoot(), b.store.RunRoot(), name)
	output(t, skopeo, "--insecure-policy", "copy", "-q", "--dest-oci-accept-uncompressed-layers", from, "oci:"+dir+":x")
	return dir
}

func blob(t *testing.T, layout string, d imagespec.Descriptor, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(layout, "blobs/sha256", d.Digest.Encoded()))
	must(t, err)
	must(t, json.Unmarshal(data, into))
}

func manifest(t *testing.T, layout string) imagespec.Manifest {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(layout, "index.json"))
	must(t, err)
	var index imagespec.Index
	must(t, json.Unmarshal(data, &index))
	var m imagespec.Manifest
	blob(t, layout, index.Manifests[0], &m)
	var c imageConfig
	blob(t, layout, m.Config, &c)
	for i, l := range m.Layers { // they are not compressed, so the digests are equal
		if i >= len(c.RootFS.DiffIDs) || c.RootFS.DiffIDs[i] != l.Digest {
			t.Errorf("layer %d is %s, the configuration says %s", i, l.Digest, c.RootFS.DiffIDs)
		}
	}
	return m
}

// unpacked is a folder with the layers of an OCI layout, applied in order.
func unpacked(t *testing.T, layout string) string {
	t.Helper()
	dir := t.TempDir()
	for _, l := range manifest(t, layout).Layers {
		f, err := os.Open(filepath.Join(layout, "blobs/sha256", l.Digest.Encoded()))
		must(t, err)
		_, err = archive.UnpackLayer(dir, f, nil)
		f.Close()
		must(t, err)
	}
	return dir
}

// entries describes all in a folder: type and mode, owner, name, target or
// content, and the time when it is not that of files from git.
func entries(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	must(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && path != dir {
			out = append(out, entry(t, dir, path))
		}
		return err
	}))
	slices.Sort(out)
	return out
}

func entry(t *testing.T, dir, path string) string {
	t.Helper()
	var st unix.Stat_t
	must(t, unix.Lstat(path, &st))
	rel, err := filepath.Rel(dir, path)
	must(t, err)
	text := fmt.Sprintf("%s %06o %d:%d", rel, st.Mode, st.Uid, st.Gid)
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		data, err := os.ReadFile(path)
		must(t, err)
		text += " " + string(data[:min(len(data), 40)])
	case unix.S_IFLNK:
		target, err := os.Readlink(path)
		must(t, err)
		text += " -> " + target
	}
	if st.Mtim != (unix.Timespec{Sec: earliest.Unix()}) {
		text += " (other time)"
	}
	return text
}

// layerDir is the folder of a step's layer.
func layerDir(t *testing.T, b *Backend, s *planner.Step) string {
	t.Helper()
	dirs, err := b.layerDirs(string(s.Key))
	must(t, err)
	return dirs[0]
}

// text is a source that is a single file with literal content.
func text(name, content string) planner.Source {
	return planner.Source{Name: name, Files: []planner.File{{Path: name, Mode: 0o100644, Data: []byte(content)}}}
}

// folder is a source that is a folder. Names that end with a slash are folders,
// contents that begin with "->" are links, with "#!" programs.
func folder(name string, contents map[string]string) planner.Source {
	src := planner.Source{Name: name, Dir: true}
	for path, content := range contents {
		f := planner.File{Path: strings.TrimSuffix(path, "/"), Mode: 0o100644, Data: []byte(content)}
		switch {
		case f.Path != path:
			f.Mode = 0o040000
		case strings.HasPrefix(content, "->"):
			f.Mode, f.Data = 0o120000, []byte(content[2:])
		case strings.HasPrefix(content, "#!"):
			f.Mode = 0o100755
		}
		src.Files = append(src.Files, f)
	}
	slices.SortFunc(src.Files, func(a, b planner.File) int { return strings.Compare(a.Path, b.Path) })
	return src
}

func copyOp(dest string, sources ...planner.Source) planner.Op {
	return planner.Op{Copy: &planner.Copy{Dest: dest, Sources: sources}}
}

func inputWith(values map[string]string) executor.Input {
	return executor.Input{Values: values, Output: io.Discard}
}

// snapshot describes every file of a folder, to find out what changed.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st unix.Stat_t
		err = unix.Lstat(path, &st)
		files[path] = fmt.Sprintf("%o %d %d.%09d", st.Mode, st.Size, st.Mtim.Sec, st.Mtim.Nsec)
		return err
	}))
	return files
}
