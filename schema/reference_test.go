package schema

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write README.md anew")

func TestReadmeIsTheReference(t *testing.T) {
	got := string(Reference())
	if *update {
		if err := os.WriteFile("README.md", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("write it anew with -update (-README +schema):\n%s", diff)
	}
}

func TestReferenceHasEveryKey(t *testing.T) {
	text := string(Reference())
	properties("", load().raw, func(path string, _ object) {
		if key := path[strings.LastIndex(path, ".")+1:]; !strings.Contains(text, "| `"+key+"` |") {
			t.Errorf("%s is not in the reference", path)
		}
	})
}
