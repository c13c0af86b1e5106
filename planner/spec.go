package planner

import (
	"regexp"
	"slices"
	"strings"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/planner/recipe"
)

// withSpec gives a finished image what its imageSpec says.
func (b *builder) withSpec(img *config.Image, result start) start {
	if img.ImageSpec == nil {
		return result
	}
	names := strings.NewReplacer("%image%", img.Name.Value, "%project%", b.plan.Project)
	result.config = applySpec(result.config, img.ImageSpec, names)
	result.history = append(result.history, History{CreatedBy: "imageSpec", EmptyLayer: true})
	result.author = img.ImageSpec.Author.Value
	if result.bare = img.ImageSpec.ClearHistory.Value; result.bare {
		result.history = bareHistory(result.history)
	}
	return result
}

// bareHistory is one empty line for each layer: tools count them.
func bareHistory(lines []History) []History {
	var bare []History
	for _, line := range lines {
		if !line.EmptyLayer {
			bare = append(bare, History{})
		}
	}
	return bare
}

// applySpec changes a configuration as an imageSpec says: first it removes and
// clears. Environment, labels and volumes are added then; everything else that
// is set replaces what was there.
func applySpec(cfg Config, spec *config.ImageSpec, names *strings.Replacer) Config {
	cfg = cfg.Clone()
	before := slices.Clone(cfg.Env)
	clearOf(&cfg, spec)
	for _, pair := range spec.Env {
		cfg.Env = recipe.Setenv(cfg.Env, pair.Name.Value, expandFrom(before, pair.Value.Value))
	}
	for _, pair := range spec.Labels {
		if cfg.Labels == nil {
			cfg.Labels = map[string]string{}
		}
		cfg.Labels[names.Replace(pair.Name.Value)] = names.Replace(pair.Value.Value)
	}
	cfg.Volumes = addSet(cfg.Volumes, spec.Volumes)
	if len(spec.Expose) > 0 {
		cfg.ExposedPorts = addSet(nil, spec.Expose)
	}
	applyCommands(&cfg, spec)
	replace(&cfg.User, spec.User)
	replace(&cfg.WorkingDir, spec.WorkingDir)
	replace(&cfg.StopSignal, spec.StopSignal)
	applyHealthcheck(&cfg, spec.Healthcheck)
	return cfg
}

// applyCommands sets the entrypoint and the command. A new entrypoint clears the
// command of the base, which was meant for another one.
func applyCommands(cfg *Config, spec *config.ImageSpec) {
	if spec.Entrypoint != nil {
		cfg.Entrypoint = spec.Entrypoint.Args
		cfg.Cmd = nil
	}
	if spec.Cmd != nil {
		cfg.Cmd = spec.Cmd.Args
	}
}

func replace(field *string, value config.String) {
	if value.Value != "" {
		*field = value.Value
	}
}

func addSet(set map[string]struct{}, items []config.String) map[string]struct{} {
	for _, item := range items {
		if set == nil {
			set = map[string]struct{}{}
		}
		set[item.Value] = struct{}{}
	}
	return set
}

// expandFrom replaces "${NAME}" by the variable of an environment, or by nothing
// when it is not there.
func expandFrom(env []string, text string) string {
	return regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`).ReplaceAllStringFunc(text, func(ref string) string {
		value, _ := recipe.Getenv(env, ref[2:len(ref)-1])
		return value
	})
}
