package config

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/config/gittest"
)

var update = flag.Bool("update", false, "write the golden files of testdata anew")

// sampleTree is what the project files of testdata refer to.
var sampleTree = map[string]string{
	"Dockerfile":                "FROM scratch\n",
	"backend/Dockerfile":        "FROM scratch\n",
	"backend/main.go":           "package main\n",
	"backend/docs/readme.md":    "# docs\n",
	"frontend/Dockerfile.build": "FROM scratch\n",
	"frontend/app/index.js":     "1\n",
	"linked@":                   "backend",
	"outside@":                  "../../etc",
	"run.sh*":                   "#!/bin/sh\n",
}

// testdataTree commits sampleTree and the project files of a folder of testdata.
func testdataTree(t testing.TB, folder string) (*Tree, []string) {
	t.Helper()
	files := map[string]string{}
	for name, content := range sampleTree {
		files[name] = content
	}
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no project files in testdata/%s: %v", folder, err)
	}
	var names []string
	for _, path := range paths {
		name := filepath.Base(path)
		names = append(names, name)
		files[name] = readText(t, path)
	}
	dir := gittest.Repo(t, files)
	gittest.Write(t, dir, map[string]string{"uncommitted/Dockerfile": "FROM scratch\n"})
	return headTree(t, openRepo(t, dir)), names
}

func readText(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// allowing is the inputs of a commit whose project allows everything.
func allowing(t *Tree) *Inputs {
	in := NewInputs(t)
	in.loose = true
	return in
}

// golden compares a text with a file of testdata.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(readText(t, path), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestLoadKeepsThePlacesOfValues(t *testing.T) {
	tree, _ := testdataTree(t, "ok")
	p, err := Load(context.Background(), allowing(tree), LoadOptions{File: "full.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/ok/full.json", string(text)+"\n")
}

func TestLoadReportsEveryFaultWithItsPlace(t *testing.T) {
	tree, names := testdataTree(t, "err")
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			_, err := Load(context.Background(), allowing(tree), LoadOptions{File: name})
			if err == nil {
				t.Fatal("a bad file was loaded")
			}
			golden(t, goldenName("err", name, ".out"), err.Error()+"\n")
		})
	}
}

func goldenName(folder, name, ext string) string {
	return filepath.Join("testdata", folder, strings.TrimSuffix(name, ".yaml")+ext)
}
