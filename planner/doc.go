// Package planner turns a Project into a Plan: a graph of steps in which every
// step has a key that covers all that can change its bytes.
//
// A Plan is pure. The same commit, settings and base digests give the same
// bytes; planning runs no container and reads no file of the work tree. Keys are
// computed from inputs alone, before anything is looked up, so that equal keys
// can be one node and an unchanged image is found with one question.
//
// The key of a step is the SHA-256 of its manifest, a list of named,
// length-prefixed fields. One function writes the manifest; what is hashed and
// what is shown to people come from the same list.
//
// Files are always covered one by one, by path, mode and id of their content. The
// id of a whole folder would be shorter, but it covers files that an ignore file
// takes out, and the same files would have two keys.
//
// An image that a plan refers to by name gets its key as the tag, so that no
// reference means two contents. Its id is known only after the build: tokens of
// the same length stand for it (see IDToken).
//
// Two plans are compared by their manifests, too: what is named as the cause of a
// change is a field that was hashed (see Compare).
//
// The package does not know how a step is carried out, where layers are kept or
// what a registry is. Dockerfiles are read by planner/dockerfile, stapel images
// are put in order by package stapel; both say what to do in the words of
// planner/recipe.
package planner
