package config

import (
	"path"
	"strings"
)

// base warns of an external base that can be another one tomorrow.
func (c *checker) base(img *Image) {
	if img.Stapel == nil || c.partial {
		return
	}
	from := img.Stapel.From
	if from.Value == "" || from.Value == "scratch" || c.images[from.Value] != nil || hasTagOrDigest(from.Value) || c.taken[from.Pos] {
		return
	}
	c.project.warn(from.Pos, "the base %s has neither a tag nor a digest: write %s:latest, or another tag%s", from.Value, from.Value, meant(from.Value, c.names))
}

func hasTagOrDigest(ref string) bool {
	return strings.ContainsAny(path.Base(ref), ":@") || strings.Contains(ref, "@")
}

// platforms checks that the images that an image uses are built for all of its
// platforms. What is not said is the platform of a machine that is not known
// here.
func (c *checker) platforms(img *Image) {
	wanted := c.platformsOf(img)
	for _, use := range uses(img) {
		other := c.images[use.Image.Value]
		if other == nil || other == img {
			continue
		}
		offered := c.platformsOf(other)
		if len(offered) == 0 && len(wanted) < 2 {
			continue
		}
		var missing []string
		for _, p := range wanted {
			if !offers(offered, p.Value) {
				missing = append(missing, p.Value)
			}
		}
		if len(missing) > 0 {
			c.fail(use.Image.Pos, "the image %q is not built for %s, for which %q needs it (%s): add what is missing to platform of %q",
				other.Name.Value, strings.Join(missing, ", "), img.Name.Value, use.Kind, other.Name.Value)
		}
	}
}

func (c *checker) platformsOf(img *Image) []String {
	if len(img.Platforms) > 0 {
		return img.Platforms
	}
	return c.project.Platforms
}

func offers(list []String, platform string) bool {
	for _, p := range list {
		if plainPlatform(p.Value) == plainPlatform(platform) {
			return true
		}
	}
	return false
}

// plainPlatform leaves out the variant that an architecture has anyway.
func plainPlatform(platform string) string {
	switch platform {
	case "linux/arm64/v8":
		return "linux/arm64"
	case "linux/arm":
		return "linux/arm/v7"
	}
	return platform
}

// secrets checks that the files of secrets have names of their own.
func (c *checker) secrets(img *Image) {
	first := map[string]*Secret{}
	for i := range img.Secrets {
		s := &img.Secrets[i]
		pos := s.ID.Pos
		if pos == (Pos{}) {
			pos = s.Pos
		}
		id := s.ID.Value
		switch {
		case id == "":
		case id == "." || id == ".." || id == "/" || id == "~":
			c.fail(pos, "secrets: %q cannot be the name of a file: give an id", id)
		case first[id] != nil:
			c.fail(pos, "secrets: the id %q is given twice; first at line %d", id, first[id].Pos.Line)
		default:
			first[id] = s
		}
	}
}

// mounts checks that each place has one folder.
func (c *checker) mounts(s *Stapel) {
	first := map[string]Pos{}
	for _, m := range s.Mounts {
		to := m.To.Value
		switch line := first[to].Line; {
		case to == "":
		case to == "/":
			c.fail(m.To.Pos, "mount: the root folder cannot be a mount: give a folder below it")
		case line > 0:
			c.fail(m.To.Pos, "mount: %s is mounted already, from line %d", to, line)
		default:
			first[to] = m.To.Pos
		}
	}
}

// stages checks that imports from a stage name an image that has stages.
func (c *checker) stages(s *Stapel) {
	for _, imp := range s.Imports {
		if imp.Stage.Value == "" || c.partial {
			continue
		}
		if source := c.images[imp.From.Value]; source == nil || source.Stapel == nil {
			c.fail(imp.Stage.Pos, "import: %s is not an image that is built in stages: remove stage", imp.From.Value)
		}
	}
}

// remote checks a mapping of another repository.
func (c *checker) remote(m *GitMapping) {
	a, err := parseAddress(m.Remote.URL.Value, "/")
	if err != nil {
		c.fail(m.Remote.URL.Pos, "git: %v", err)
	} else if a.password != "" {
		c.project.warn(m.Remote.URL.Pos, "git: a password in an address is seen by everybody who reads the file: write basicAuth with password.env")
	}
	if add := m.Add.Value; add != "" && !strings.HasPrefix(add, "/") {
		c.fail(m.Add.Pos, "git: of another repository add must be an absolute path, such as /%s", add)
	}
}

// stageDependencies checks the masks of a mapping. They can do less than is
// asked for, which is told once for an image.
func (c *checker) stageDependencies(s *Stapel) {
	told := false
	for i := range s.Git {
		m := &s.Git[i]
		for _, d := range []struct {
			key      string
			masks    []String
			commands []String
		}{
			{"install", m.StageDependencies.Install, s.Shell.Install},
			{"beforeSetup", m.StageDependencies.BeforeSetup, s.Shell.BeforeSetup},
			{"setup", m.StageDependencies.Setup, s.Shell.Setup},
		} {
			if len(d.masks) == 0 || !c.globs(d.masks) {
				continue
			}
			if !told {
				told = true
				c.project.warn(d.masks[0].Pos, "stageDependencies makes no difference yet: a change of any file of git runs install and all that follows anew")
			}
			if len(d.commands) == 0 {
				c.project.warn(d.masks[0].Pos, "stageDependencies.%s has no effect: shell.%s has no commands", d.key, d.key)
			}
			c.selected(m, d.masks)
		}
	}
}

// selected warns of masks that select no file.
func (c *checker) selected(m *GitMapping, masks []String) {
	root, ok := c.tree.Lookup(strings.Trim(m.Add.Value, "/"))
	if m.Remote != nil || !ok || !root.IsDir() {
		return
	}
	for _, mask := range masks {
		only := GitMapping{Files: Files{Include: []String{mask}}}
		if !c.selectsSome(&only, root) {
			c.project.warn(mask.Pos, "stageDependencies: no file of %s is selected by %s", m.Add.Value, mask.Value)
		}
	}
}
