package planner

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
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
}

// Image is a declared image: the last step of its chain and the configuration
// that the finished image gets.
type Image struct {
	Name     string
	Key      Key
	Final    bool
	Platform string // "linux/amd64"
	Top      *Step  // nil for an image without any file (FROM scratch with metadata only)
	Config   Config
	History  []History
	Repo     string   // "localhost/<project>/<image>"
	Deps     []*Image // images it refers to: from, import, COPY --from, dependencies
	Needs    []*Image // images whose IDToken or DigestToken appears in Config
}

// History is one line of an image's history.
type History struct {
	CreatedBy  string
	EmptyLayer bool
}

// Config is the run configuration of an image, with the field names and
// meanings of the image configuration that Docker and OCI tools write.
type Config struct {
	User         string              `json:"User,omitempty"`
	ExposedPorts map[string]struct{} `json:"ExposedPorts,omitempty"`
	Env          []string            `json:"Env,omitempty"`
	Entrypoint   []string            `json:"Entrypoint,omitempty"`
	Cmd          []string            `json:"Cmd,omitempty"`
	Volumes      map[string]struct{} `json:"Volumes,omitempty"`
	WorkingDir   string              `json:"WorkingDir,omitempty"`
	Labels       map[string]string   `json:"Labels,omitempty"`
	StopSignal   string              `json:"StopSignal,omitempty"`
	Shell        []string            `json:"Shell,omitempty"`
	OnBuild      []string            `json:"OnBuild,omitempty"`
	Healthcheck  *Healthcheck        `json:"Healthcheck,omitempty"`
}

// Healthcheck is the HEALTHCHECK of an image. Durations are nanoseconds.
type Healthcheck struct {
	Test          []string      `json:"Test,omitempty"`
	Interval      time.Duration `json:"Interval,omitempty"`
	Timeout       time.Duration `json:"Timeout,omitempty"`
	StartPeriod   time.Duration `json:"StartPeriod,omitempty"`
	StartInterval time.Duration `json:"StartInterval,omitempty"`
	Retries       int           `json:"Retries,omitempty"`
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

// Mkdir creates a directory and its missing parents, like WORKDIR.
type Mkdir struct {
	Path  string
	Owner Owner
}

// Owner is who owns created files. User and Group are names or numbers that are
// looked up in the image's /etc/passwd and /etc/group when the step runs; both
// empty means 0:0. A User without a Group takes the user's own primary group if
// PrimaryGroup is set, else the group 0.
type Owner struct {
	User, Group  string
	PrimaryGroup bool
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

// Source is one source of a Copy: a single file, or the contents of a folder.
type Source struct {
	Name  string // the path as written, for messages
	Dir   bool   // contents of a folder: Files are placed below Dest
	Files []File // for a single file exactly one, its Path the base name
}

// File is a file, link or folder to be written.
type File struct {
	Path string // relative, forward slashes
	Mode uint32 // git file mode: 040000, 100644, 100755, 120000
	OID  string // id of the git blob; "" when Data holds the content
	Data []byte // literal content (heredoc)
}

// Run runs a command in the image's file system.
type Run struct {
	Args    []string
	Env     []string // all of the environment, "NAME=value"
	Dir     string
	User    string // as in USER; "" is 0:0
	Network string // "", "host", "none"
	Stdin   string // text given on standard input
	Scripts []Script
	Display string // what to print
}

// Script is a text that is visible to a Run as a read-only file and never part
// of its layer.
type Script struct {
	Path string // absolute, below /run/strake
	Data string
	Mode uint32
}

// IDToken stands for the image id of an image that may not be built yet. It has
// the form of an id (64 hex digits); whoever carries out the plan replaces it in
// arguments, environment, scripts and configuration by the real id.
func IDToken(image Key) string { return token("image id", image) }

// DigestToken stands for the hex part of the manifest digest of an image, like
// IDToken for its id.
func DigestToken(image Key) string { return token("image digest", image) }

func token(kind string, image Key) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + string(image)))
	return hex.EncodeToString(sum[:])
}
