package planner

import "strings"

// Kind is the kind of an input that differs.
type Kind string

// The kinds of causes.
const (
	KindFile         Kind = "file"         // a file of the repository
	KindSelection    Kind = "selection"    // which files are taken: a mask, an ignore rule
	KindText         Kind = "text"         // a file that is written in the Dockerfile itself
	KindInstruction  Kind = "instruction"  // an instruction or stage, or how it does its work
	KindCommand      Kind = "command"      // the text of a command
	KindEnvironment  Kind = "environment"  // a variable that a command sees
	KindBase         Kind = "base"         // an external image
	KindCacheVersion Kind = "cacheVersion" // a cache version of the project file
	KindPlatform     Kind = "platform"
	KindConfig       Kind = "config" // the configuration of the finished image
)

// Cause is an input of a step or image that differs between two plans.
type Cause struct {
	Kind Kind
	// Name is the path of a file from the root of the repository, the name of a
	// variable, the reference of a base, or which part of an instruction differs.
	// It is "" for a whole instruction.
	Name string
	// Old and New are the values: "" for one that is not there, two quotes for one
	// that is empty, names for inputs in another order. Those of files are mode and
	// id of the content, "100644 git:…", those of bases reference and id.
	Old, New string

	Image string // that the step belongs to
	Step  string // its name; "" for the configuration of an image
	Pos   string // file:line:col of the step or image; in the old commit for a step that is gone
	More  int    // how many other inputs of the step differ
}

// same reports whether two causes are one input: the same file or base, wherever
// it is used, or else the same place.
func (c *Cause) same(other *Cause) bool {
	everywhere := c.Kind == KindFile || c.Kind == KindBase
	return c.Kind == other.Kind && c.Name == other.Name && c.Old == other.Old && c.New == other.New &&
		(everywhere || c.Pos == other.Pos)
}

// Title names the input on one line.
func (c Cause) Title() string {
	switch c.Kind {
	case KindFile:
		return c.Name
	case KindText:
		return "heredoc"
	case KindSelection:
		return "selection of " + c.Name
	case KindInstruction:
		return c.instructionTitle()
	case KindBase, KindConfig:
		return string(c.Kind) + " " + c.Name
	case KindEnvironment:
		return "variable " + c.Name
	case KindCacheVersion:
		return "cache version of " + c.Name
	}
	return string(c.Kind)
}

func (c Cause) instructionTitle() string {
	switch {
	case c.Name != "":
		return c.Name
	case c.Old == "":
		return "added instruction"
	case c.New == "":
		return "removed instruction"
	}
	return "instruction"
}

// kinds of the fields of a step; those that are not listed are parts of an
// instruction.
func kindOf(field string) Kind {
	switch field {
	case "file":
		return KindFile
	case "inline":
		return KindText
	case "arg", "stdin", "script", "text":
		return KindCommand
	case "env":
		return KindEnvironment
	case "base":
		return KindBase
	case "version":
		return KindCacheVersion
	case "platform":
		return KindPlatform
	}
	return KindInstruction
}

// partName is what people call a field that is part of an instruction.
func partName(field string) string {
	switch field {
	case "copy":
		return "destination"
	case "mkdir", "dir":
		return "working directory"
	case "from":
		return "source image"
	case "path", "source":
		return "source path"
	case "include":
		return "included paths"
	case "exclude":
		return "excluded paths"
	case "chmod":
		return "mode"
	case "inline":
		return "heredoc"
	case "arg", "stdin", "script", "text":
		return "command"
	}
	return field
}

// cause is a difference in words, without its place.
func (d difference) cause() Cause {
	f := d.either()
	if f == nil {
		return Cause{Kind: KindInstruction}
	}
	cause := Cause{Kind: kindOf(f.name), Name: f.key, More: d.more}
	if f.key == "" || f.name == "label" {
		cause.Name = strings.TrimSpace(partName(f.name) + " " + f.key)
	}
	if d.order {
		cause.Kind, cause.Name, cause.Old, cause.New = KindInstruction, "order of inputs", d.old.key, d.new.key
		return cause
	}
	cause.Old, cause.New = d.old.text(), d.new.text()
	return cause
}

// text is the value of a field: "" for none, two quotes for an empty one.
func (f *field) text() string {
	switch {
	case f == nil:
		return ""
	case f.value == "":
		return `""`
	}
	return f.value
}
