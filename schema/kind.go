package schema

import (
	"slices"

	"gopkg.in/yaml.v3"
)

// Kind is what a document of the project file describes.
type Kind int

// The kinds of documents.
const (
	Unknown Kind = iota
	Meta
	DockerfileImage
	StapelImage
)

// definitions names the part of the schema for each kind.
var definitions = map[Kind]string{
	Meta:            "meta",
	DockerfileImage: "dockerfileImage",
	StapelImage:     "stapelImage",
}

// forDockerfiles are the keys that only Dockerfile images have.
var forDockerfiles = []string{
	"context", "contextAddFiles", "contextAddFile", "target", "args", "addHost", "ssh", "staged",
}

// KindOf tells the kind of a document by its keys: configVersion, dockerfile or
// image. A section that extends others and has a key of Dockerfile images is one. A key that is nearly one of them counts when the document would be
// something else without it, so that the message about the misspelt key can name
// the right one. A document that is not a mapping is Unknown.
func KindOf(doc *yaml.Node) Kind {
	keys := keysOf(doc)
	switch {
	case slices.Contains(keys, "configVersion"):
		return Meta
	case slices.Contains(keys, "dockerfile"):
		return DockerfileImage
	case isExtending(keys) && slices.ContainsFunc(keys, func(k string) bool { return slices.Contains(forDockerfiles, k) }):
		return DockerfileImage
	case isExtending(keys), slices.Contains(keys, "artifact"), slices.Contains(keys, "image") && !meant(keys, "dockerfile"):
		return StapelImage
	case meant(keys, "configVersion"):
		return Meta
	case meant(keys, "dockerfile"):
		return DockerfileImage
	case meant(keys, "image"):
		return StapelImage
	}
	return Unknown
}

// isExtending reports whether a section may leave out what others say for it.
func isExtending(keys []string) bool {
	return slices.Contains(keys, "extends") || slices.Contains(keys, "template")
}

func keysOf(doc *yaml.Node) []string {
	if doc == nil || doc.Kind != yaml.MappingNode {
		return nil
	}
	var keys []string
	for i := 0; i+1 < len(doc.Content); i += 2 {
		keys = append(keys, doc.Content[i].Value)
	}
	return keys
}

// meant reports whether one of the keys is a misspelling of name.
func meant(keys []string, name string) bool {
	_, ok := Nearest(name, keys)
	return ok
}
