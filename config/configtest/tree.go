package configtest

import (
	"testing"

	"github.com/strakebuild/strake/config"
)

// Tree returns the tree of the last commit of the repository in dir.
func Tree(t testing.TB, dir string) *config.Tree {
	t.Helper()
	repo, err := config.OpenRepo(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	commit, err := repo.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tree, err := repo.Tree(t.Context(), commit)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// Load returns the tree and the project of the last commit of the repository in
// dir, whose work tree has to be the same.
func Load(t testing.TB, dir string) (*config.Tree, *config.Project) {
	t.Helper()
	in := Inputs(t, dir, config.InputOptions{})
	project, err := config.Load(t.Context(), in, config.LoadOptions{})
	if err != nil {
		t.Fatalf("loading the project:\n%v", err)
	}
	return in.Tree, project
}
