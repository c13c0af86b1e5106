// Package config finds, reads and decodes the project file, and shows a git
// commit as a read-only tree of files.
//
// A Project is what the user wrote, checked: every value keeps the file, line
// and column it came from, and nothing changes it after Load. Loading has separate
// steps: read (files, templates, YAML; the lines of all texts are numbered through,
// so that a node knows its place), rewrite (variables, sections that extend others,
// matrices; on YAML nodes, which keep their places), decode (the shape, against the
// schema), defaults (fill in what was left out) and check (references between
// images, paths in the tree, what the giterminism file allows). All errors are
// found in one pass and reported together, sorted by position; after a syntax
// error, those of the documents before it. A place in a text that a template made
// is that of the template's source, with the calls that led there.
//
// Files come from git objects, not from the work tree. Repo.WorkTree first
// writes the work tree as a git tree object (through a copy of the index, so
// that unchanged files are not read), and everything after that is the same. The
// git program does the work; the user's repository is only read.
//
// Inputs is the one way from a repository to what a build reads. In the normal
// mode that is the commit, and every file that is used has to be the same in the
// work tree unless the giterminism file (Policy) allows it to differ; --dev and
// --loose-giterminism read the work tree. Submodules and files of git LFS have
// their contents as far as they are on this machine; Tree.Usable tells of others.
//
// Files of other repositories (Repo.Fetch) are git objects too. Commits are kept
// without history in bare repositories in the user's cache, one for each address,
// and are complete when they have a reference there; what is kept needs no
// network. Inputs.Includes lays such files under those of the project for
// everything but what images are built from.
//
// A project file is data from outside: its size, nesting and the growth by
// aliases are limited, symbolic links are followed inside the tree only.
//
// The package does not know what an image is built from in the end: steps, keys
// and caching belong to package planner.
package config
