package planner

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/config"
)

func text(value string) config.String { return config.String{Value: value} }

func pairs(values ...string) []config.Pair {
	var out []config.Pair
	for i := 0; i < len(values); i += 2 {
		out = append(out, config.Pair{Name: text(values[i]), Value: text(values[i+1])})
	}
	return out
}

func TestImageSpec(t *testing.T) {
	base := Config{
		User: "base", Env: []string{"PATH=/bin", "X=1"}, Entrypoint: []string{"e"}, Cmd: []string{"c"}, WorkingDir: "/w", StopSignal: "INT",
		ExposedPorts: map[string]struct{}{"1": {}}, Volumes: map[string]struct{}{"/v": {}}, Labels: map[string]string{"l": "base"},
	}
	command := func(args ...string) *config.Command { return &config.Command{Args: args} }
	tests := []struct {
		name string
		spec config.ImageSpec
		want func(*Config)
	}{
		{"nothing", config.ImageSpec{}, func(*Config) {}},
		{"environment is added and replaced", config.ImageSpec{Env: pairs("X", "2", "Y", "3")},
			func(c *Config) { c.Env = []string{"PATH=/bin", "X=2", "Y=3"} }},
		{"variables come from the base", config.ImageSpec{Env: pairs("X", "2", "Y", "[${X}${NONE}]$X", "PATH", "/a:${PATH}")},
			func(c *Config) { c.Env = []string{"PATH=/a:/bin", "X=2", "Y=[1]$X"} }},
		{"labels are added", config.ImageSpec{Labels: pairs("%image%", "of %project%", "l", "new")},
			func(c *Config) { c.Labels = map[string]string{"l": "new", "app": "of shop"} }},
		{"volumes are added", config.ImageSpec{Volumes: []config.String{text("/x")}},
			func(c *Config) { c.Volumes = map[string]struct{}{"/v": {}, "/x": {}} }},
		{"ports are replaced", config.ImageSpec{Expose: []config.String{text("99"), text("2/udp")}},
			func(c *Config) { c.ExposedPorts = map[string]struct{}{"99": {}, "2/udp": {}} }},
		{"command alone", config.ImageSpec{Cmd: command("n")}, func(c *Config) { c.Cmd = []string{"n"} }},
		{"entrypoint clears the command", config.ImageSpec{Entrypoint: command("n")},
			func(c *Config) { c.Entrypoint, c.Cmd = []string{"n"}, nil }},
		{"entrypoint with a command", config.ImageSpec{Entrypoint: command("n"), Cmd: command("m")},
			func(c *Config) { c.Entrypoint, c.Cmd = []string{"n"}, []string{"m"} }},
		{"the rest is replaced", config.ImageSpec{User: text("u"), WorkingDir: text("/d"), StopSignal: text("TERM")},
			func(c *Config) { c.User, c.WorkingDir, c.StopSignal = "u", "/d", "TERM" }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := base.Clone()
			test.want(&want)
			got := applySpec(base, &test.spec, strings.NewReplacer("%image%", "app", "%project%", "shop"))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
