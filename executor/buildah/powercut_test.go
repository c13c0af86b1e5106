package buildah

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/opencontainers/go-digest"
	"go.podman.io/storage"
	"go.podman.io/storage/pkg/unshare"

	"github.com/strakebuild/strake/planner"
)

// TestPowerCutLeavesNoDamagedImage builds on a disk in a file and takes copies of
// the file while nothing was synced on purpose: what a power cut would leave. No
// image of a copy may have a layer or configuration that is not what its record
// says; images that the cut took away altogether are no harm.
func TestPowerCutLeavesNoDamagedImage(t *testing.T) {
	if unshare.IsRootless() {
		t.Skip("needs root of the host: it mounts a disk in a file")
	}
	disk := newDisk(t)
	blobs := memory{}
	b, err := Open(Options{Root: filepath.Join(disk.dir, "storage"), Blobs: blobs})
	if err != nil {
		t.Fatal(err)
	}
	survived := 0
	for i := range 8 {
		publishRandom(t, b, blobs, i)
		survived = max(survived, disk.checkCut(t, blobs))
	}
	if survived == 0 {
		t.Error("no image survived any of the cuts")
	}
	b.Close()
}

// publishRandom makes an image of two layers with fresh content.
func publishRandom(t *testing.T, b *Backend, blobs memory, n int) {
	t.Helper()
	var top *planner.Step
	for part := range 2 {
		data := make([]byte, 200_000)
		rand.Read(data)
		oid := fmt.Sprintf("%d-%d", n, part)
		blobs[oid] = string(data)
		file := planner.File{Path: "data" + oid, Mode: 0o100644, OID: oid}
		top = step("part", top, planner.Op{Copy: &planner.Copy{
			Dest: "/", Sources: []planner.Source{{Name: "data", Files: []planner.File{file}}},
		}})
		mustBuild(t, b, top)
	}
	img := &planner.Image{
		Name: "cut", Key: top.Key, Final: true, Platform: "linux/amd64", Top: top,
		Repo: fmt.Sprintf("localhost/cut/image%d", n), Created: earliest,
	}
	if _, err := b.Publish(context.Background(), img, nil); err != nil {
		t.Fatal(err)
	}
}

// disk is a file system in a file.
type disk struct{ file, dir string }

func newDisk(t *testing.T) disk {
	t.Helper()
	d := disk{filepath.Join(t.TempDir(), "disk"), t.TempDir()}
	if err := os.WriteFile(d.file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.file, 64<<20); err != nil {
		t.Fatal(err)
	}
	tool(t, program(t, "mkfs.ext4", "e2fsprogs"), "-q", "-F", d.file)
	d.mount(t)
	return d
}

func (d disk) mount(t *testing.T) {
	t.Helper()
	tool(t, "mount", "-o", "loop", d.file, d.dir)
	t.Cleanup(func() { exec.Command("umount", "-l", d.dir).Run() })
}

func tool(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// copy returns what was on the disk at one moment: a copy counts when nothing was
// written while it was made.
func (d disk) copy(t *testing.T) disk {
	t.Helper()
	c := disk{filepath.Join(t.TempDir(), "disk"), t.TempDir()}
	for range 200 {
		before, err := os.ReadFile(d.file)
		if err != nil {
			t.Fatal(err)
		}
		after, err := os.ReadFile(d.file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(before, after) {
			continue
		}
		if err := os.WriteFile(c.file, after, 0o600); err != nil {
			t.Fatal(err)
		}
		return c
	}
	t.Fatal("the disk is never at rest")
	return c
}

// checkCut starts a storage from what a cut would leave now, and returns how many
// images it has.
func (d disk) checkCut(t *testing.T, blobs memory) int {
	t.Helper()
	c := d.copy(t)
	exec.Command("e2fsck", "-fy", c.file).Run() // its exit code says whether it mended something
	c.mount(t)
	defer os.Remove(c.file)
	defer exec.Command("umount", "-l", c.dir).Run()
	b, err := Open(Options{Root: filepath.Join(c.dir, "storage"), Blobs: blobs})
	if err != nil {
		t.Fatalf("the storage cannot be opened after a cut: %v", err)
	}
	defer b.Close()
	images, err := b.store.Images()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, img := range images {
		if len(img.Names) > 0 { // nothing leads to one without a name
			n++
			checkImage(t, b, img)
		}
	}
	return n
}

func checkImage(t *testing.T, b *Backend, img storage.Image) {
	t.Helper()
	config, err := b.store.ImageBigData(img.ID, "sha256:"+img.ID)
	if err != nil || digest.FromBytes(config).Encoded() != img.ID {
		t.Errorf("image %v: damaged configuration (%v)", img.Names, err)
	}
	layers, err := b.chain(img.TopLayer)
	if err != nil {
		t.Errorf("image %v: %v", img.Names, err)
	}
	for _, l := range layers {
		diff, err := b.store.Diff("", l.ID, nil)
		if err != nil {
			t.Errorf("image %v: layer %.12s: %v", img.Names, l.ID, err)
			continue
		}
		got, err := digest.FromReader(diff)
		diff.Close()
		if err != nil || got != l.UncompressedDigest {
			t.Errorf("image %v: layer %.12s has digest %s, want %s (%v)", img.Names, l.ID, got, l.UncompressedDigest, err)
		}
	}
}
