// Package template renders the templates of a project and knows, for every place
// of the rendered text, the place of the source that made it.
//
// The language is Go's text/template with Sprig and a few functions of its own
// (env, required, fromYaml, toYaml, include, tpl). A template reaches the files of
// the project at its commit, the declared variables and the environment as far as
// the project allows it: nothing else, and the same input gives the same text.
//
// Positions come from one rendering, not from a second one. Each text of a parsed
// template is a piece of memory that nobody else has, and an empty text stands in
// front of each action; the writer knows a text by its address, and so which place
// of which template is at work, without a byte of the output being different.
// What include and tpl return is kept with its own marks and found again, line by
// line, in what the action around it printed (align.go).
//
// Everything that a rendering uses is bounded (limits.go): its time, also of a loop
// without a body, its depth, and the size of each value and of all together. Values
// are measured in front of what looks into them (guard.go).
//
// The invariant: marks never change the text. The package does not know YAML
// documents, images, git, or where files come from.
package template
