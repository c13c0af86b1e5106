package dockerfile

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/config/gittest"
)

func TestContextIsChosenAndFiltered(t *testing.T) {
	tree := openTree(t, contextFiles())
	tests := []struct {
		name, dir, dockerfile string
		want                  string // some of the names that are left
		wantNot               string
	}{
		{"ignore file of the folder", "app", "app/Dockerfile", "src/a.go logs/keep logs go.mod .dockerignore", "src/b.tmp logs/old private private/key"},
		{"ignore file of the Dockerfile", "app", "app/own", "go.mod logs/old private/key", "src src/a.go"},
		{"everything ignored", "other", "other/Dockerfile", "", "only only/here .dockerignore"},
		{"no ignore file", "", "Dockerfile", "secret app/go.mod app/private/key other/only/here", "go.mod"},
		{"through a link", "app/to-src", "app/Dockerfile", "a.go deep/c.go b.tmp", "src"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := OpenContext(t.Context(), config.NewInputs(tree), test.dir, test.dockerfile)
			if err != nil {
				t.Fatal(err)
			}
			names := map[string]bool{}
			for _, e := range c.entries {
				names[e.Path] = true
			}
			for _, name := range strings.Fields(test.want) {
				if !names[name] {
					t.Errorf("%s is missing", name)
				}
			}
			for _, name := range strings.Fields(test.wantNot) {
				if names[name] {
					t.Errorf("%s is there", name)
				}
			}
		})
	}
}

func TestContextThatCannotBeOpened(t *testing.T) {
	tree := openTree(t, map[string]string{"file": "x", "bad/.dockerignore": "[a-\n", "bad/a": "x"})
	if _, err := OpenContext(t.Context(), config.NewInputs(tree), "nowhere", "nowhere/Dockerfile"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing folder: %v", err)
	}
	if _, err := OpenContext(t.Context(), config.NewInputs(tree), "file", "Dockerfile"); err == nil {
		t.Error("a file was taken for a folder")
	}
	_, err := OpenContext(t.Context(), config.NewInputs(tree), "bad", "bad/Dockerfile")
	if err == nil || !strings.Contains(err.Error(), "bad/.dockerignore") {
		t.Errorf("bad pattern: %v", err)
	}
}

func TestSubmoduleIsRefusedUnlessIgnored(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"app/a": "x"})
	gittest.Git(t, dir, "update-index", "--add", "--cacheinfo", "160000,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,app/vendored")
	gittest.Git(t, dir, "commit", "--quiet", "-m", "module")
	c, err := OpenContext(t.Context(), config.NewInputs(openDir(t, dir)), "app", "app/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.find(t.Context(), "."); err == nil || !strings.Contains(err.Error(), "vendored is a git submodule") {
		t.Errorf("got %v", err)
	}
	if _, err = c.find(t.Context(), "vendored"); err == nil {
		t.Error("a submodule was copied")
	}
	if _, err = c.find(t.Context(), "a"); err != nil {
		t.Error(err)
	}
}

func TestNormalizePlatform(t *testing.T) {
	for in, want := range map[string]string{
		"linux/amd64": "linux/amd64", "Linux/X86_64": "linux/amd64", "amd64": "linux/amd64",
		"linux/aarch64": "linux/arm64", "linux/arm64/v8": "linux/arm64", "linux/arm/v7": "linux/arm/v7",
	} {
		if diff := cmp.Diff(want, NormalizePlatform(in)); diff != "" {
			t.Errorf("%s: %s", in, diff)
		}
	}
}

// TestGrowingVariables doubles a variable until memory would be full.
func TestGrowingVariables(t *testing.T) {
	text := "FROM scratch\nENV A=0123456789\n" + strings.Repeat("ENV A=$A$A$A$A\n", 40)
	_, err := evaluate(t.Context(), text, "", nil)
	if err == nil || !strings.Contains(err.Error(), "too long after its variables") {
		t.Errorf("got %v", err)
	}
}
