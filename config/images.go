package config

import "gopkg.in/yaml.v3"

func (d *decoder) metaSection(s section) {
	key, _ := s.entry("configVersion")
	if d.meta != nil {
		d.fail(s.pos(), "a second project section; the first is at %s", d.pos(d.meta).from(s.pos()))
		return
	}
	d.meta = s.node
	if key != nil {
		d.meta = key
	}
	d.project.Name = s.text("project")
	d.project.Platforms = s.sub("build").texts("platform")
	buildah := s.sub("backend").sub("buildah")
	d.project.Backend.Buildah = BuildahBackend{
		Mode:          buildah.text("mode"),
		StorageDriver: buildah.text("storageDriver"),
		Ulimit:        d.ulimits(buildah.texts("ulimit")),
		Runtime:       buildah.text("runtime"),
		Network:       buildah.text("network"),
	}
}

// ulimits reads limits, of which one text may hold several, into the form
// type=soft:hard.
func (d *decoder) ulimits(texts []String) []String {
	var list []String
	for _, text := range texts {
		limits, err := ParseUlimits(text.Value)
		if err != nil {
			d.fail(text.Pos, "ulimit: %s", err)
		}
		for _, limit := range limits {
			list = append(list, String{Value: limit, Pos: text.Pos})
		}
	}
	return list
}

// images adds an image for each name of a section.
func (d *decoder) images(s section, body Image) {
	body.Pos = s.pos()
	body.Final = s.flag("final", true)
	body.Platforms = s.texts("platform")
	names := s.texts("image")
	if len(names) == 0 {
		d.broken = true
	}
	for _, name := range names {
		img := body
		img.Name = name
		d.project.Images = append(d.project.Images, &img)
	}
}

func dockerfile(s section) *Dockerfile {
	return &Dockerfile{
		Path:    s.text("dockerfile"),
		Context: s.text("context"),
		Target:  s.text("target"),
		Args:    s.pairs("args"),
	}
}

func stapel(s section) *Stapel {
	shell := s.sub("shell")
	st := &Stapel{
		From: s.text("from"),
		Shell: Shell{
			BeforeInstall: shell.texts("beforeInstall"),
			Install:       shell.texts("install"),
			BeforeSetup:   shell.texts("beforeSetup"),
			Setup:         shell.texts("setup"),
		},
		ImageSpec: imageSpec(s.sub("imageSpec").sub("config")),
	}
	for _, m := range s.list("git") {
		st.Git = append(st.Git, GitMapping{Files: files(m), Pos: m.pos()})
	}
	for _, m := range s.list("import") {
		st.Imports = append(st.Imports, Import{Files: files(m), Pos: m.pos(), From: sourceImage(m), Placement: placement(m)})
	}
	return st
}

func files(s section) Files {
	return Files{
		Add:     s.text("add"),
		To:      s.text("to"),
		Owner:   s.text("owner"),
		Group:   s.text("group"),
		Include: s.texts("includePaths"),
		Exclude: s.texts("excludePaths"),
	}
}

// sourceImage is the image that a section refers to, by the key of today or the
// old one.
func sourceImage(s section) String {
	from, old := s.text("from"), s.text("image")
	if from.Value == "" {
		return old
	}
	return from
}

// placements are the points of a stapel image by key and value.
var placements = map[[2]string]Placement{
	{"before", "install"}: BeforeInstall,
	{"after", "install"}:  AfterInstall,
	{"before", "setup"}:   BeforeSetup,
	{"after", "setup"}:    AfterSetup,
}

func placement(s section) Placement {
	before, after := s.text("before"), s.text("after")
	if before.Value != "" {
		return placements[[2]string{"before", before.Value}]
	}
	return placements[[2]string{"after", after.Value}]
}

// dependencies reads the dependencies of an image; target is the key that names
// where a value goes.
func dependencies(s section, target string) []Dependency {
	var list []Dependency
	for _, m := range s.list("dependencies") {
		dep := Dependency{Pos: m.pos(), Image: sourceImage(m)}
		if target == "targetEnv" {
			dep.Placement = placement(m)
		}
		for _, imp := range m.list("imports") {
			dep.Imports = append(dep.Imports, DependencyImport{Type: imp.text("type"), Target: imp.text(target)})
		}
		list = append(list, dep)
	}
	return list
}

func imageSpec(s section) ImageSpec {
	return ImageSpec{
		Env:        s.pairs("env"),
		Labels:     s.pairs("labels"),
		Volumes:    s.texts("volumes"),
		Expose:     s.texts("expose"),
		Cmd:        command(s, "cmd"),
		Entrypoint: command(s, "entrypoint"),
		User:       s.text("user"),
		WorkingDir: s.text("workingDir"),
		StopSignal: s.text("stopSignal"),
	}
}

// command reads a CMD or ENTRYPOINT: a text for the shell, or a list.
func command(s section, key string) *Command {
	n := s.value(key)
	if n == nil {
		return nil
	}
	c := &Command{Pos: s.d.pos(n), Args: []string{}}
	if n.Kind == yaml.ScalarNode {
		c.Args = []string{"/bin/sh", "-c", n.Value}
	}
	for _, item := range n.Content {
		c.Args = append(c.Args, item.Value)
	}
	return c
}
