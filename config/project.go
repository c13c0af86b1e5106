package config

import "time"

// Project is one project file, decoded and checked. It is read-only.
type Project struct {
	File      string   // path of the project file, relative to the repository root
	Dir       string   // project folder relative to the repository root, "" for the root; File is in it unless named otherwise
	Name      String   // key `project`
	Platforms []String // key `build.platform`, "os/arch[/variant]"; empty means the host's

	CacheVersion String     // key `build.cacheVersion`: of images without their own
	Staged       Bool       // key `build.staged`: of Dockerfile images without their own
	ImageSpec    *ImageSpec // key `build.imageSpec`: part of that of each final image already; nil: not set
	GitWorktree  GitWorktree
	Cleanup      Cleanup
	Backend      Backend
	Images       []*Image // in file order; a section with several names gives one Image per name

	// Warnings is what is accepted and should be written in another way, sorted
	// by place.
	Warnings Errors

	Vars []Var

	sources *sources                    // the texts, for Locate
	origins map[string]map[Pos][]Origin // by image: what its values come from
}

// GitWorktree is the `gitWorktree` section: what may be fetched in a clone that
// has not all of the history.
type GitWorktree struct {
	ForceShallowClone               Bool
	AllowUnshallow                  Bool // default true
	AllowFetchOriginBranchesAndTags Bool // default true
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
	Nameless     bool     // written as `image: ~`; Name is that of the project
	Pos          Pos      // of the section
	Final        Bool     // a result of the project; default true
	Staged       Bool     // Dockerfile images: default Project.Staged
	Platforms    []String // empty means the project's
	CacheVersion String   // any text, part of all keys of the image; default Project.CacheVersion
	Network      String   // of commands: "default", "host", "none"; "" means not set
	AddHost      []String // Dockerfile images: "name:address"
	SSH          String   // Dockerfile images: "default" or "id=path"; "" means none
	Secrets      []Secret
	Dependencies []Dependency
	ImageSpec    *ImageSpec // with Project.ImageSpec merged in if Final; nil: nothing changes
	Dockerfile   *Dockerfile
	Stapel       *Stapel
}

// Dockerfile says how an image is built from a Dockerfile.
type Dockerfile struct {
	Path            String   // relative to Context; may lie outside it
	Context         String   // relative to Project.Dir, clean; "." for that folder itself
	ContextAddFiles []String // relative to Context, taken from the work tree
	Target          String   // stage name; "" means the last stage
	Args            []Pair   // build arguments in file order
}

// Stapel says how an image is built in stages.
type Stapel struct {
	From                 String // external reference, "scratch", or the name of another image
	FromLatest           Bool
	FromCacheVersion     String // any text, part of all keys of the image
	DisableGitAfterPatch Bool
	Git                  []GitMapping
	Shell                Shell
	Imports              []Import
	Mounts               []Mount
}

// Secret is a value that commands can read as the file /run/secrets/ID. It is
// not part of keys. Exactly one of Env, Src and Value is set.
type Secret struct {
	Pos   Pos
	ID    String // default: Env, or the last part of Src
	Env   String // name of an environment variable
	Src   String // path of a file on the machine; may begin with ~/
	Value String // the value itself
}

// Mount is a folder of the machine that commands see at To. Exactly one of From
// and FromPath is set.
type Mount struct {
	Pos      Pos
	From     String // tmp_dir: empty for each build, build_dir: kept between builds
	FromPath String // path on the machine
	To       String // absolute path in the image
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

// GitMapping copies files of a git repository into the image: the project's own
// one unless Remote is set. Add is a path from the root of the repository.
type GitMapping struct {
	Files
	Pos               Pos
	Remote            *GitRemote
	StageDependencies StageDependencies
}

// GitRemote is another git repository. At most one of Branch, Tag and Commit is
// set; none means the default branch.
type GitRemote struct {
	URL                 String // https, ssh, file, user@host:path, or a relative path
	Branch, Tag, Commit String // Commit is 40 hex digits
	Auth                *GitAuth
}

// GitAuth is what a remote repository asks for over https.
type GitAuth struct {
	Pos      Pos
	Username String
	Password GitPassword
}

// GitPassword says where a password comes from. Exactly one field is set.
type GitPassword struct {
	Env   String // name of an environment variable
	Src   String // path of a file on the machine
	Value String // the password itself
}

// StageDependencies is globs relative to Add, by the user stage that runs anew
// when what they select changes.
type StageDependencies struct {
	Install, BeforeSetup, Setup []String
}

// Shell holds the commands of the four user stages. A cache version is any text
// that is part of the key of a stage: CacheVersion of all four.
type Shell struct {
	BeforeInstall, Install, BeforeSetup, Setup []String

	CacheVersion              String
	BeforeInstallCacheVersion String
	InstallCacheVersion       String
	BeforeSetupCacheVersion   String
	SetupCacheVersion         String
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

// Import copies files of another image into a stapel image.
type Import struct {
	Files
	Pos       Pos
	From      String // name of an image of the project, or an external reference with tag or digest
	Stage     String // user stage of From whose files are taken; "" means the finished image
	Placement Placement
	PlacedAt  Pos // of the value of before or after
}

// Dependency makes values of another image available to a build: as build
// arguments of a Dockerfile, as environment of a stapel image.
type Dependency struct {
	Pos       Pos
	Image     String    // name of an image of the project
	Placement Placement // stapel images only
	PlacedAt  Pos       // of the value of before or after
	Imports   []DependencyImport
}

// DependencyImport is one value of a Dependency.
type DependencyImport struct {
	Type   String // ImageName, ImageTag, ImageRepo, ImageID, ImageDigest
	Target String // key targetBuildArg of a Dockerfile image, targetEnv of a stapel image
}

// Commit is a commit of the project's repository.
type Commit struct {
	ID   string    // 40 or 64 hex digits; "" for a work tree that is not committed
	Tree string    // id of the root tree
	Time time.Time // committer time
}
