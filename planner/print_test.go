package planner

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPrintedPlans compares all forms of one plan with testdata/print.
func TestPrintedPlans(t *testing.T) {
	files := keyProject()
	files["app/Dockerfile"] += "RUN echo \"<b>\\n#1\" " + strings.Repeat("long ", 20) + "\n"
	p := makePlan(t, files)
	cached := func(key Key) bool { return key == p.Steps[1].Key }
	for name, print := range map[string]func(*strings.Builder) error{
		"plan.txt":     func(w *strings.Builder) error { return WriteText(w, p, cached) },
		"plan.dot":     func(w *strings.Builder) error { return WriteDot(w, p, cached) },
		"plan.mermaid": func(w *strings.Builder) error { return WriteMermaid(w, p, cached) },
		"plan.json": func(w *strings.Builder) error {
			text, err := p.JSON(cached)
			w.Write(text)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			if err := print(&got); err != nil {
				t.Fatal(err)
			}
			path := "testdata/print/" + name
			if *update {
				if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJSONWithoutACache(t *testing.T) {
	text, err := makePlan(t, keyProject()).JSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	var plan struct{ Steps []map[string]any }
	if err := json.Unmarshal(text, &plan); err != nil {
		t.Fatal(err)
	}
	for _, s := range plan.Steps {
		if _, ok := s["cached"]; ok {
			t.Errorf("%v says whether it is cached", s["name"])
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestWriteErrorsAreReturned(t *testing.T) {
	p := makePlan(t, keyProject())
	for name, err := range map[string]error{
		"text": WriteText(brokenWriter{}, p, nil), "dot": WriteDot(brokenWriter{}, p, nil), "mermaid": WriteMermaid(brokenWriter{}, p, nil),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
