package config

// images adds an image for each name of a section.
func (d *decoder) images(s section, body Image) {
	body.Pos = s.pos()
	body.Final = s.flag("final", true)
	body.Platforms = s.texts("platform")
	body.CacheVersion = s.text("cacheVersion")
	body.Network = s.text("network")
	body.Secrets = secrets(s)
	body.ImageSpec = imageSpec(s.sub("imageSpec"))
	if body.Stapel != nil {
		body.Final = s.flagOfArtifact("final", true)
		if old := dockerSpec(s); old != nil {
			body.ImageSpec = old
		}
	} else {
		body.Staged = s.flag("staged", false)
		body.AddHost = s.texts("addHost")
		body.SSH = s.d.text(s.oldKey("ssh", "leave it out, the SSH agent of the machine is known without it"))
	}
	names := d.names(s, &body)
	if len(names) == 0 {
		d.broken = true
	}
	for _, name := range names {
		img := body
		img.Name = name
		d.project.Images = append(d.project.Images, &img)
	}
}

// names reads the names of a section, which has none when it is the only one.
func (d *decoder) names(s section, body *Image) []String {
	k, v := s.entry("image")
	if v != nil && v.ShortTag() == "!!null" {
		body.Nameless = true
		d.warn(k, "an image without a name is an old form: write image: NAME; until then it has the name of the project")
		return []String{{Pos: d.pos(k)}}
	}
	names := s.texts("image")
	if body.Stapel != nil && isArtifact(s) {
		names = append(names, s.texts("artifact")...)
	}
	return names
}

// flagOfArtifact returns a truth value which the old key artifact gives when it is
// there, and otherwise when neither is.
func (s section) flagOfArtifact(key string, otherwise bool) Bool {
	v := s.flag(key, otherwise)
	if artifact := s.value("artifact"); artifact != nil && v.Pos == (Pos{}) {
		return Bool{Value: !otherwise, Pos: s.d.pos(artifact)}
	}
	return v
}

func isArtifact(s section) bool { return s.value("artifact") != nil }

// secrets reads the secrets of an image.
func secrets(s section) []Secret {
	var list []Secret
	for _, m := range s.list("secrets") {
		list = append(list, Secret{Pos: m.pos(), ID: m.text("id"), Env: m.text("env"), Src: m.text("src"), Value: m.text("value")})
	}
	return list
}

// dependencies reads the dependencies of an image; target is the key that names
// where a value goes.
func dependencies(s section, target string) []Dependency {
	var list []Dependency
	for _, m := range s.list("dependencies") {
		dep := Dependency{Pos: m.pos(), Image: m.renamed("from", "image")}
		if target == "targetEnv" {
			dep.Placement, dep.PlacedAt = placement(m)
		}
		for _, imp := range m.list("imports") {
			dep.Imports = append(dep.Imports, DependencyImport{Type: imp.text("type"), Target: imp.text(target)})
		}
		list = append(list, dep)
	}
	return list
}
