package schema

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write README.md and strake.schema.json anew")

func TestFilesMadeFromTheSchemaAreNew(t *testing.T) {
	for name, made := range map[string][]byte{"README.md": Reference(), "strake.schema.json": JSON()} {
		t.Run(name, func(t *testing.T) { compareFile(t, name, string(made)) })
	}
}

func compareFile(t *testing.T, name, made string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(file), made); diff != "" {
		t.Errorf("write it anew with -update (-file +schema):\n%s", diff)
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
