package config

import (
	"path"

	"gopkg.in/yaml.v3"
)

// dockerfile reads what is special of a Dockerfile image.
func dockerfile(s section) *Dockerfile {
	d := &Dockerfile{
		Path:            s.text("dockerfile"),
		Context:         s.text("context"),
		ContextAddFiles: s.texts("contextAddFiles"),
		Target:          s.text("target"),
		Args:            s.pairs("args"),
	}
	if k, _ := s.entry("contextAddFile"); k != nil {
		d.ContextAddFiles = s.texts("contextAddFile")
		s.d.warn(k, "contextAddFile is an old key: write contextAddFiles")
	}
	n := s.value("context")
	if n == nil {
		n = s.node
		setDefault(&d.Context, ".")
	}
	if dir, ok := s.d.includedFrom(n); ok && d.Context.Value != "" {
		d.Context.Value = "/" + path.Join(dir, d.Context.Value)
	}
	return d
}

// includedFrom returns the folder of the file that a value is written in, from
// the root of the repository; false for a value of the project file, whose paths
// begin at the project folder.
func (d *decoder) includedFrom(n *yaml.Node) (string, bool) {
	if n == nil || d.sources == nil {
		return "", false
	}
	src := d.sources.at(n.Line)
	if src == nil || src.file == d.project.File {
		return "", false
	}
	return path.Dir(src.file), true
}
