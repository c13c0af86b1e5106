package planner

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/strakebuild/strake/config/gittest"
)

// TestGoldenPlans plans the projects in testdata/ok. A file of the archive that
// is named "want" is the expected result, all others are committed.
func TestGoldenPlans(t *testing.T) {
	golden(t, "testdata/ok/*.txtar", func(t *testing.T, dir string) string {
		p, err := Make(t.Context(), open(t, dir))
		if err != nil {
			t.Fatal(err)
		}
		checkPlan(t, p)
		return describePlan(t, p)
	})
}

// TestGoldenErrors is TestGoldenPlans for projects that cannot be planned.
func TestGoldenErrors(t *testing.T) {
	golden(t, "testdata/err/*.txtar", func(t *testing.T, dir string) string {
		_, err := Make(t.Context(), open(t, dir))
		if err == nil {
			t.Fatal("no error")
		}
		return err.Error() + "\n"
	})
}

func golden(t *testing.T, pattern string, result func(t *testing.T, dir string) string) {
	names, _ := filepath.Glob(pattern)
	if len(names) == 0 {
		t.Fatal("no cases")
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files, want := map[string]string{}, ""
			for _, f := range archive.Files {
				if f.Name == "want" {
					want = string(f.Data)
				} else {
					files[f.Name] = string(f.Data)
				}
			}
			got := result(t, gittest.Repo(t, files))
			if *update {
				writeWant(t, name, archive, got)
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func writeWant(t *testing.T, name string, archive *txtar.Archive, got string) {
	t.Helper()
	last := len(archive.Files) - 1
	if archive.Files[last].Name != "want" {
		archive.Files = append(archive.Files, txtar.File{Name: "want"})
		last++
	}
	archive.Files[last].Data = []byte(got)
	if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// describePlan is the plan as text, then the manifest of each step, then the
// images.
func describePlan(t *testing.T, p *Plan) string {
	t.Helper()
	var out strings.Builder
	if err := WriteText(&out, p, nil); err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Steps {
		fmt.Fprintf(&out, "\n%s %s %s\n%s", s.Key.Short(), s.Pos, strings.Join(imageNames(s.Needs), " "), Manifest(s))
	}
	for _, img := range p.Images {
		cfg, err := json.Marshal(img.Config)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "\nimage %s %s final=%v deps=%v needs=%v\n%s\n", img.Repo, img.Key.Short(), img.Final,
			imageNames(img.Deps), imageNames(img.Needs), cfg)
		for _, h := range img.History {
			fmt.Fprintf(&out, "  %-5v %q\n", !h.EmptyLayer, h.CreatedBy)
		}
	}
	return out.String()
}
