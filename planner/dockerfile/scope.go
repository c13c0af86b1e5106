package dockerfile

import (
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/strakebuild/strake/planner/recipe"
)

// Scope is what a Dockerfile sees of its surroundings.
type Scope struct {
	Args     map[string]string // build arguments
	Platform string            // "os/arch[/variant]" built for and on

	// Image returns the name of the project's image that a reference stands
	// for. Nil means that there is none.
	Image func(ref string) (name string, ok bool)
}

// proxyArgs are seen by commands without an ARG.
func proxyArgs() []string {
	return []string{
		"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy",
		"NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy",
	}
}

// platformArgs are the automatic arguments.
func (s Scope) platformArgs() []string {
	platform := NormalizePlatform(s.Platform)
	parts := append(strings.SplitN(platform, "/", 3), "", "")
	var env []string
	for _, prefix := range []string{"TARGET", "BUILD"} {
		env = append(env,
			prefix+"PLATFORM="+platform,
			prefix+"OS="+parts[0],
			prefix+"ARCH="+parts[1],
			prefix+"VARIANT="+parts[2])
	}
	return env
}

// NormalizePlatform maps the usual spellings of one platform to one, such as
// "linux/x86_64" to "linux/amd64".
func NormalizePlatform(platform string) string {
	parts := strings.Split(strings.ToLower(platform), "/")
	if len(parts) == 1 {
		parts = []string{"linux", parts[0]}
	}
	switch parts[1] {
	case "x86_64", "x86-64":
		parts[1] = "amd64"
	case "aarch64":
		parts[1] = "arm64"
	}
	if len(parts) == 3 && parts[1] == "arm64" && parts[2] == "v8" {
		parts = parts[:2]
	}
	return strings.Join(parts, "/")
}

// environment lets the lexer look variables up in a list of "NAME=value".
type environment []string

// Get implements shell.EnvGetter.
func (e environment) Get(name string) (string, bool) { return recipe.Getenv(e, name) }

// Keys implements shell.EnvGetter.
func (e environment) Keys() []string {
	names := make([]string, len(e))
	for i, entry := range e {
		names[i], _, _ = strings.Cut(entry, "=")
	}
	return names
}

// globalArgs returns the arguments that FROM sees: the automatic ones and those
// before the first FROM.
func (f *File) globalArgs(scope Scope) ([]string, error) {
	env := scope.platformArgs()
	for _, command := range f.globals {
		for _, arg := range command.Args {
			value, ok, err := f.argValue(arg, scope, env, nil)
			if err != nil {
				return nil, errorAt(f.at(command.Location()), "%s", plain(err))
			}
			if ok {
				env = recipe.Setenv(env, arg.Key, value)
			}
		}
	}
	return env, nil
}

// argValue returns what an ARG is set to: the given build argument, else its
// default with the variables of env, else the global of that name. It is not ok
// when the ARG has no value.
func (f *File) argValue(arg instructions.KeyValuePairOptional, scope Scope, env, globals []string) (string, bool, error) {
	if value, ok := scope.Args[arg.Key]; ok {
		return value, true, nil
	}
	if arg.Value != nil {
		value, err := f.expand(*arg.Value, env)
		return value, err == nil, err
	}
	value, ok := recipe.Getenv(globals, arg.Key)
	return value, ok, nil
}
