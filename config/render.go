package config

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Render writes a project as YAML with anchors resolved and defaults filled in:
// the project section, then one document per image. Loading it gives the same
// project, positions apart.
func Render(p *Project) ([]byte, error) {
	docs := []*yaml.Node{renderMeta(p)}
	for _, img := range p.Images {
		docs = append(docs, renderImage(img))
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	for _, doc := range docs {
		if err := encoder.Encode(doc); err != nil {
			return nil, fmt.Errorf("rendering the project: %w", err)
		}
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("rendering the project: %w", err)
	}
	return out.Bytes(), nil
}

// mapping is a YAML mapping under construction. Empty values are left out.
type mapping struct{ node yaml.Node }

func (m *mapping) put(key string, value *yaml.Node) {
	if value == nil {
		return
	}
	m.node.Kind = yaml.MappingNode
	m.node.Content = append(m.node.Content, textNode(key), value)
}

func (m *mapping) text(key string, s String) {
	if s.Value != "" {
		m.put(key, textNode(s.Value))
	}
}

func (m *mapping) texts(key string, list []String) {
	values := make([]string, len(list))
	for i, s := range list {
		values[i] = s.Value
	}
	if len(values) > 0 {
		m.put(key, textList(values))
	}
}

func (m *mapping) pairs(key string, list []Pair) {
	var pairs mapping
	for _, p := range list {
		pairs.put(p.Name.Value, textNode(p.Value.Value))
	}
	m.put(key, pairs.done())
}

// list puts the nodes that are not nil.
func (m *mapping) list(key string, nodes []*yaml.Node) {
	if len(nodes) > 0 {
		m.put(key, &yaml.Node{Kind: yaml.SequenceNode, Content: nodes})
	}
}

// done returns the mapping, nil when it is empty.
func (m *mapping) done() *yaml.Node {
	if len(m.node.Content) == 0 {
		return nil
	}
	return &m.node
}

func textNode(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

func textList(values []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode}
	if len(values) == 0 {
		n.Style = yaml.FlowStyle
	}
	for _, v := range values {
		n.Content = append(n.Content, textNode(v))
	}
	return n
}

func renderMeta(p *Project) *yaml.Node {
	var meta, build, backend, buildah mapping
	b := p.Backend.Buildah
	buildah.text("mode", b.Mode)
	buildah.text("storageDriver", b.StorageDriver)
	buildah.texts("ulimit", b.Ulimit)
	buildah.text("runtime", b.Runtime)
	buildah.text("network", b.Network)
	backend.put("buildah", buildah.done())
	build.texts("platform", p.Platforms)
	meta.put("configVersion", &yaml.Node{Kind: yaml.ScalarNode, Value: "1"})
	meta.text("project", p.Name)
	meta.put("build", build.done())
	meta.put("backend", backend.done())
	return meta.done()
}

func renderImage(img *Image) *yaml.Node {
	var m mapping
	m.text("image", img.Name)
	if img.Dockerfile != nil {
		m.dockerfile(img.Dockerfile)
	} else {
		m.stapel(img.Stapel)
	}
	m.list("dependencies", renderDependencies(img))
	m.put("final", &yaml.Node{Kind: yaml.ScalarNode, Value: strconv.FormatBool(img.Final.Value)})
	m.texts("platform", img.Platforms)
	return m.done()
}

func (m *mapping) dockerfile(d *Dockerfile) {
	m.text("dockerfile", d.Path)
	m.text("context", d.Context)
	m.text("target", d.Target)
	m.pairs("args", d.Args)
}

func (m *mapping) stapel(s *Stapel) {
	var shell mapping
	shell.texts("beforeInstall", s.Shell.BeforeInstall)
	shell.texts("install", s.Shell.Install)
	shell.texts("beforeSetup", s.Shell.BeforeSetup)
	shell.texts("setup", s.Shell.Setup)
	var git, imports []*yaml.Node
	for _, g := range s.Git {
		var item mapping
		item.files(g.Files)
		git = append(git, item.done())
	}
	for _, imp := range s.Imports {
		var item mapping
		item.text("from", imp.From)
		item.files(imp.Files)
		item.placement(imp.Placement)
		imports = append(imports, item.done())
	}
	m.text("from", s.From)
	m.list("git", git)
	m.put("shell", shell.done())
	m.list("import", imports)
	m.imageSpec(s.ImageSpec)
}

func (m *mapping) files(f Files) {
	m.text("add", f.Add)
	m.text("to", f.To)
	m.text("owner", f.Owner)
	m.text("group", f.Group)
	m.texts("includePaths", f.Include)
	m.texts("excludePaths", f.Exclude)
}

// placement writes "before install" as before: install.
func (m *mapping) placement(p Placement) {
	if key, stage, ok := strings.Cut(string(p), " "); ok {
		m.put(key, textNode(stage))
	}
}

func (m *mapping) imageSpec(s ImageSpec) {
	var spec, config mapping
	config.pairs("env", s.Env)
	config.pairs("labels", s.Labels)
	config.texts("volumes", s.Volumes)
	config.texts("expose", s.Expose)
	config.command("cmd", s.Cmd)
	config.command("entrypoint", s.Entrypoint)
	config.text("user", s.User)
	config.text("workingDir", s.WorkingDir)
	config.text("stopSignal", s.StopSignal)
	spec.put("config", config.done())
	m.put("imageSpec", spec.done())
}

func (m *mapping) command(key string, c *Command) {
	if c != nil {
		m.put(key, textList(c.Args))
	}
}

func renderDependencies(img *Image) []*yaml.Node {
	target := "targetEnv"
	if img.Dockerfile != nil {
		target = "targetBuildArg"
	}
	var list []*yaml.Node
	for _, dep := range img.Dependencies {
		var m mapping
		m.text("from", dep.Image)
		m.placement(dep.Placement)
		var imports []*yaml.Node
		for _, imp := range dep.Imports {
			var item mapping
			item.text("type", imp.Type)
			item.text(target, imp.Target)
			imports = append(imports, item.done())
		}
		m.list("imports", imports)
		list = append(list, m.done())
	}
	return list
}
