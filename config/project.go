package config

import "time"

// Project is one project file, decoded and checked. It is read-only.
type Project struct {
	File      string   // path of the project file, relative to the repository root
	Dir       string   // project folder relative to the repository root, "" for the root; File is in it unless named otherwise
	Name      String   // key `project`
	Platforms []String // key `build.platform`, "os/arch[/variant]"; empty means the host's
	Backend   Backend
	Images    []*Image // in file order; a section with several names gives one Image per name
	Vars      []Var
	Warnings  Errors // what is accepted and should be written differently

	sources *sources                    // the texts, for Locate
	origins map[string]map[Pos][]Origin // by image: what its values come from
}

// Backend is the `backend` section: how images are built. The zero value of a
// field means "not set here".
type Backend struct {
	Buildah BuildahBackend
}

// BuildahBackend is the `backend.buildah` section.
type BuildahBackend struct {
	Mode          String   // auto, native-chroot, native-rootless, docker-with-fuse, docker
	StorageDriver String   // overlay, vfs
	Ulimit        []String // "type=soft:hard", -1 for no limit; a position may repeat
	Runtime       String   // crun, runc, kata, runsc, or a path
	Network       String   // default, host, none
}

// Image is one declared image. Exactly one of Dockerfile and Stapel is set.
type Image struct {
	Name         String
	Pos          Pos      // of the section
	Final        Bool     // a result of the project; default true
	Platforms    []String // empty means the project's
	Dependencies []Dependency
	Dockerfile   *Dockerfile
	Stapel       *Stapel
}

// Dockerfile says how an image is built from a Dockerfile.
type Dockerfile struct {
	Path    String // relative to Context
	Context String // relative to Project.Dir; "." for that folder itself
	Target  String // stage name; "" means the last stage
	Args    []Pair // build arguments in file order
}

// Stapel says how an image is built in stages.
type Stapel struct {
	From      String // external reference, "scratch", or the name of another image
	Git       []GitMapping
	Shell     Shell
	Imports   []Import
	ImageSpec ImageSpec
}

// Files selects and owns files that are brought into an image. Add and To are
// absolute paths; Include and Exclude are globs relative to Add. Owner and
// Group are names or numbers resolved inside the image. Both "" is root for files
// from git, and whoever owns them in the source for imports.
type Files struct {
	Add, To          String
	Owner, Group     String
	Include, Exclude []String
}

// GitMapping copies files of the project's own repository into the image. Add
// is a path from the root of the repository.
type GitMapping struct {
	Files
	Pos Pos
}

// Shell holds the commands of the four user stages.
type Shell struct {
	BeforeInstall, Install, BeforeSetup, Setup []String
}

// Placement says at which point of a stapel image something is brought in.
type Placement string

// The placements.
const (
	BeforeInstall Placement = "before install"
	AfterInstall  Placement = "after install"
	BeforeSetup   Placement = "before setup"
	AfterSetup    Placement = "after setup"
)

// Import copies files of another image of the project into a stapel image.
type Import struct {
	Files
	Pos       Pos
	From      String // name of an image of the project
	Placement Placement
}

// Dependency makes values of another image available to a build: as build
// arguments of a Dockerfile, as environment of a stapel image.
type Dependency struct {
	Pos       Pos
	Image     String    // name of an image of the project
	Placement Placement // stapel images only
	Imports   []DependencyImport
}

// DependencyImport is one value of a Dependency.
type DependencyImport struct {
	Type   String // ImageName, ImageTag, ImageRepo, ImageID, ImageDigest
	Target String // key targetBuildArg of a Dockerfile image, targetEnv of a stapel image
}

// ImageSpec changes the configuration of the finished image.
type ImageSpec struct {
	Env        []Pair
	Labels     []Pair
	Volumes    []String
	Expose     []String
	Cmd        *Command // nil: not set
	Entrypoint *Command // nil: not set; set without Cmd, it clears the base's command
	User       String
	WorkingDir String
	StopSignal String
}

// Command is a CMD or ENTRYPOINT. The shell form (one string) has been wrapped
// as ["/bin/sh", "-c", text].
type Command struct {
	Args []string
	Pos  Pos
}

// Commit is a commit of the project's repository.
type Commit struct {
	ID   string    // 40 or 64 hex digits; "" for a work tree that is not committed
	Tree string    // id of the root tree
	Time time.Time // committer time
}
