package schema

import "slices"

// HasKey reports whether a section of a kind may have a key.
func HasKey(kind Kind, key string) bool { return slices.Contains(load().definition(kind).keys(), key) }

func (c *compiled) definition(kind Kind) object {
	defs, _ := c.raw["$defs"].(map[string]any)
	def, _ := defs[definitions[kind]].(map[string]any)
	return def
}

// elsewhere names the kind of section that has a key which the section s does not
// have, "" when there is none or s is none of the sections.
func (c *compiled) elsewhere(key string, s object) string {
	has := func(kind Kind) bool { return slices.Contains(c.definition(kind).keys(), key) }
	image := has(StapelImage) || has(DockerfileImage)
	build := object(nil)
	if o, ok := child(c.definition(Meta)["properties"], "build").(map[string]any); ok {
		build = o
	}
	switch s.name() {
	case c.definition(Meta).name():
		if slices.Contains(build.keys(), key) {
			return "build, in this section"
		}
		if image {
			return "images, whose sections begin after a line with ---"
		}
		return ""
	case c.definition(DockerfileImage).name():
		if has(StapelImage) {
			return "stapel images, which have from in place of dockerfile"
		}
	case c.definition(StapelImage).name():
		if has(DockerfileImage) {
			return "Dockerfile images, which have dockerfile in place of from"
		}
	default:
		return ""
	}
	if has(Meta) {
		return "the project section"
	}
	return ""
}
