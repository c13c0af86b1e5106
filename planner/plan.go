package planner

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/planner/recipe"
)

// The words that steps share with the front ends.
type (
	// Config is the run configuration of an image.
	Config = recipe.Config
	// Healthcheck is the HEALTHCHECK of an image.
	Healthcheck = recipe.Healthcheck
	// History is one line of an image's history.
	History = recipe.History
	// Owner is who owns created files.
	Owner = recipe.Owner
	// Mkdir creates a directory and its missing parents.
	Mkdir = recipe.Mkdir
	// Source is one source of a Copy.
	Source = recipe.Source
	// File is a file, link or folder to be written.
	File = recipe.File
	// Run runs a command in the image's file system.
	Run = recipe.Run
	// Script is a text that is visible to a Run as a read-only file.
	Script = recipe.Script
)

// Key names a step or an image by its inputs: 64 lower-case hex digits.
type Key string

// Plan is the graph of everything a build may have to do.
type Plan struct {
	Project string
	Commit  string    // commit id, "" for a work tree
	Time    time.Time // of the commit; the creation time of images
	Steps   []*Step   // each after all that it needs; equal keys appear once
	Images  []*Image  // in the order of the project file

	tree *config.Tree // that files come from
}

// Image is a declared image: the last step of its chain and the configuration
// that the finished image gets.
type Image struct {
	Name     string
	Pos      string // file:line:col it is declared at
	Key      Key
	Final    bool
	Platform string // "linux/amd64"
	Top      *Step  // nil for an image without any file (FROM scratch with metadata only)
	Config   Config
	History  []History
	Author   string    // "" for none
	Bare     bool      // History says nothing because the user wants it so
	Repo     string    // "localhost/<project>/<image>"
	Deps     []*Image  // images it refers to: from, import, COPY --from, dependencies
	Needs    []*Image  // images whose IDToken or DigestToken appears in Config
	Created  time.Time // the time of the commit; not part of the key
}

// Step is a node of the plan: operations on top of a parent, giving one layer.
// A step with Base set stands for an external image and has neither parent nor
// operations.
type Step struct {
	Key      Key
	Image    string // name of the first image that needs it
	Name     string // "install", "[build 2/5] RUN make"
	Pos      string // file:line:col it comes from
	Parent   *Step  // nil: an empty root
	Base     *Base
	Ops      []Op
	Versions []string // cache versions that the user gave, "image 2": they do nothing but change the key
	Platform string
	Needs    []*Image // images whose IDToken or DigestToken appears in the operations
}

// Base is an external image as it was found when planning.
type Base struct {
	Ref     string // as written
	ID      string // digest of its configuration, 64 hex digits
	Config  Config
	History []History
}

// Op is one operation of a step. Exactly one field is set.
type Op struct {
	Copy  *Copy
	Run   *Run
	Mkdir *Mkdir
}

// Copy brings files into the image.
//
// Files come from Sources (git objects or literal text), or with From set from
// the file system of that step as selected by Paths.
type Copy struct {
	Sources   []Source
	From      *Step
	Scratch   bool     // From an empty file system
	Paths     []string // in From: absolute paths, may hold wildcards as in COPY
	Include   []string // in From: globs relative to a path; empty means everything
	Exclude   []string
	Dest      string // absolute; a trailing slash makes it a directory, as does an existing one
	Owner     Owner
	KeepOwner bool    // keep numeric owners of From instead of Owner
	Mode      *uint32 // --chmod
	Unpack    bool    // ADD: unpack local tar archives
	MustMatch bool    // an empty selection is an error
}

// IDToken stands for the image id of an image that may not be built yet. It has
// the form of an id (64 hex digits); whoever carries out the plan replaces it in
// arguments, environment, scripts, literal files and configuration by the real id.
func IDToken(image Key) string { return token("image id", image) }

// DigestToken stands for the hex part of the manifest digest of an image, like
// IDToken for its id.
func DigestToken(image Key) string { return token("image digest", image) }

func token(kind string, image Key) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + string(image)))
	return hex.EncodeToString(sum[:])
}
