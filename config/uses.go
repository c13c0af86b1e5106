package config

import "slices"

// Use is one reference of an image to an image of the project.
type Use struct {
	Image String  // name of the image that is used, at the place of the reference
	Kind  UseKind // how it is used
}

// UseKind is how an image uses another one.
type UseKind string

// The kinds of uses.
const (
	UseFrom       UseKind = "from"
	UseImport     UseKind = "import"
	UseDependency UseKind = "dependencies"
)

// DependsOn returns the references of img to images of the project, in the order
// from, import, dependencies. What a Dockerfile itself refers to is not among
// them.
func DependsOn(img *Image, p *Project) []Use {
	var list []Use
	for _, use := range uses(img) {
		if slices.ContainsFunc(p.Images, func(other *Image) bool { return other.Name.Value == use.Image.Value }) {
			list = append(list, use)
		}
	}
	return list
}

// uses lists the names an image refers to; that of from may be an external one.
func uses(img *Image) []Use {
	var list []Use
	if img.Stapel != nil {
		list = append(list, Use{img.Stapel.From, UseFrom})
		for _, imp := range img.Stapel.Imports {
			list = append(list, Use{imp.From, UseImport})
		}
	}
	for _, dep := range img.Dependencies {
		list = append(list, Use{dep.Image, UseDependency})
	}
	return list
}
