package recipe

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEnvironment(t *testing.T) {
	env := []string{"A=1", "B", "C=x=y"}
	for name, want := range map[string]string{"A": "1", "B": "", "C": "x=y"} {
		if got, ok := Getenv(env, name); !ok || got != want {
			t.Errorf("%s: %q, %v", name, got, ok)
		}
	}
	if _, ok := Getenv(env, "NONE"); ok {
		t.Error("NONE is there")
	}
	tests := []struct {
		name      string
		got, want []string
	}{
		{"replaced at its place", Setenv(env, "B", "2"), []string{"A=1", "B=2", "C=x=y"}},
		{"added at the end", Setenv(env, "D", "4"), []string{"A=1", "B", "C=x=y", "D=4"}},
		{"kept", DefaultEnv(env, "A", "9"), env},
		{"missing", DefaultEnv(nil, "A", "9"), []string{"A=9"}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
	if diff := cmp.Diff([]string{"A=1", "B", "C=x=y"}, env); diff != "" {
		t.Errorf("the list was changed: %s", diff)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	full := func() Config {
		return Config{
			ExposedPorts: map[string]struct{}{"1/tcp": {}}, Env: []string{"A=1"}, Entrypoint: []string{"e"}, Cmd: []string{"c"},
			Volumes: map[string]struct{}{"/v": {}}, Labels: map[string]string{"l": "1"}, Shell: []string{"s"}, OnBuild: []string{"o"},
			Healthcheck: &Healthcheck{Test: []string{"t"}},
		}
	}
	original := full()
	clone := original.Clone()
	if diff := cmp.Diff(original, clone); diff != "" {
		t.Fatal(diff)
	}
	for _, list := range [][]string{clone.Env, clone.Entrypoint, clone.Cmd, clone.Shell, clone.OnBuild, clone.Healthcheck.Test} {
		list[0] = "changed"
	}
	clone.ExposedPorts["2/tcp"], clone.Volumes["/w"], clone.Labels["l"], clone.Healthcheck.Retries = struct{}{}, struct{}{}, "2", 3
	if diff := cmp.Diff(full(), original); diff != "" {
		t.Errorf("the original changed: %s", diff)
	}
}
