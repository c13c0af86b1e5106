package config

// metaSection reads the project section. What its keys include and vars say has
// been carried out by then.
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
	build := s.sub("build")
	p := d.project
	p.Name = s.text("project")
	p.Platforms = build.texts("platform")
	p.CacheVersion = build.text("cacheVersion")
	p.Staged = build.flag("staged", false)
	p.ImageSpec = projectSpec(build.sub("imageSpec"))
	p.GitWorktree = gitWorktree(s.sub("gitWorktree"))
	p.Cleanup = cleanup(s.sub("cleanup"))
	p.Backend.Buildah = d.buildah(s.sub("backend").sub("buildah"))
	if deploy, _ := s.entry("deploy"); deploy != nil {
		d.warn(deploy, "deploy is ignored: Strake builds images and does not deploy them")
	}
}

func (d *decoder) buildah(s section) BuildahBackend {
	return BuildahBackend{
		Mode:          s.text("mode"),
		StorageDriver: s.text("storageDriver"),
		Ulimit:        d.ulimits(s.texts("ulimit")),
		Runtime:       s.text("runtime"),
		Network:       s.text("network"),
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

func gitWorktree(s section) GitWorktree {
	return GitWorktree{
		ForceShallowClone:               s.flag("forceShallowClone", false),
		AllowUnshallow:                  s.flag("allowUnshallow", true),
		AllowFetchOriginBranchesAndTags: s.flag("allowFetchOriginBranchesAndTags", true),
	}
}
