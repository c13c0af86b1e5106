package stapel

import (
	"path"
	"slices"
	"strings"

	"github.com/strakebuild/strake/config"
)

// export is a mapping or an import seen as the place that it fills.
type export struct {
	files   *config.Files
	pos     config.Pos
	exclude []config.String // its own and those that leave room for others
}

// separate makes room: of two exports of which one goes below the other, the
// outer one leaves out what the inner one brings. Two that cannot be told apart
// are an error.
func separate(exports []*export) config.Errors {
	var faults config.Errors
	for i, a := range exports {
		for _, b := range exports[i+1:] {
			if !makeRoom(a, b) {
				faults = append(faults, conflict(a, b))
			}
		}
	}
	return faults
}

func conflict(a, b *export) *config.Error {
	return &config.Error{Pos: b.pos, Message: "two sections bring files to " + b.files.To.Value + ": this one and the one at " +
		a.pos.String() + "; give them different includePaths, or another `to`"}
}

// makeRoom reports false for exports that cannot be told apart.
func makeRoom(a, b *export) bool {
	toA, toB := path.Clean(a.files.To.Value), path.Clean(b.files.To.Value)
	switch {
	case toA == toB:
		return shareRoot(a, b)
	case below(toB, toA):
		a.leave(rel(toB, toA), b)
	case below(toA, toB):
		b.leave(rel(toA, toB), a)
	}
	return true
}

// shareRoot tells two exports to the same place apart by their includePaths.
func shareRoot(a, b *export) bool {
	switch {
	case len(a.files.Include) == 0 && len(b.files.Include) == 0:
		return false
	case len(a.files.Include) == 0:
		a.leave("", b)
	case len(b.files.Include) == 0:
		b.leave("", a)
	default:
		return !slices.ContainsFunc(values(a.files.Include), func(x string) bool {
			return slices.ContainsFunc(values(b.files.Include), func(y string) bool { return touch(x, y) })
		})
	}
	return true
}

// leave excludes what another export brings to the path at, relative to e. An
// exclusion of something that e never includes changes nothing.
func (e *export) leave(at string, other *export) {
	at = quote(at)
	if len(other.files.Include) == 0 {
		e.exclude = append(e.exclude, config.String{Value: at})
		return
	}
	for _, include := range values(other.files.Include) {
		e.exclude = append(e.exclude, config.String{Value: path.Join(at, include)})
	}
}

// below reports whether a clean absolute path is inside another.
func below(inner, outer string) bool {
	return inner != outer && (outer == "/" || strings.HasPrefix(inner, outer+"/"))
}

func rel(inner, outer string) string {
	return strings.TrimPrefix(strings.TrimPrefix(inner, outer), "/")
}

// touch reports whether one mask covers the other or a part of it.
func touch(x, y string) bool {
	x, y = "/"+config.MaskBase(x), "/"+config.MaskBase(y)
	return x == y || below(x, y) || below(y, x)
}
