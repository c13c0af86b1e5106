package config

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"gopkg.in/yaml.v3"

	"github.com/strakebuild/strake/schema"
)

// policyNames are the names of the giterminism file; a project has one of them.
var policyNames = []string{
	"strake-giterminism.yaml", "strake-giterminism.yml", "werf-giterminism.yaml", "werf-giterminism.yml",
}

const maxPolicy = 1 << 20 // bytes of a giterminism file

// keyShape is what the value of a key looks like.
type keyShape int

const (
	versionKey keyShape = iota
	flagKey
	listKey
)

// policyShape is all keys of a giterminism file.
var policyShape = map[policyKey]keyShape{
	keyVersion: versionKey, keyCustomTags: flagKey, keyUncommitted: flagKey, keyTemplates: listKey,
	keyEnv: listKey, keyTemplateData: listKey, keySecretEnv: listKey, keySecretFiles: listKey,
	keySecretValues: listKey, keyFromLatest: flagKey, keyGitBranch: flagKey, keyBuildDir: flagKey,
	keyFromPaths: listKey, keyDockerfiles: listKey, keyIgnoreFiles: listKey, keyContextAdd: listKey,
	keyHelm: listKey, keyIncludesUpdate: flagKey,
}

// readPolicy finds and reads the giterminism file.
func (in *Inputs) readPolicy(ctx context.Context, file string) (*Policy, error) {
	none := &Policy{dir: in.dir, all: in.loose, hint: path.Join(in.dir, in.policyName())}
	if in.loose {
		return none, nil
	}
	in.Policy = none // the file itself needs to be committed
	name, err := in.findPolicy(file)
	if err != nil || name == "" {
		return none, err
	}
	text, err := in.Read(ctx, policyFile, name)
	if err != nil {
		return none, fmt.Errorf("unable to read the giterminism file %s: %w", name, err)
	}
	if len(text) > maxPolicy {
		return none, fmt.Errorf("unable to read the giterminism file %s: it has %d bytes, more than the limit of %d", name, len(text), maxPolicy)
	}
	p, errs := parsePolicy(name, text)
	if len(errs) > 0 {
		return none, errs.Sorted()
	}
	p.dir = in.dir
	return p, nil
}

// findPolicy returns the path of the giterminism file, "" when there is none.
func (in *Inputs) findPolicy(file string) (string, error) {
	if file != "" {
		return path.Clean(file), nil
	}
	var found []string
	for _, base := range policyNames {
		name := path.Join(in.dir, base)
		_, committed := in.Tree.Lookup(name)
		if committed || in.strict && in.repo.hasFile(name) {
			found = append(found, name)
		}
	}
	if len(found) > 1 {
		return "", fmt.Errorf("there are several giterminism files: %s; keep one of them", strings.Join(found, ", "))
	}
	return strings.Join(found, ""), nil
}

// hasFile reports whether the work tree has a file or link at a path.
func (r *Repo) hasFile(name string) bool {
	e, ok := r.onDisk(name)
	return ok && !e.IsDir()
}

// parsePolicy reads a giterminism file and reports all its faults.
func parsePolicy(name string, text []byte) (*Policy, Errors) {
	d := &policyDecoder{policy: &Policy{
		File: name, hint: name, flags: map[policyKey]bool{}, lists: map[policyKey][]string{}, globs: map[policyKey][]string{},
	}}
	src, bad := readSource(name, text)
	if bad != nil {
		return d.policy, Errors{bad}
	}
	d.src = src
	docs, bad := parseYAML(src)
	if bad != nil {
		return d.policy, Errors{bad}
	}
	if len(docs) > 1 {
		d.fail(docs[1], "a giterminism file has one document: remove this one")
	}
	if len(docs) > 0 {
		d.section("", docs[0])
	}
	if !d.version && len(d.errs) == 0 {
		d.errs = append(d.errs, &Error{Pos: src.at(1, 1), Message: "giterminismConfigVersion is missing: add giterminismConfigVersion: 1"})
	}
	return d.policy, d.errs
}

// policyDecoder collects what a giterminism file says.
type policyDecoder struct {
	src     *source
	policy  *Policy
	version bool
	errs    Errors
}

func (d *policyDecoder) fail(n *yaml.Node, format string, args ...any) {
	d.errs = append(d.errs, &Error{Pos: d.src.at(n.Line, n.Column), Message: plainLine(format, args...)})
}

// section reads a mapping; prefix is the path of its keys with a dot at the end.
func (d *policyDecoder) section(prefix string, n *yaml.Node) {
	n = target(n)
	if n.ShortTag() == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		d.fail(n, "%s must be a mapping with the keys %s", sectionName(prefix), strings.Join(childKeys(prefix), ", "))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if seen[key.Value] {
			d.fail(key, "the key %s is there twice", key.Value)
			continue
		}
		seen[key.Value] = true
		d.key(prefix, key, target(n.Content[i+1]))
	}
}

