package config

import "path"

// fillIn sets what was left out and gives paths their shortest form. A default
// has no position.
func fillIn(p *Project) {
	for _, img := range p.Images {
		if img.Dockerfile != nil {
			fillInDockerfile(img.Dockerfile)
		}
		if img.Stapel != nil {
			fillInStapel(img.Stapel)
		}
	}
}

func fillInDockerfile(d *Dockerfile) {
	setDefault(&d.Context, ".")
	clean(&d.Context)
	clean(&d.Path)
}

func fillInStapel(s *Stapel) {
	for i := range s.Git {
		f := &s.Git[i].Files
		setDefault(&f.Add, "/")
		clean(&f.Add)
		clean(&f.To)
	}
	for i := range s.Imports {
		f := &s.Imports[i].Files
		setDefault(&f.To, f.Add.Value)
		clean(&f.Add)
		clean(&f.To)
	}
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
