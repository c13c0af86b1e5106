package configtest

import (
	"testing"

	"github.com/strakebuild/strake/config"
)

// Inputs returns what a build of the repository in dir may read.
func Inputs(t testing.TB, dir string, opts config.InputOptions) *config.Inputs {
	t.Helper()
	repo, err := config.OpenRepo(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	in, err := repo.Inputs(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return in
}
