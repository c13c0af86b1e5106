package recipe

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// DefaultPath is the PATH of commands and images that set none.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// History is one line of an image's history.
type History struct {
	CreatedBy  string
	EmptyLayer bool
}

// Config is the run configuration of an image, with the field names and
// meanings of the image configuration that Docker and OCI tools write.
type Config struct {
	User         string              `json:"User,omitempty"`
	ExposedPorts map[string]struct{} `json:"ExposedPorts,omitempty"`
	Env          []string            `json:"Env,omitempty"`
	Entrypoint   []string            `json:"Entrypoint,omitempty"`
	Cmd          []string            `json:"Cmd,omitempty"`
	Volumes      map[string]struct{} `json:"Volumes,omitempty"`
	WorkingDir   string              `json:"WorkingDir,omitempty"`
	Labels       map[string]string   `json:"Labels,omitempty"`
	StopSignal   string              `json:"StopSignal,omitempty"`
	Shell        []string            `json:"Shell,omitempty"`
	OnBuild      []string            `json:"OnBuild,omitempty"`
	Healthcheck  *Healthcheck        `json:"Healthcheck,omitempty"`
}

// Healthcheck is the HEALTHCHECK of an image. Durations are nanoseconds.
type Healthcheck struct {
	Test          []string      `json:"Test,omitempty"`
	Interval      time.Duration `json:"Interval,omitempty"`
	Timeout       time.Duration `json:"Timeout,omitempty"`
	StartPeriod   time.Duration `json:"StartPeriod,omitempty"`
	StartInterval time.Duration `json:"StartInterval,omitempty"`
	Retries       int           `json:"Retries,omitempty"`
}

// Clone returns a copy of c that shares nothing with it.
func (c Config) Clone() Config {
	c.ExposedPorts = maps.Clone(c.ExposedPorts)
	c.Env = slices.Clone(c.Env)
	c.Entrypoint = slices.Clone(c.Entrypoint)
	c.Cmd = slices.Clone(c.Cmd)
	c.Volumes = maps.Clone(c.Volumes)
	c.Labels = maps.Clone(c.Labels)
	c.Shell = slices.Clone(c.Shell)
	c.OnBuild = slices.Clone(c.OnBuild)
	if c.Healthcheck != nil {
		check := *c.Healthcheck
		check.Test = slices.Clone(check.Test)
		c.Healthcheck = &check
	}
	return c
}

// Getenv returns the value of a variable in a list of "NAME=value", and whether
// it is there.
func Getenv(env []string, name string) (string, bool) {
	for _, entry := range env {
		if key, value, _ := strings.Cut(entry, "="); key == name {
			return value, true
		}
	}
	return "", false
}

// Setenv returns env with a variable set: replaced at its place, or added at the
// end. The given slice is not changed.
func Setenv(env []string, name, value string) []string {
	env = slices.Clone(env)
	for i, entry := range env {
		if key, _, _ := strings.Cut(entry, "="); key == name {
			env[i] = name + "=" + value
			return env
		}
	}
	return append(env, name+"="+value)
}

// DefaultEnv is Setenv for a variable that is not in env yet.
func DefaultEnv(env []string, name, value string) []string {
	if _, ok := Getenv(env, name); ok {
		return env
	}
	return Setenv(env, name, value)
}
