package config

import (
	"path"
	"slices"
	"strings"
)

// fillIn sets what was left out and gives paths their shortest form. A default
// has no position, unless another value of the file is it.
func fillIn(p *Project) {
	done := map[any]bool{} // bodies: several names share one
	for _, img := range p.Images {
		fillInImage(p, img)
		if d := img.Dockerfile; d != nil && !done[d] {
			done[d] = true
			fillInDockerfile(p, d)
		}
		if s := img.Stapel; s != nil && !done[s] {
			done[s] = true
			fillInStapel(p, s)
		}
	}
	for _, img := range p.Images {
		baseOfSameName(p, img)
	}
}

func fillInImage(p *Project, img *Image) {
	if img.Nameless {
		img.Name.Value = p.Name.Value
		p.origins[img.Name.Value] = p.origins[""]
	}
	if img.CacheVersion.Value == "" {
		img.CacheVersion = p.CacheVersion
	}
	if img.Dockerfile != nil && img.Staged.Pos == (Pos{}) {
		img.Staged = p.Staged
	}
	if img.Final.Value {
		img.ImageSpec = mergeSpec(img.ImageSpec, p.ImageSpec)
	}
	for i := range img.Secrets {
		s := &img.Secrets[i]
		setDefault(&s.ID, s.Env.Value)
		if s.Src.Value != "" {
			setDefault(&s.ID, path.Base(s.Src.Value))
		}
	}
}

// mergeSpec gives an image what the project says for all. Its own values win.
func mergeSpec(own, all *ImageSpec) *ImageSpec {
	if own == nil || all == nil {
		if own == nil {
			return all
		}
		return own
	}
	m := *own
	if m.Author.Value == "" {
		m.Author = all.Author
	}
	m.ClearHistory = either(own.ClearHistory, all.ClearHistory)
	m.KeepEssentialWerfLabels = either(own.KeepEssentialWerfLabels, all.KeepEssentialWerfLabels)
	m.ClearWerfLabels = either(own.ClearWerfLabels, all.ClearWerfLabels)
	m.Env = unitePairs(own.Env, all.Env)
	m.Labels = unitePairs(own.Labels, all.Labels)
	m.RemoveEnv = unite(own.RemoveEnv, all.RemoveEnv)
	m.RemoveLabels = unite(own.RemoveLabels, all.RemoveLabels)
	return &m
}

// either is what the image says, else what the project says.
func either(own, all Bool) Bool {
	if own.Pos == (Pos{}) {
		return all
	}
	return own
}

func unitePairs(own, all []Pair) []Pair {
	list := slices.Clone(own)
	for _, pair := range all {
		if !slices.ContainsFunc(own, func(p Pair) bool { return p.Name.Value == pair.Name.Value }) {
			list = append(list, pair)
		}
	}
	return list
}

func unite(own, all []String) []String {
	list := slices.Clone(own)
	for _, item := range all {
		if !slices.ContainsFunc(own, func(s String) bool { return s.Value == item.Value }) {
			list = append(list, item)
		}
	}
	return list
}

// fillInDockerfile makes the context relative to the project folder. One outside
// it begins with "..".
func fillInDockerfile(p *Project, d *Dockerfile) {
	if from, ok := strings.CutPrefix(d.Context.Value, "/"); ok {
		d.Context.Value = relativeTo(p.Dir, from)
	}
	clean(&d.Context)
	clean(&d.Path)
	for i := range d.ContextAddFiles {
		clean(&d.ContextAddFiles[i])
	}
}

// relativeTo gives a path from the root of the repository as one from a folder.
func relativeTo(dir, name string) string {
	switch {
	case dir == "" || name == ".." || strings.HasPrefix(name, "../"):
		return name
	case name == dir:
		return "."
	case strings.HasPrefix(name, dir+"/"):
		return name[len(dir)+1:]
	}
	return "../" + name
}

func fillInStapel(p *Project, s *Stapel) {
	for i := range s.Git {
		f := &s.Git[i].Files
		setDefault(&f.Add, "/")
		if f.Add.Value != "" && f.Add.Value[0] != '/' && s.Git[i].Remote == nil {
			f.Add.Value = "/" + path.Join(p.Dir, f.Add.Value)
		}
		clean(&f.Add)
		clean(&f.To)
	}
	for i := range s.Imports {
		f := &s.Imports[i].Files
		setDefault(&f.To, f.Add.Value)
		clean(&f.Add)
		clean(&f.To)
	}
	for i := range s.Mounts {
		clean(&s.Mounts[i].To)
	}
}

// baseOfSameName makes the base of an image with its own name the external image
// of that name.
func baseOfSameName(p *Project, img *Image) {
	name := img.Name.Value
	if img.Stapel == nil || img.Stapel.From.Value != name || name == "" || name == "scratch" {
		return
	}
	own := *img.Stapel
	own.From.Value += ":latest"
	img.Stapel = &own
	p.warn(own.From.Pos, "the base has the name of the image itself: write %s:latest, or another tag, for the external image", name)
}

func setDefault(s *String, value string) {
	if s.Value == "" && s.Pos == (Pos{}) {
		s.Value = value
	}
}

func clean(s *String) {
	if s.Value != "" {
		s.Value = path.Clean(s.Value)
	}
}
