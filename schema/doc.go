// Package schema holds the JSON Schema of the project file and compares YAML
// documents with it.
//
// The schema is the one list of the keys that a project file may have, with
// their descriptions; editors and the check of a project file use the same
// bytes. A document is compared with the part for its kind alone, so that a
// fault gives one message, at the line and column of the key or value at fault.
//
// A document without faults is accepted by rules that are read from the schema;
// only for one with faults the schema is compiled for the library that finds
// them. Both give the same answer for every document.
//
// Five keywords are our own and mean nothing to other tools: x-name is how a
// section is called in a sentence, x-message what a pattern or bound asks for,
// x-refused why a key that many would expect cannot be given, x-instead what is
// meant by the key of another section, x-secret that no message shows a value that
// stands here.
//
// README.md is the reference of the project file; Reference makes it.
//
// The package does not know about files, images that refer to each other, or
// what any value means.
package schema
