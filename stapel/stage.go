package stapel

import (
	"strings"

	"github.com/strakebuild/strake/config"
)

// Stage is a named part of a stapel image. Its operations are carried out in the
// order Copies, Imports, Values, Script.
type Stage struct {
	Name    string
	Pos     config.Pos
	Copies  []Copy   // files of the repository
	Imports []Import // files of other images
	Values  []Value  // environment from here on, also of the finished image
	Script  string   // commands, "" for none
	Text    string   // the commands as they were written
	// Versions is the cache versions of the commands, "shell 2".
	Versions []string
}

// Copy brings files of the repository into the image.
type Copy struct {
	Name         string // the path as written
	Dir          bool   // Entries go below To; otherwise To is the one file
	To           string // absolute, clean
	Owner, Group string // names or numbers, "" for root
	// Entries are the files, without folders. Paths are relative to the
	// folder that is copied.
	Entries []config.Entry
}

// Import copies files of another image of the project.
type Import struct {
	Pos              config.Pos
	From             config.String // name of the image
	Stage            string        // of From whose files are taken; "" for the finished image
	Add, To          string        // absolute, clean
	Owner, Group     string        // names or numbers, "" for as they are
	Include, Exclude []string      // globs relative to Add, one for each form of a mask
}

// Value is a value of another image that is set in the environment.
type Value struct {
	Image  config.String // name of an image of the project
	Type   string        // ImageName, ImageTag, ImageRepo, ImageID, ImageDigest
	Target string        // name of the variable
}

// Order is the names of all stages in the order in which they are built.
func Order() []string {
	return []string{
		"from", "beforeInstall", "dependenciesBeforeInstall", "gitArchive", "install", "dependenciesAfterInstall",
		"beforeSetup", "dependenciesBeforeSetup", "setup", "dependenciesAfterSetup",
	}
}

// Stages returns the stages of a stapel image in order. Its errors are
// config.Errors at the values that cause them.
func Stages(img *config.Image, tree *config.Tree) ([]Stage, error) {
	b, err := newBringing(img, tree)
	if err != nil {
		return nil, err
	}
	s := img.Stapel
	all := []Stage{
		{Name: "from", Pos: s.From.Pos},
		commands("beforeInstall", s.Shell.BeforeInstall, s.Shell.BeforeInstallCacheVersion, s.Shell),
		b.dependencies("dependenciesBeforeInstall", config.BeforeInstall),
		b.gitArchive(),
		commands("install", s.Shell.Install, s.Shell.InstallCacheVersion, s.Shell),
		b.dependencies("dependenciesAfterInstall", config.AfterInstall),
		commands("beforeSetup", s.Shell.BeforeSetup, s.Shell.BeforeSetupCacheVersion, s.Shell),
		b.dependencies("dependenciesBeforeSetup", config.BeforeSetup),
		commands("setup", s.Shell.Setup, s.Shell.SetupCacheVersion, s.Shell),
		b.dependencies("dependenciesAfterSetup", config.AfterSetup),
	}
	stages := all[:1]
	for _, stage := range all[1:] {
		if !stage.isEmpty() {
			stages = append(stages, stage)
		}
	}
	return stages, nil
}

func (s Stage) isEmpty() bool {
	return len(s.Copies)+len(s.Imports)+len(s.Values) == 0 && s.Script == ""
}

// commands is the stage of some commands. Its own cache version stands behind
// that of all shell commands.
func commands(name string, items []config.String, version config.String, shell config.Shell) Stage {
	if len(items) == 0 {
		return Stage{}
	}
	s := Stage{Name: name, Pos: items[0].Pos, Text: strings.Join(values(items), "\n")}
	s.Script = script(values(items))
	if all := shell.CacheVersion.Value; all != "" {
		s.Versions = append(s.Versions, "shell "+all)
	}
	if version.Value != "" {
		s.Versions = append(s.Versions, name+" "+version.Value)
	}
	return s
}
