package stapel

import (
	"path"
	"slices"
	"strings"

	"github.com/strakebuild/strake/config"
)

// bringing is what comes into an image from outside, with its places separated.
type bringing struct {
	img     *config.Image
	copies  []Copy
	imports []placed
}

type placed struct {
	Import
	at config.Placement
}

func newBringing(img *config.Image, tree *config.Tree) (*bringing, error) {
	exports := exportsOf(img)
	faults := separate(exports)
	b := &bringing{img: img}
	for i := range img.Stapel.Git {
		copy, errs := mapping(exports[i], tree)
		b.copies = append(b.copies, copy)
		faults = append(faults, errs...)
	}
	for i, imp := range img.Stapel.Imports {
		out, errs := importing(imp, exports[len(img.Stapel.Git)+i])
		faults = append(faults, errs...)
		b.imports = append(b.imports, placed{out, imp.Placement})
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return b, nil
}

// exportsOf lists the git mappings, then the imports.
func exportsOf(img *config.Image) []*export {
	var all []*export
	for i := range img.Stapel.Git {
		m := &img.Stapel.Git[i]
		all = append(all, &export{files: &m.Files, pos: m.Pos, exclude: m.Exclude})
	}
	for i := range img.Stapel.Imports {
		m := &img.Stapel.Imports[i]
		all = append(all, &export{files: &m.Files, pos: m.Pos, exclude: m.Exclude})
	}
	for _, e := range all {
		e.exclude = append([]config.String{}, e.exclude...)
	}
	return all
}

// mapping selects the files of a git mapping.
func mapping(e *export, tree *config.Tree) (Copy, config.Errors) {
	add := strings.Trim(path.Clean("/"+e.files.Add.Value), "/")
	include, faults := compile(e.files.Include)
	exclude, errs := compile(e.exclude)
	if faults = append(faults, errs...); len(faults) > 0 {
		return Copy{}, faults
	}
	selects := selection{include, exclude}
	if err := committed(tree, add, selects.match); err != nil {
		return Copy{}, fault(e.source(), err.Error())
	}
	root, ok := tree.Lookup(add)
	if !ok {
		return Copy{}, fault(e.source(), "no file or folder "+e.files.Add.Value+" in the repository")
	}
	copy := Copy{Name: e.files.Add.Value, Dir: root.IsDir(), To: path.Clean(e.files.To.Value),
		Owner: e.files.Owner.Value, Group: e.files.Group.Value}
	if !root.IsDir() {
		return copy.single(root, e, tree)
	}
	for _, entry := range tree.Under(add) {
		rel := strings.TrimPrefix(entry.Path[len(add):], "/")
		if entry.IsDir() || !selects.match(rel) && !selects.inModule(entry, rel) {
			continue
		}
		if message := refuse(tree, entry, rel); message != "" {
			return copy, fault(e.source(), message)
		}
		entry.Path = rel
		copy.Entries = append(copy.Entries, entry)
	}
	if len(copy.Entries) == 0 {
		return copy, fault(e.source(), "no file of "+e.files.Add.Value+" is left by includePaths and excludePaths")
	}
	return copy, nil
}

// selection is the compiled masks of a mapping.
type selection struct{ include, exclude []string }

func (s selection) match(rel string) bool {
	return (len(s.include) == 0 || config.MatchAny(s.include, rel)) && !config.MatchAny(s.exclude, rel)
}

// inModule reports whether files of a submodule that is not here may be selected.
func (s selection) inModule(entry config.Entry, rel string) bool {
	return entry.Mode == config.ModeModule && !config.MatchAny(s.exclude, rel) &&
		slices.ContainsFunc(s.include, func(glob string) bool { return reaches(glob, rel) })
}

// source is what brings the files: its default value stands where the mapping
// does.
func (e *export) source() config.String {
	add := e.files.Add
	if add.Pos == (config.Pos{}) {
		add.Pos = e.pos
	}
	return add
}

// committed is nil unless files that a mapping selects differ from the work tree.
func committed(tree *config.Tree, add string, selects func(rel string) bool) error {
	found, err := tree.Uncommitted(add, func(rel string) bool { return rel == "" || selects(rel) })
	if err != nil {
		return err
	}
	return config.BuildInputs(found)
}

// importing is an import without the folders of its source that a running
// container fills.
func importing(imp config.Import, e *export) (Import, config.Errors) {
	add := path.Clean(imp.Add.Value)
	include, faults := compile(imp.Include)
	exclude, errs := compile(e.exclude)
	faults = append(faults, errs...)
	for _, dir := range []string{"/proc", "/sys", "/dev", "/run"} {
		if add == dir || below(add, dir) {
			faults = append(faults, fault(imp.Add, "files of "+dir+" cannot be imported: they are not part of an image")...)
		}
		if add == "/" {
			exclude = append(exclude, config.Globs(dir)...)
		}
	}
	return Import{
		Pos: imp.Pos, From: imp.From, Stage: imp.Stage.Value, Add: add, To: path.Clean(imp.To.Value),
		Owner: imp.Owner.Value, Group: imp.Group.Value, Include: include, Exclude: exclude,
	}, faults
}

// single is a mapping of one file.
func (c Copy) single(file config.Entry, e *export, tree *config.Tree) (Copy, config.Errors) {
	if c.To == "/" {
		return c, fault(e.files.To, "the file "+c.Name+" cannot replace the root folder: write the name that it gets")
	}
	name := path.Base(file.Path)
	if message := refuse(tree, file, name); message != "" {
		return c, fault(e.source(), message)
	}
	file.Path = name
	c.Entries = []config.Entry{file}
	return c, nil
}

// refuse says why an entry cannot be stored in a layer, or nothing.
func refuse(tree *config.Tree, entry config.Entry, rel string) string {
	if err := tree.Usable(entry); err != nil {
		return err.Error() + ", or leave it out with excludePaths"
	}
	for part := range strings.SplitSeq(rel, "/") {
		if strings.HasPrefix(part, ".wh.") {
			return rel + ": a name that begins with .wh. cannot be stored in an image"
		}
	}
	return ""
}

func fault(at config.String, message string) config.Errors {
	return config.Errors{{Pos: at.Pos, Message: message}}
}

func (b *bringing) gitArchive() Stage {
	if len(b.copies) == 0 {
		return Stage{}
	}
	return Stage{Name: "gitArchive", Pos: b.img.Stapel.Git[0].Pos, Copies: b.copies}
}

// dependencies is the stage of the imports and values of one placement.
func (b *bringing) dependencies(name string, at config.Placement) Stage {
	s := Stage{Name: name}
	for _, imp := range b.imports {
		if imp.at == at {
			s.Imports = append(s.Imports, imp.Import)
			s.place(imp.Pos)
		}
	}
	for _, dep := range b.img.Dependencies {
		if dep.Placement != at {
			continue
		}
		for _, value := range dep.Imports {
			s.Values = append(s.Values, Value{Image: dep.Image, Type: value.Type.Value, Target: value.Target.Value})
			s.place(dep.Pos)
		}
	}
	return s
}

// place gives a stage the position of the first section in it.
func (s *Stage) place(pos config.Pos) {
	if s.Pos == (config.Pos{}) {
		s.Pos = pos
	}
}
