package config

import (
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// Policy is what the giterminism file of a project allows beside the commit. The
// zero Policy allows nothing. It does not change.
//
// The methods that end in Allowed return nil for what is allowed, and otherwise
// an error that says what to write in which file to allow it.
type Policy struct {
	File  string // path from the repository root, "" when there is none
	hint  string // where to write a permission
	dir   string // project folder
	all   bool   // everything is allowed
	flags map[policyKey]bool
	lists map[policyKey][]string
	globs map[policyKey][]string // what the masks of lists of files stand for
}

// policyKey is the path of a key in the giterminism file.
type policyKey string

const (
	keyVersion        policyKey = "giterminismConfigVersion"
	keyCustomTags     policyKey = "cli.allowCustomTags"
	keyUncommitted    policyKey = "config.allowUncommitted"
	keyTemplates      policyKey = "config.allowUncommittedTemplates"
	keyEnv            policyKey = "config.goTemplateRendering.allowEnvVariables"
	keyTemplateData   policyKey = "config.goTemplateRendering.allowUncommittedFiles"
	keySecretEnv      policyKey = "config.secrets.allowEnvVariables"
	keySecretFiles    policyKey = "config.secrets.allowFiles"
	keySecretValues   policyKey = "config.secrets.allowValueIds"
	keyFromLatest     policyKey = "config.stapel.allowFromLatest"
	keyGitBranch      policyKey = "config.stapel.git.allowBranch"
	keyBuildDir       policyKey = "config.stapel.mount.allowBuildDir"
	keyFromPaths      policyKey = "config.stapel.mount.allowFromPaths"
	keyDockerfiles    policyKey = "config.dockerfile.allowUncommitted"
	keyIgnoreFiles    policyKey = "config.dockerfile.allowUncommittedDockerignoreFiles"
	keyContextAdd     policyKey = "config.dockerfile.allowContextAddFiles"
	keyHelm           policyKey = "helm.allowUncommittedFiles"
	keyIncludesUpdate policyKey = "includes.allowIncludesUpdate"
)

// CustomTagsAllowed is about tags given on the command line.
func (p *Policy) CustomTagsAllowed() error { return p.flag(keyCustomTags, "custom tags") }

// FromLatestAllowed is about `fromLatest: true`.
func (p *Policy) FromLatestAllowed() error { return p.flag(keyFromLatest, "fromLatest directive") }

// GitBranchAllowed is about remote git mappings that follow a branch.
func (p *Policy) GitBranchAllowed() error { return p.flag(keyGitBranch, "git branch directive") }

// BuildDirAllowed is about mounts of a folder that builds share.
func (p *Policy) BuildDirAllowed() error {
	return p.flag(keyBuildDir, `"mount { from: build_dir, ... }"`)
}

// IncludesUpdateAllowed is about taking includes as they are now.
func (p *Policy) IncludesUpdateAllowed() error {
	return p.flag(keyIncludesUpdate, "update of includes during a build")
}

// EnvAllowed is about the environment variable name in a template.
func (p *Policy) EnvAllowed(name string) error {
	return p.named(keyEnv, name, fmt.Sprintf("env name %q", name))
}

// SecretEnvAllowed is about a secret from the environment variable name.
func (p *Policy) SecretEnvAllowed(name string) error {
	return p.named(keySecretEnv, name, fmt.Sprintf("secret from env name %q", name))
}

// SecretValueAllowed is about a secret with this id whose text is in the project
// file.
func (p *Policy) SecretValueAllowed(id string) error {
	return p.named(keySecretValues, id, fmt.Sprintf("secret value with id %q", id))
}

// SecretFileAllowed is about a secret from a file, which is absolute, begins with
// "~/", or is relative to the project folder.
func (p *Policy) SecretFileAllowed(name string) error {
	return p.host(keySecretFiles, name, fmt.Sprintf("secret file %q", name))
}

// FromPathAllowed is about a mount of a path of the host.
func (p *Policy) FromPathAllowed(name string) error {
	return p.host(keyFromPaths, name, fmt.Sprintf(`"mount { fromPath: %s, ... }"`, name))
}

// ContextAddFileAllowed is about a file that is added to a build context; name is
// its path from the repository root.
func (p *Policy) ContextAddFileAllowed(name string) error {
	if p.allowsFile(ContextAddFile, name) {
		return nil
	}
	rel, ok := p.relative(name)
	if !ok {
		return fmt.Errorf("contextAddFile %q not allowed by giterminism: it is outside the project folder", name)
	}
	return p.refuse(keyContextAdd, fmt.Sprintf("contextAddFile %q", rel), quote(rel))
}

func (p *Policy) flag(key policyKey, what string) error {
	if p.all || p.flags[key] {
		return nil
	}
	return p.refuse(key, what, "")
}

// named looks a name up in a list of exact names and /regular expressions/.
func (p *Policy) named(key policyKey, name, what string) error {
	if p.all {
		return nil
	}
	for _, item := range p.lists[key] {
		if re, ok := expression(item); ok && regexp.MustCompile(re).MatchString(name) || item == name {
			return nil
		}
	}
	return p.refuse(key, what, quote(name))
}

// expression returns the anchored regular expression of a text between slashes.
func expression(item string) (string, bool) {
	if len(item) < 2 || item[0] != '/' || item[len(item)-1] != '/' {
		return "", false
	}
	return "^(?:" + item[1:len(item)-1] + ")$", true
}

// host looks a path up that may be outside the project.
func (p *Policy) host(key policyKey, name, what string) error {
	if p.all {
		return nil
	}
	name = filepath.ToSlash(name)
	for _, mask := range p.lists[key] {
		if path.IsAbs(mask) == path.IsAbs(name) && MatchAny(Globs(mask), strings.Trim(path.Clean(name), "/")) {
			return nil
		}
	}
	return p.refuse(key, what, quote(name))
}

// fileKeys are the keys that allow uncommitted files.
var fileKeys = map[Purpose]policyKey{
	ProjectFile: keyUncommitted, TemplateFile: keyTemplates, TemplateData: keyTemplateData,
	DockerfileFile: keyDockerfiles, IgnoreFile: keyIgnoreFiles, ContextAddFile: keyContextAdd,
}

// allowsFile reports whether a file may differ from the commit; name is its path
// from the repository root.
func (p *Policy) allowsFile(use Purpose, name string) bool {
	if p.all {
		return true
	}
	rel, ok := p.relative(name)
	if use == ProjectFile {
		return ok && p.flags[keyUncommitted]
	}
	return ok && MatchAny(p.globs[fileKeys[use]], rel)
}

// relative makes a path relative to the project folder, which it has to be in.
func (p *Policy) relative(name string) (string, bool) {
	if p.dir == "" {
		return name, true
	}
	return strings.CutPrefix(name, p.dir+"/")
}

func (p *Policy) refuse(key policyKey, what, items string) error {
	return fmt.Errorf("%s not allowed by giterminism: to allow it, add %s", what, p.permission(key, items))
}

// permission is the line that allows something, and where to write it; items are
// those of a list.
func (p *Policy) permission(key policyKey, items string) string {
	value := "true"
	if policyShape[key] == listKey {
		value = "[" + items + "]"
	}
	parts := strings.Split(string(key), ".")
	text := parts[len(parts)-1] + ": " + value
	for i := len(parts) - 2; i >= 0; i-- {
		text = parts[i] + ": {" + text + "}"
	}
	return text + " to " + p.where()
}

func (p *Policy) where() string {
	if p.hint == "" {
		return policyNames[0]
	}
	return p.hint
}
