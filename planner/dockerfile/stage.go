package dockerfile

import (
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/planner/recipe"
)

// Stage is a FROM with its instructions.
type Stage struct {
	Index int    // from 0, in file order
	Name  string // lower case, "" without AS
	Pos   config.Pos
	Base  Ref

	file    *File
	source  *instructions.Stage
	scope   Scope
	globals []string
	from    map[*instructions.CopyCommand]Ref
	static  []string // arguments and ENV of the Dockerfile itself at the end of the stage
}

// Ref is where a stage or a COPY takes files from. At most one of Stage, Image
// and External is set; none means scratch.
type Ref struct {
	Pos      config.Pos
	Stage    *Stage
	Image    string // name of an image of the project
	External string // reference of an external image
}

// Label is what to call the stage in output: its name, or "stage-N".
func (s *Stage) Label() string {
	if s.Name != "" {
		return s.Name
	}
	return "stage-" + strconv.Itoa(s.Index)
}

// Refs returns the sources of COPY --from in the order of the instructions.
func (s *Stage) Refs() []Ref {
	var refs []Ref
	for _, command := range s.source.Commands {
		if c, ok := command.(*instructions.CopyCommand); ok && c.From != "" {
			refs = append(refs, s.from[c])
		}
	}
	return refs
}

// Stages returns the stages that the target needs, in file order; the last one
// is the target. An empty target is the last stage of the file.
func (f *File) Stages(target config.String, scope Scope) ([]*Stage, error) {
	index, err := f.target(target)
	if err != nil {
		return nil, err
	}
	globals, err := f.globalArgs(scope)
	if err != nil {
		return nil, err
	}
	l := linker{file: f, scope: scope, globals: globals, stages: map[int]*Stage{}}
	if _, err := l.stage(index); err != nil {
		return nil, err
	}
	var stages []*Stage
	for i := range f.stages {
		if s, ok := l.stages[i]; ok {
			stages = append(stages, s)
		}
	}
	return stages, nil
}

// target finds a stage by name or number.
func (f *File) target(target config.String) (int, error) {
	if target.Value == "" {
		return len(f.stages) - 1, nil
	}
	if i, ok := f.find(target.Value, len(f.stages)); ok {
		return i, nil
	}
	message := "the Dockerfile has no stage " + strconv.Quote(target.Value)
	if names := f.stageNames(); len(names) > 0 {
		message += ": it has " + strings.Join(names, ", ")
	}
	return 0, &config.Error{Pos: target.Pos, Message: message}
}

func (f *File) stageNames() []string {
	var names []string
	for _, s := range f.stages {
		if s.Name != "" {
			names = append(names, s.Name)
		}
	}
	return names
}

// find looks a stage up among the first n. Of equal names the last one counts.
func (f *File) find(name string, n int) (int, bool) {
	for i := n - 1; i >= 0; i-- {
		if strings.EqualFold(f.stages[i].Name, name) {
			return i, true
		}
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < n {
		return i, true
	}
	return 0, false
}

// isLater reports whether a name that is no earlier stage is the name of one.
func (f *File) isLater(name string) bool {
	i, ok := f.find(name, len(f.stages))
	return ok && f.stages[i].Name != ""
}

// linker finds what stages refer to, beginning at the target.
type linker struct {
	file    *File
	scope   Scope
	globals []string
	stages  map[int]*Stage
}

func (l *linker) stage(index int) (*Stage, error) {
	if s, ok := l.stages[index]; ok {
		return s, nil
	}
	source := &l.file.stages[index]
	s := &Stage{
		Index: index, Name: source.Name, Pos: l.file.at(source.Location),
		file: l.file, source: source, scope: l.scope, globals: l.globals,
		from: map[*instructions.CopyCommand]Ref{},
	}
	if err := l.base(s); err != nil {
		return nil, err
	}
	if err := l.copies(s); err != nil {
		return nil, err
	}
	l.stages[index] = s
	return s, nil
}

func (l *linker) base(s *Stage) error {
	if err := l.platform(s); err != nil {
		return err
	}
	name, err := l.file.expand(s.source.BaseName, l.globals)
	if err != nil {
		return errorAt(s.Pos, "%s", plain(err))
	}
	if name == "" {
		return errorAt(s.Pos, "FROM %s is empty after its arguments are filled in", s.source.BaseName)
	}
	s.Base, err = l.ref(name, s.Index, s.Pos)
	if err == nil && s.Base.Stage != nil {
		s.static = slices.Clone(s.Base.Stage.static)
	}
	return err
}

func (l *linker) platform(s *Stage) error {
	if s.source.Platform == "" {
		return nil
	}
	platform, err := l.file.expand(s.source.Platform, l.globals)
	if err != nil {
		return errorAt(s.Pos, "%s", plain(err))
	}
	if NormalizePlatform(platform) != NormalizePlatform(l.scope.Platform) {
		return errorAt(s.Pos, "platform %q cannot be built here: only %s, the platform of this host, is supported so far",
			platform, l.scope.Platform)
	}
	return nil
}

// ref resolves a name that stage number index uses, in the order stage, scratch,
// image of the project, external image.
func (l *linker) ref(name string, index int, pos config.Pos) (Ref, error) {
	ref := Ref{Pos: pos}
	if i, ok := l.file.find(name, index); ok {
		s, err := l.stage(i)
		ref.Stage = s
		return ref, err
	}
	if name == "scratch" {
		return ref, nil
	}
	if l.scope.Image != nil {
		if image, ok := l.scope.Image(name); ok {
			ref.Image = image
			return ref, nil
		}
	}
	if l.file.isLater(name) {
		return ref, errorAt(pos, "stage %q must be defined before it is used", name)
	}
	ref.External = name
	return ref, nil
}

// copies finds the sources of COPY --from.
func (l *linker) copies(s *Stage) error {
	for _, command := range s.source.Commands {
		switch c := command.(type) {
		case *instructions.ArgCommand:
			l.arg(s, c)
		case *instructions.EnvCommand:
			l.env(s, c)
		case *instructions.CopyCommand:
			if err := l.copyFrom(s, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// arg and env leave out what cannot be expanded: Build reports it.
func (l *linker) arg(s *Stage, c *instructions.ArgCommand) {
	for _, arg := range c.Args {
		if value, ok, err := l.file.argValue(arg, l.scope, s.static, l.globals); ok && err == nil {
			s.static = recipe.Setenv(s.static, arg.Key, value)
		}
	}
}

func (l *linker) env(s *Stage, c *instructions.EnvCommand) {
	before := s.static
	for _, pair := range c.Env {
		if value, err := l.file.expand(pair.Value, before); err == nil {
			s.static = recipe.Setenv(s.static, pair.Key, value)
		}
	}
}

func (l *linker) copyFrom(s *Stage, c *instructions.CopyCommand) error {
	if c.From == "" {
		return nil
	}
	pos := l.file.at(c.Location())
	name, err := l.file.expand(c.From, s.static)
	if err != nil {
		return errorAt(pos, "%s", plain(err))
	}
	if name == "" {
		return errorAt(pos, "--from=%s is empty after its arguments are filled in", c.From)
	}
	ref, err := l.ref(name, s.Index, pos)
	if err != nil {
		return err
	}
	if ref == (Ref{Pos: pos}) {
		return errorAt(pos, "scratch has no files to copy")
	}
	s.from[c] = ref
	return nil
}