func sectionName(prefix string) string {
	if prefix == "" {
		return "a giterminism file"
	}
	return strings.TrimSuffix(prefix, ".")
}

// target is the node that an alias stands for.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// childKeys are the keys of a section in alphabetical order.
func childKeys(prefix string) []string {
	var keys []string
	for key := range policyShape {
		if rest, ok := strings.CutPrefix(string(key), prefix); ok {
			child, _, _ := strings.Cut(rest, ".")
			keys = append(keys, child)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func (d *policyDecoder) key(prefix string, key, value *yaml.Node) {
	full := policyKey(prefix + key.Value)
	shape, known := policyShape[full]
	switch {
	case !known && slices.Contains(childKeys(prefix), key.Value):
		d.section(string(full)+".", value)
	case !known:
		d.unknown(prefix, key)
	case shape == versionKey:
		d.readVersion(value)
	case shape == flagKey:
		d.readFlag(full, value)
	default:
		d.readList(full, value)
	}
}

// homes are the paths of the keys with a name.
func homes(name string) []string {
	var found []string
	for key := range policyShape {
		if strings.HasSuffix(string(key), "."+name) {
			found = append(found, string(key))
		}
	}
	slices.Sort(found)
	return found
}

func (d *policyDecoder) unknown(prefix string, key *yaml.Node) {
	keys := childKeys(prefix)
	if right := homes(key.Value); len(right) > 0 {
		d.fail(key, "unknown key %q in %s; did you mean %s?", key.Value, sectionName(prefix), strings.Join(right, " or "))
		return
	}
	if near, ok := schema.Nearest(key.Value, keys); ok {
		d.fail(key, "unknown key %q; did you mean %s?", key.Value, near)
		return
	}
	d.fail(key, "unknown key %q: allowed are %s", key.Value, strings.Join(keys, ", "))
}

func (d *policyDecoder) readVersion(n *yaml.Node) {
	d.version = true
	if n.Kind != yaml.ScalarNode || n.Value != "1" {
		d.fail(n, "giterminismConfigVersion must be 1")
	}
}

func (d *policyDecoder) readFlag(key policyKey, n *yaml.Node) {
	var v bool
	switch {
	case n.ShortTag() == "!!null":
	case n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" || n.Decode(&v) != nil:
		d.fail(n, "%s must be true or false", key)
	default:
		d.policy.flags[key] = v
	}
}

func (d *policyDecoder) readList(key policyKey, n *yaml.Node) {
	if n.ShortTag() == "!!null" {
		return
	}
	if n.Kind != yaml.SequenceNode {
		hint := ""
		if n.Kind == yaml.ScalarNode {
			hint = ": write [" + quote(n.Value) + "]"
		}
		d.fail(n, "%s must be a list%s", key, hint)
		return
	}
	for _, item := range n.Content {
		item = target(item)
		if item.Kind != yaml.ScalarNode || item.ShortTag() == "!!null" {
			d.fail(item, "an item of %s must be a text", key)
			continue
		}
		if wrong := checkItem(key, item.Value); wrong != "" {
			d.fail(item, "%s: %s", key, wrong)
			continue
		}
		d.policy.lists[key] = append(d.policy.lists[key], item.Value)
		d.policy.globs[key] = append(d.policy.globs[key], Globs(item.Value)...)
	}
}

// checkItem says what is wrong with an item of a list, or nothing.
func checkItem(key policyKey, item string) string {
	switch key {
	case keyEnv, keySecretEnv, keySecretValues:
		return checkName(item)
	case keySecretFiles, keyFromPaths:
		return checkMask(item)
	}
	if path.IsAbs(item) || leaves(item) {
		return fmt.Sprintf("%q must be relative to the project folder, without ..", item)
	}
	return checkMask(item)
}

func leaves(mask string) bool { return slices.Contains(strings.Split(mask, "/"), "..") }

func checkName(item string) string {
	if re, ok := expression(item); ok {
		if _, err := regexp.Compile(re); err != nil {
			return fmt.Sprintf("%s is not a valid regular expression", item)
		}
	}
	return ""
}

func checkMask(item string) string {
	if !doublestar.ValidatePattern(item) {
		return fmt.Sprintf("%q is not a valid pattern", item)
	}
	return ""
}

// policyName is the name to give a giterminism file, after that of the project
// file.
func (in *Inputs) policyName() string {
	for _, name := range fileNames {
		if _, ok := in.Tree.Lookup(path.Join(in.dir, name)); ok && strings.HasPrefix(name, "werf") {
			return "werf-giterminism.yaml"
		} else if ok {
			break
		}
	}
	return policyNames[0]
}
