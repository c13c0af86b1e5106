// Package config finds, reads and decodes the project file, and shows a git
// commit as a read-only tree of files.
//
// A Project is what the user wrote, checked: every value keeps the file, line
// and column it came from, and nothing changes it after Load. Loading has three
// separate steps: decode (the shape, against the schema), defaults (fill in what
// was left out) and check (references between images). All errors of a file are
// found in one pass and reported together, sorted by position.
//
// Files come from git objects, not from the work tree. With Dev set the work
// tree is first written as a git tree object (through a copy of the index, so
// that unchanged files are not read), and everything after that is the same.
//
// The package does not know what an image is built from in the end: steps, keys
// and caching belong to package planner.
package config
