package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// memory holds blobs by id.
type memory map[string][]byte

func (m memory) Open(_ context.Context, oid string) (io.ReadCloser, int64, error) {
	content, ok := m[oid]
	if !ok {
		return nil, 0, errMissingObject
	}
	return io.NopCloser(bytes.NewReader(content)), int64(len(content)), nil
}

// memoryTree makes a tree without git. Keys are as in gittest.Repo.
func memoryTree(files map[string]string) *Tree {
	blobs := memory{}
	t := &Tree{commit: Commit{ID: strings.Repeat("c", 40), Tree: strings.Repeat("d", 40)}, blobs: blobs}
	dirs := map[string]bool{}
	for key, content := range files {
		mode := ModeFile
		switch key[len(key)-1] {
		case '*':
			mode = ModeExec
		case '@':
			mode = ModeSymlink
		}
		name := strings.TrimRight(key, "*@")
		oid := fmt.Sprintf("%040x", len(blobs))
		blobs[oid] = []byte(content)
		t.entries = append(t.entries, Entry{Path: name, Mode: mode, OID: oid})
		for dir := filepath.Dir(name); dir != "." && !dirs[dir]; dir = filepath.Dir(dir) {
			dirs[dir] = true
			t.entries = append(t.entries, Entry{Path: dir, Mode: ModeDir, OID: t.commit.Tree})
		}
	}
	slices.SortFunc(t.entries, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	return t
}

// FuzzLoad loads any bytes as a project file: the outcome is a project that can
// be rendered and loaded again, or faults that lie inside the file.
func FuzzLoad(f *testing.F) {
	for _, folder := range []string{"ok", "err"} {
		paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.yaml"))
		if err != nil || len(paths) == 0 {
			f.Fatal("no seeds", err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	files := map[string]string{}
	for name, content := range sampleTree {
		files[name] = content
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		files := cloneWith(files, "strake.yaml", string(text))
		p, err := Load(t.Context(), allowing(memoryTree(files)), LoadOptions{})
		if err != nil {
			checkFaults(t, text, err)
			return
		}
		again, err := Render(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Load(t.Context(), allowing(memoryTree(cloneWith(files, "strake.yaml", string(again)))), LoadOptions{}); err != nil {
			t.Fatalf("the rendered project does not load: %v\n%s", err, again)
		}
	})
}

func cloneWith(files map[string]string, name, content string) map[string]string {
	clone := map[string]string{name: content}
	for n, c := range files {
		clone[n] = c
	}
	return clone
}

// checkFaults makes sure that every fault has a place in the text and a message
// of one line.
func checkFaults(t *testing.T, text []byte, err error) {
	t.Helper()
	var faults Errors
	if !errors.As(err, &faults) || len(faults) == 0 {
		t.Fatalf("not a list of faults: %v", err)
	}
	lines := bytes.Count(text, []byte("\n")) + 1
	for _, fault := range faults {
		if fault.Pos.Line < 1 || fault.Pos.Line > lines || fault.Pos.Col < 1 {
			t.Errorf("the place is outside of the file of %d lines: %v", lines, fault)
		}
		if strings.ContainsAny(fault.Message, "\n\x00") || fault.Message == "" {
			t.Errorf("the message is not one line: %q", fault.Message)
		}
	}
}
