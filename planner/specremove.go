package planner

import (
	"maps"
	"slices"
	"strings"

	"github.com/strakebuild/strake/config"
)

// clearOf takes out of a base's configuration what an imageSpec removes and
// clears.
func clearOf(cfg *Config, spec *config.ImageSpec) {
	if gone := selection(spec.RemoveEnv); gone != nil {
		cfg.Env = slices.DeleteFunc(cfg.Env, func(entry string) bool {
			name, _, _ := strings.Cut(entry, "=")
			return gone(name)
		})
	}
	for _, volume := range spec.RemoveVolumes {
		delete(cfg.Volumes, volume.Value)
	}
	clearLabels(cfg, spec)
	for _, c := range []struct {
		clear config.Bool
		do    func()
	}{
		{spec.ClearCmd, func() { cfg.Cmd = nil }},
		{spec.ClearEntrypoint, func() { cfg.Entrypoint = nil }},
		{spec.ClearUser, func() { cfg.User = "" }},
		{spec.ClearWorkingDir, func() { cfg.WorkingDir = "" }},
	} {
		if c.clear.Value {
			c.do()
		}
	}
}

// essentialLabels are those by which werf knows its images.
var essentialLabels = []string{"werf", "werf-project-repo-commit", "werf-stage-content-digest", "werf.io/parent-stage-id"}

func clearLabels(cfg *Config, spec *config.ImageSpec) {
	gone := selection(spec.RemoveLabels)
	maps.DeleteFunc(cfg.Labels, func(name, _ string) bool {
		if spec.KeepEssentialWerfLabels.Value && slices.Contains(essentialLabels, name) {
			return false
		}
		return gone != nil && gone(name) || spec.ClearWerfLabels.Value && isWerfLabel(name)
	})
}

func isWerfLabel(name string) bool {
	return name == "werf" || strings.HasPrefix(name, "werf-") || strings.HasPrefix(name, "werf.io/")
}

// selection tells which names one of the patterns selects; nil for no patterns.
func selection(texts []config.String) func(name string) bool {
	var patterns []config.Pattern
	for _, text := range texts {
		if p, err := config.ParsePattern(text.Value); err == nil { // faults are reported when the project is loaded
			patterns = append(patterns, p)
		}
	}
	if len(patterns) == 0 {
		return nil
	}
	return func(name string) bool {
		return slices.ContainsFunc(patterns, func(p config.Pattern) bool { return p.Match(name) })
	}
}

// applyHealthcheck sets the health check. Without a test of its own it is about
// that of the base.
func applyHealthcheck(cfg *Config, h *config.Healthcheck) {
	if h == nil {
		return
	}
	check := Healthcheck{
		Interval: h.Interval.Value, Timeout: h.Timeout.Value, StartPeriod: h.StartPeriod.Value, Retries: h.Retries.Value,
	}
	for _, word := range h.Test {
		check.Test = append(check.Test, word.Value)
	}
	if len(check.Test) == 0 && cfg.Healthcheck != nil {
		check.Test = cfg.Healthcheck.Test
	}
	cfg.Healthcheck = &check
}
