package config

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strakebuild/strake/config/gittest"
)

// pointer is what git LFS commits of a content.
func pointer(content string) string {
	return fmt.Sprintf("%s\noid sha256:%s\nsize %d\n", lfsVersion, lfsOID(content), len(content))
}

func lfsOID(content string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(content))) }

// keep puts a content where git LFS has it.
func keep(t *testing.T, dir, oid, content string) string {
	t.Helper()
	name := filepath.Join(".git/lfs/objects", oid[:2], oid[2:4], oid)
	gittest.Write(t, dir, map[string]string{name: content})
	return filepath.Join(dir, name)
}

func TestLFSFileHasItsContent(t *testing.T) {
	big := strings.Repeat("big\n", 1000)
	dir := gittest.Repo(t, map[string]string{
		".gitattributes":     "*.bin filter=lfs diff=lfs merge=lfs -text\n",
		"sub/.gitattributes": "keep.bin -filter\n",
		"a.bin":              pointer(big),
		"sub/b.bin":          pointer("b"),
		"sub/keep.bin":       pointer("b"),
		"plain.bin":          "committed as it is",
		"large.bin":          big,
		"text":               pointer("b"),
	})
	keep(t, dir, lfsOID(big), big)
	keep(t, dir, lfsOID("b"), "b")
	r := openRepo(t, dir)
	for name, opts := range map[string]InputOptions{"commit": {}, "work tree": {Dev: true}} {
		t.Run(name, func(t *testing.T) {
			tree := inputs(t, r, opts).Tree
			for name, want := range map[string]string{
				"a.bin": big, "sub/b.bin": "b", "sub/keep.bin": pointer("b"), "plain.bin": "committed as it is",
				"large.bin": big, "text": pointer("b"),
			} {
				if got := content(t, r, tree, name); got != want {
					t.Errorf("%s: got %q", name, got)
				}
				e, _ := tree.Lookup(name)
				if err := tree.Usable(e); err != nil {
					t.Error(err)
				}
			}
			if e, _ := tree.Lookup("a.bin"); e.OID != lfsOID(big) {
				t.Errorf("OID %s", e.OID)
			}
		})
	}
}

func TestLFSFileThatIsNotHere(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{".gitattributes": "* filter=lfs\n", "a": pointer("text")})
	r := openRepo(t, dir)
	tree := inputs(t, r, InputOptions{}).Tree
	e, _ := tree.Lookup("a")
	if err := tree.Usable(e); err == nil || !strings.Contains(err.Error(), "git lfs pull --include a") {
		t.Errorf("missing: %v", err)
	}
	if _, err := tree.ReadFile(t.Context(), "a"); err == nil {
		t.Error("a missing file was read")
	}
	keep(t, dir, lfsOID("text"), "shorter"[:3])
	if err := tree.Usable(e); err == nil {
		t.Error("a file of another size is usable")
	}
	path := keep(t, dir, lfsOID("text"), "txet")
	if _, err := tree.ReadFile(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "damaged: remove "+path) {
		t.Errorf("damaged: %v", err)
	}
}

func TestLFSStoreOfLinkedWorkTreesAndSettings(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{".gitattributes": "* filter=lfs\n", "a": pointer("text")})
	stored := keep(t, dir, lfsOID("text"), "text")
	linked := filepath.Join(t.TempDir(), "linked")
	gittest.Git(t, dir, "worktree", "add", "--quiet", "-b", "linked", linked)
	r := openRepo(t, linked)
	if got := content(t, r, inputs(t, r, InputOptions{}).Tree, "a"); got != "text" {
		t.Errorf("linked: got %q", got)
	}
	other := filepath.Join(t.TempDir(), "store")
	gittest.Git(t, dir, "config", "lfs.storage", other)
	if err := os.MkdirAll(other, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, ".git/lfs/objects"), filepath.Join(other, "objects")); err != nil {
		t.Fatal(err, stored)
	}
	r = openRepo(t, dir)
	if got := content(t, r, inputs(t, r, InputOptions{}).Tree, "a"); got != "text" {
		t.Errorf("lfs.storage: got %q", got)
	}
}

func TestLFSInASubmodule(t *testing.T) {
	origin := gittest.Repo(t, map[string]string{".gitattributes": "*.bin filter=lfs\n", "a.bin": pointer("text")})
	dir := gittest.Repo(t, map[string]string{"a": "1"})
	gittest.Git(t, dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", origin, "mod")
	gittest.Commit(t, dir, nil)
	oid := lfsOID("text")
	gittest.Write(t, dir, map[string]string{filepath.Join(".git/modules/mod/lfs/objects", oid[:2], oid[2:4], oid): "text"})
	r := openRepo(t, dir)
	if got := content(t, r, inputs(t, r, InputOptions{}).Tree, "mod/a.bin"); got != "text" {
		t.Errorf("got %q", got)
	}
}

func TestParsePointer(t *testing.T) {
	oid := lfsOID("text")
	for text, want := range map[string]bool{
		pointer("text"):                        true,
		lfsVersion + "\nsize 4\n":              false,
		lfsVersion + "\noid sha256:" + oid:     false,
		"text":                                 false,
		"":                                     false,
		lfsVersion + "\noid sha256:../../../x": false,
		lfsVersion + "\noid sha256:" + oid + "\nsize -1\n":                            false,
		lfsVersion + "\noid sha256:" + oid + "\nsize x\n":                             false,
		lfsVersion + "\next-0-x sha256:" + oid + "\noid sha256:" + oid + "\nsize 4\n": true,
	} {
		if _, _, ok := parsePointer([]byte(text)); ok != want {
			t.Errorf("%q: %v", text, ok)
		}
	}
}
