package planner

import (
	"path"
	"strconv"
	"strings"
)

// field is one line of a manifest in a form that can be compared with those of
// another manifest.
type field struct {
	id    string // equal for fields that stand for the same input
	name  string
	key   string // of a file its path, of a variable or label its name
	value string
	op    int // the operation it belongs to, counted from 1
	file  *sourceFile
	weak  bool // differs only with other fields, or says little
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
	count  map[string]int
}

func (w *fieldSink) field(name, value string) {
	f := field{name: name, value: value}
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
	f.key, f.value = next.path, modeAndID(next.file)
	if next.file.Data != nil {
		f.name, f.value = "inline", string(next.file.Data)
	}
}

func (w *fieldSink) add(f field) {
	f.id = strconv.Itoa(f.op) + " " + f.name + " "
	if f.key != "" {
		f.id += f.key
	} else {
		if w.count == nil {
			w.count = map[string]int{}
		}
		w.count[f.id]++
		f.id += strconv.Itoa(w.count[f.id])
	}
	w.fields = append(w.fields, f)
}

func modeAndID(f File) string { return strconv.FormatUint(uint64(f.Mode), 8) + " " + contentID(f) }

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
	i := 0
	for i < len(old) && i < len(new) && old[i].id == new[i].id && old[i].value == new[i].value {
		i++
	}
	o, n := fieldAt(old, i), fieldAt(new, i)
	if o == nil && n == nil {
		return difference{}
	}
	inOld, inNew := byID(old[i:]), byID(new[i:])
	d := difference{old: o, new: n}
	switch {
	case o != nil && n != nil && o.id == n.id:
	case o != nil && inNew[o.id] == nil:
		d.new = nil
	case n != nil && inOld[n.id] == nil:
		d.old = nil
	default:
		d.order = true
	}
	d.more = max(0, countDifferent(inOld, inNew)-1)
	return d
}

func fieldAt(fields []field, i int) *field {
	if i < len(fields) {
		return &fields[i]
	}
	return nil
}

func byID(fields []field) map[string]*field {
	all := make(map[string]*field, len(fields))
	for i := range fields {
		all[fields[i].id] = &fields[i]
	}
	return all
}

func countDifferent(old, new map[string]*field) int {
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
