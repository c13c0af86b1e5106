package config

import (
	"strings"

	"gopkg.in/yaml.v3"
)

func renderMeta(p *Project) *yaml.Node {
	var meta, backend mapping
	meta.put("configVersion", &yaml.Node{Kind: yaml.ScalarNode, Value: "1"})
	meta.text("project", p.Name)
	meta.put("build", renderBuild(p))
	meta.put("gitWorktree", renderGitWorktree(p.GitWorktree))
	meta.put("cleanup", renderCleanup(p.Cleanup))
	backend.put("buildah", renderBuildah(p.Backend.Buildah))
	meta.put("backend", backend.done())
	return meta.done()
}

func renderBuild(p *Project) *yaml.Node {
	var build mapping
	build.texts("platform", p.Platforms)
	build.text("cacheVersion", p.CacheVersion)
	build.flagUnless("staged", p.Staged, false)
	build.put("imageSpec", renderSpec(p.ImageSpec))
	return build.done()
}

func renderGitWorktree(g GitWorktree) *yaml.Node {
	var m mapping
	m.flagUnless("forceShallowClone", g.ForceShallowClone, false)
	m.flagUnless("allowUnshallow", g.AllowUnshallow, true)
	m.flagUnless("allowFetchOriginBranchesAndTags", g.AllowFetchOriginBranchesAndTags, true)
	return m.done()
}

func renderCleanup(c Cleanup) *yaml.Node {
	var m mapping
	m.flagUnless("disable", c.Disable, false)
	m.flagUnless("disableKubernetesBasedPolicy", c.DisableKubernetesBasedPolicy, false)
	m.flagUnless("disableGitHistoryBasedPolicy", c.DisableGitHistoryBasedPolicy, false)
	m.flagUnless("disableBuiltWithinLastNHoursPolicy", c.DisableBuiltWithinLastNHoursPolicy, false)
	m.numberUnless("keepImagesBuiltWithinLastNHours", c.KeepImagesBuiltWithinLastNHours, 2)
	var policies []*yaml.Node
	for _, policy := range c.KeepPolicies {
		var item, references mapping
		references.text("tag", policy.References.Tag)
		references.text("branch", policy.References.Branch)
		references.limit("limit", policy.References.Limit)
		item.put("references", references.done())
		item.limit("imagesPerReference", policy.ImagesPerReference)
		policies = append(policies, item.done())
	}
	m.list("keepPolicies", policies)
	return m.done()
}

func (m *mapping) limit(key string, l *KeepLimit) {
	if l == nil {
		return
	}
	var item mapping
	item.numberUnless("last", l.Last, -1)
	item.duration("in", l.In)
	item.text("operator", l.Operator)
	m.put(key, item.done())
}

func renderBuildah(b BuildahBackend) *yaml.Node {
	var m mapping
	m.text("mode", b.Mode)
	m.text("storageDriver", b.StorageDriver)
	m.texts("ulimit", b.Ulimit)
	m.text("runtime", b.Runtime)
	m.text("network", b.Network)
	return m.done()
}

func renderImage(img *Image) *yaml.Node {
	var m mapping
	if img.Nameless {
		m.put("image", &yaml.Node{Kind: yaml.ScalarNode, Value: "null"})
	} else {
		m.text("image", img.Name)
	}
	if img.Dockerfile != nil {
		m.dockerfile(img.Dockerfile)
		m.flagUnless("staged", img.Staged, false)
		m.texts("addHost", img.AddHost)
		m.text("ssh", img.SSH)
	} else {
		m.stapel(img.Stapel)
	}
	m.list("dependencies", renderDependencies(img))
	m.list("secrets", renderSecrets(img.Secrets))
	m.put("imageSpec", renderSpec(img.ImageSpec))
	m.text("cacheVersion", img.CacheVersion)
	m.text("network", img.Network)
	m.flag("final", img.Final)
	m.texts("platform", img.Platforms)
	return m.done()
}

func (m *mapping) dockerfile(d *Dockerfile) {
	m.text("dockerfile", d.Path)
	m.text("context", d.Context)
	m.texts("contextAddFiles", d.ContextAddFiles)
	m.text("target", d.Target)
	m.pairs("args", d.Args)
}

func (m *mapping) stapel(s *Stapel) {
	var mounts []*yaml.Node
	for _, mount := range s.Mounts {
		var item mapping
		item.text("from", mount.From)
		item.text("fromPath", mount.FromPath)
		item.text("to", mount.To)
		mounts = append(mounts, item.done())
	}
	m.text("from", s.From)
	m.flagUnless("fromLatest", s.FromLatest, false)
	m.text("fromCacheVersion", s.FromCacheVersion)
	m.flagUnless("disableGitAfterPatch", s.DisableGitAfterPatch, false)
	m.list("git", renderGit(s.Git))
	m.put("shell", renderShell(s.Shell))
	m.list("import", renderImports(s.Imports))
	m.list("mount", mounts)
}

func renderGit(mappings []GitMapping) []*yaml.Node {
	var list []*yaml.Node
	for _, g := range mappings {
		var item, masks mapping
		if g.Remote != nil {
			item.remote(g.Remote)
		}
		item.files(g.Files)
		masks.texts("install", g.StageDependencies.Install)
		masks.texts("beforeSetup", g.StageDependencies.BeforeSetup)
		masks.texts("setup", g.StageDependencies.Setup)
		item.put("stageDependencies", masks.done())
		list = append(list, item.done())
	}
	return list
}

func (m *mapping) remote(r *GitRemote) {
	m.text("url", r.URL)
	m.text("branch", r.Branch)
	m.text("tag", r.Tag)
	m.text("commit", r.Commit)
	if r.Auth == nil {
		return
	}
	var auth, password mapping
	password.text("env", r.Auth.Password.Env)
	password.text("src", r.Auth.Password.Src)
	password.text("value", r.Auth.Password.Value)
	auth.text("username", r.Auth.Username)
	auth.put("password", password.done())
	m.put("basicAuth", auth.done())
}

func renderShell(s Shell) *yaml.Node {
	var m mapping
	m.texts("beforeInstall", s.BeforeInstall)
	m.texts("install", s.Install)
	m.texts("beforeSetup", s.BeforeSetup)
	m.texts("setup", s.Setup)
	m.text("cacheVersion", s.CacheVersion)
	m.text("beforeInstallCacheVersion", s.BeforeInstallCacheVersion)
	m.text("installCacheVersion", s.InstallCacheVersion)
	m.text("beforeSetupCacheVersion", s.BeforeSetupCacheVersion)
	m.text("setupCacheVersion", s.SetupCacheVersion)
	return m.done()
}

func renderImports(imports []Import) []*yaml.Node {
	var list []*yaml.Node
	for _, imp := range imports {
		var item mapping
		item.text("from", imp.From)
		item.text("stage", imp.Stage)
		item.files(imp.Files)
		item.placement(imp.Placement, imp.PlacedAt)
		list = append(list, item.done())
	}
	return list
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
func (m *mapping) placement(p Placement, pos Pos) {
	if key, stage, ok := strings.Cut(string(p), " "); ok {
		m.put(key, placed(textNode(stage), pos))
	}
}

func renderSecrets(secrets []Secret) []*yaml.Node {
	var list []*yaml.Node
	for _, s := range secrets {
		var item mapping
		item.text("id", s.ID)
		item.text("env", s.Env)
		item.text("src", s.Src)
		item.text("value", s.Value)
		list = append(list, item.done())
	}
	return list
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
		m.placement(dep.Placement, dep.PlacedAt)
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
