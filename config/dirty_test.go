package config

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/strakebuild/strake/config/gittest"
)

func TestDirty(t *testing.T) {
	tests := []struct {
		name   string
		change func(dir string) error
		want   bool
	}{
		{"unchanged", func(string) error { return nil }, false},
		{"a tracked file changed", func(dir string) error { return os.WriteFile(filepath.Join(dir, "a"), []byte("changed"), 0o644) }, true},
		{"a tracked file removed", func(dir string) error { return os.Remove(filepath.Join(dir, "a")) }, true},
		{"an unknown file appeared", func(dir string) error { return os.WriteFile(filepath.Join(dir, "b"), nil, 0o644) }, false},
		{"touched", func(dir string) error { return os.Chtimes(filepath.Join(dir, "a"), workTreeTime, workTreeTime) }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := gittest.Repo(t, map[string]string{"a": "text"})
			if err := tt.change(dir); err != nil {
				t.Fatal(err)
			}
			repo, err := OpenRepo(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			defer repo.Close()
			got, err := repo.Dirty(t.Context())
			if err != nil || got != tt.want {
				t.Errorf("dirty %v, error %v; want %v", got, err, tt.want)
			}
		})
	}
}
