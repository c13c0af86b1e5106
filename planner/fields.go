package planner

import (
	"path"
	"strings"
)

// field is one line of a manifest in a form that can be compared with those of
// another manifest.
type field struct {
	fieldID
	value string
	file  *sourceFile
	weak  bool // differs only with other fields, or says little
}

// fieldID is equal for fields of two manifests that stand for the same input.
type fieldID struct {
	op   int // the operation it belongs to, counted from 1; 0 outside operations
	name string
	key  string // of a file its path, of a variable or label its name
	n    int    // counts fields without a key from 1
}

// sourceFile is a file of a Copy with its place in the repository.
type sourceFile struct {
	path string // "" for literal text
	file File
}

// stepFieldList is the manifest of a step without its parent.
func stepFieldList(s *Step) []field {
	w := fieldSink{files: sourceFiles(s)}
	stepFields(&w, s)
	return w.fields
}

// imageFieldList is the manifest of an image without its last step.
func imageFieldList(img *Image) []field {
	var w fieldSink
	imageFields(&w, img)
	return w.fields
}

// sourceFiles is the files of a step in the order of its manifest.
func sourceFiles(s *Step) []sourceFile {
	var list []sourceFile
	for _, op := range s.Ops {
		if op.Copy == nil {
			continue
		}
		for _, source := range op.Copy.Sources {
			for _, file := range source.Files {
				list = append(list, sourceFile{treePath(source, file), file})
			}
		}
	}
	return list
}

// fieldSink takes the fields of a manifest for a comparison.
type fieldSink struct {
	files  []sourceFile // those whose fields are still to come
	fields []field
	op     int
	label  string // whose value comes next
	count  map[fieldID]int
}

func (w *fieldSink) field(name, value string) {
	f := field{fieldID: fieldID{name: name}, value: value}
	switch name {
	case "parent", "top":
		return
	case "label":
		w.label = value
		return
	case "value":
		f.name, f.key = "label", w.label
	case "copy", "run", "mkdir":
		w.op++
		f.weak = name == "run"
	case "env":
		f.key, f.value, _ = strings.Cut(value, "=")
	case "version":
		f.key, f.value, _ = strings.Cut(value, " ")
	case "source":
		f.weak = true
	case "file":
		w.file(&f)
	}
	f.op = w.op
	w.add(f)
}

// file describes the next file by its place in the repository.
func (w *fieldSink) file(f *field) {
	next := &w.files[0]
	w.files = w.files[1:]
	f.file, f.weak = next, next.file.Mode == modeDir
	f.key, f.value = next.path, strings.TrimSuffix(f.value, " "+next.file.Path)
	if next.file.Data != nil {
		f.name, f.value = "inline", string(next.file.Data)
	}
}

func (w *fieldSink) add(f field) {
	if f.key == "" {
		if w.count == nil {
			w.count = map[fieldID]int{}
		}
		w.count[f.fieldID]++
		f.n = w.count[f.fieldID]
	}
	w.fields = append(w.fields, f)
}

// difference is the first input that differs: nil for one that is not there.
type difference struct {
	old, new *field
	more     int  // others that differ
	order    bool // both are in both manifests, at other places
}

// either is the field, as it is now if it is there.
func (d difference) either() *field {
	if d.new != nil {
		return d.new
	}
	return d.old
}

// firstDifference compares manifests, at first without weak fields. Both fields
// are nil for equal ones.
func firstDifference(old, new []field) difference {
	if d := differenceOf(strong(old), strong(new)); d.either() != nil {
		return d
	}
	return differenceOf(old, new)
}

func strong(fields []field) []field {
	var kept []field
	for _, f := range fields {
		if !f.weak {
			kept = append(kept, f)
		}
	}
	return kept
}

func differenceOf(old, new []field) difference {
	old, new = differing(old, new)
	o, n := fieldAt(old, 0), fieldAt(new, 0)
	if o == nil && n == nil {
		return difference{}
	}
	inOld, inNew := byID(old), byID(new)
	d := difference{old: o, new: n}
	switch {
	case o != nil && n != nil && o.fieldID == n.fieldID:
	case o != nil && inNew[o.fieldID] == nil:
		d.new = nil
	case n != nil && inOld[n.fieldID] == nil:
		d.old = nil
	default:
		d.order = true
	}
	d.more = max(0, countDifferent(inOld, inNew)-1)
	return d
}

// differing is what is left of two manifests without their equal beginnings and ends.
func differing(old, new []field) ([]field, []field) {
	for len(old) > 0 && len(new) > 0 && old[0].equal(&new[0]) {
		old, new = old[1:], new[1:]
	}
	for len(old) > 0 && len(new) > 0 && old[len(old)-1].equal(&new[len(new)-1]) {
		old, new = old[:len(old)-1], new[:len(new)-1]
	}
	return old, new
}

func (f *field) equal(other *field) bool { return f.fieldID == other.fieldID && f.value == other.value }

func fieldAt(fields []field, i int) *field {
	if i < len(fields) {
		return &fields[i]
	}
	return nil
}

func byID(fields []field) map[fieldID]*field {
	all := make(map[fieldID]*field, len(fields))
	for i := range fields {
		all[fields[i].fieldID] = &fields[i]
	}
	return all
}

func countDifferent(old, new map[fieldID]*field) int {
	n := 0
	for id, f := range new {
		if o := old[id]; o == nil || o.value != f.value {
			n++
		}
	}
	for id := range old {
		if new[id] == nil {
			n++
		}
	}
	return n
}

// treePath is the place of a file of a source in the repository, "" for literal
// text.
func treePath(s Source, f File) string {
	switch {
	case f.Data != nil:
		return ""
	case s.Dir:
		return path.Join(s.Root, f.Path)
	}
	return s.Root
}
