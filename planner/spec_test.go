package planner

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

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

func texts(values ...string) []config.String {
	var out []config.String
	for _, value := range values {
		out = append(out, text(value))
	}
	return out
}

var yes = config.Bool{Value: true}

func TestLabelsOfWerf(t *testing.T) {
	labels := map[string]string{"werf": "p", "werf.io/parent-stage-id": "x", "werf.io/other": "y", "mine": "z", "werfy": "q"}
	all := texts("/.*/")
	tests := []struct {
		name string
		spec config.ImageSpec
		want string
	}{
		{"all are removed", config.ImageSpec{RemoveLabels: all}, ""},
		{"essential ones can stay", config.ImageSpec{RemoveLabels: all, KeepEssentialWerfLabels: yes}, "werf werf.io/parent-stage-id"},
		{"those of werf alone", config.ImageSpec{ClearWerfLabels: yes}, "mine werfy"},
		{"nothing", config.ImageSpec{}, "mine werf werf.io/other werf.io/parent-stage-id werfy"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := applySpec(Config{Labels: labels}, &test.spec, strings.NewReplacer())
			if diff := cmp.Diff(test.want, strings.Join(slices.Sorted(maps.Keys(got.Labels)), " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHealthcheckWithoutTestIsAboutThatOfTheBase(t *testing.T) {
	base := Config{Healthcheck: &Healthcheck{Test: []string{"CMD", "x"}, Retries: 5}}
	spec := config.ImageSpec{Healthcheck: &config.Healthcheck{Interval: config.Duration{Value: time.Minute}}}
	want := &Healthcheck{Test: []string{"CMD", "x"}, Interval: time.Minute}
	if diff := cmp.Diff(want, applySpec(base, &spec, strings.NewReplacer()).Healthcheck); diff != "" {
		t.Error(diff)
	}
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
		{"what is removed", config.ImageSpec{RemoveEnv: texts("X", "NONE"), RemoveLabels: texts("/L|l/"), RemoveVolumes: texts("/v")},
			func(c *Config) {
				c.Env, c.Labels, c.Volumes = []string{"PATH=/bin"}, map[string]string{}, map[string]struct{}{}
			}},
		{"a pattern is for whole names", config.ImageSpec{RemoveEnv: texts("/PAT/"), RemoveLabels: texts("/.?x/")}, func(*Config) {}},
		{"what is set comes after what is removed", config.ImageSpec{RemoveEnv: texts("/.*/"), Env: pairs("Y", "${X}")},
			func(c *Config) { c.Env = []string{"Y=1"} }},
		{"what is cleared", config.ImageSpec{ClearCmd: yes, ClearEntrypoint: yes, ClearUser: yes, ClearWorkingDir: yes},
			func(c *Config) { c.Cmd, c.Entrypoint, c.User, c.WorkingDir = nil, nil, "", "" }},
		{"what is set comes after what is cleared", config.ImageSpec{ClearCmd: yes, Cmd: command("n")},
			func(c *Config) { c.Cmd = []string{"n"} }},
		{"a health check", config.ImageSpec{Healthcheck: &config.Healthcheck{Test: texts("CMD", "x"), Timeout: config.Duration{Value: time.Second}}},
			func(c *Config) { c.Healthcheck = &Healthcheck{Test: []string{"CMD", "x"}, Timeout: time.Second} }},
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
