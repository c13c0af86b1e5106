package config

import "path"

// stapel reads what is special of an image that is built in stages.
func stapel(s section) *Stapel {
	st := &Stapel{
		From:             s.renamed("from", "fromImage", "fromArtifact"),
		FromLatest:       s.flag("fromLatest", false),
		FromCacheVersion: s.text("fromCacheVersion"),
		Git:              gitMappings(s),
		Shell:            shell(s.sub("shell")),
	}
	st.DisableGitAfterPatch = s.flagOfArtifact("disableGitAfterPatch", false)
	s.oldKey("disableGitAfterPatch", "remove it, it has no effect")
	s.oldKey("artifact", "write image, and final: false")
	for _, m := range s.list("import") {
		imp := Import{Files: files(m), Pos: m.pos(), From: m.renamed("from", "image", "artifact")}
		imp.Placement, imp.PlacedAt = placement(m)
		imp.Stage = s.d.text(m.oldKey("stage", "make an image of the stages that are needed, with final: false, and import from it"))
		st.Imports = append(st.Imports, imp)
	}
	for _, m := range s.list("mount") {
		st.Mounts = append(st.Mounts, Mount{Pos: m.pos(), From: m.text("from"), FromPath: m.text("fromPath"), To: m.text("to")})
	}
	return st
}

func shell(s section) Shell {
	return Shell{
		BeforeInstall:             s.texts("beforeInstall"),
		Install:                   s.texts("install"),
		BeforeSetup:               s.texts("beforeSetup"),
		Setup:                     s.texts("setup"),
		CacheVersion:              s.text("cacheVersion"),
		BeforeInstallCacheVersion: s.text("beforeInstallCacheVersion"),
		InstallCacheVersion:       s.text("installCacheVersion"),
		BeforeSetupCacheVersion:   s.text("beforeSetupCacheVersion"),
		SetupCacheVersion:         s.text("setupCacheVersion"),
	}
}

func gitMappings(s section) []GitMapping {
	var list []GitMapping
	for _, m := range s.list("git") {
		masks := m.sub("stageDependencies")
		g := GitMapping{
			Files:  files(m),
			Pos:    m.pos(),
			Remote: gitRemote(m),
			StageDependencies: StageDependencies{
				Install:     masks.texts("install"),
				BeforeSetup: masks.texts("beforeSetup"),
				Setup:       masks.texts("setup"),
			},
		}
		dir, included := s.d.includedFrom(m.value("add"))
		if add := &g.Add; included && add.Value != "" && add.Value[0] != '/' && g.Remote == nil {
			add.Value = "/" + path.Join(dir, add.Value)
		}
		list = append(list, g)
	}
	return list
}

func gitRemote(s section) *GitRemote {
	r := &GitRemote{
		URL:    s.text("url"),
		Branch: s.text("branch"),
		Tag:    s.text("tag"),
		Commit: s.text("commit"),
		Auth:   gitAuth(s.sub("basicAuth")),
	}
	if r.URL.Value == "" {
		return nil
	}
	return r
}

func gitAuth(s section) *GitAuth {
	password := s.sub("password")
	a := &GitAuth{
		Pos:      s.pos(),
		Username: s.text("username"),
		Password: GitPassword{Env: password.text("env"), Src: password.text("src"), Value: password.text("value")},
	}
	if file := password.text("file"); file.Value != "" {
		a.Password.Src = file
	}
	if s.node == nil {
		return nil
	}
	return a
}

// files reads a selection of files. A trailing slash of its destination means
// nothing.
func files(s section) Files {
	f := Files{
		Add:     s.text("add"),
		To:      s.text("to"),
		Owner:   s.text("owner"),
		Group:   s.text("group"),
		Include: s.texts("includePaths"),
		Exclude: s.texts("excludePaths"),
	}
	if to := f.To.Value; len(to) > 1 && to[len(to)-1] == '/' {
		s.d.warn(s.value("to"), "to: a slash at the end means nothing: write %s", path.Clean(to))
	}
	return f
}

// placements are the points of a stapel image by key and value.
var placements = map[[2]string]Placement{
	{"before", "install"}: BeforeInstall,
	{"after", "install"}:  AfterInstall,
	{"before", "setup"}:   BeforeSetup,
	{"after", "setup"}:    AfterSetup,
}

func placement(s section) (Placement, Pos) {
	before, after := s.text("before"), s.text("after")
	if before.Value != "" {
		return placements[[2]string{"before", before.Value}], before.Pos
	}
	return placements[[2]string{"after", after.Value}], after.Pos
}
