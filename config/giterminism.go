package config

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"unicode/utf8"
)

// absentError says that there is no file; errors.Is takes it for fs.ErrNotExist.
type absentError struct{ message string }

func (e absentError) Error() string        { return e.message }
func (e absentError) Is(target error) bool { return target == fs.ErrNotExist }

// listed is how many names a message lists.
const listed = 10

// listChanges says what has to be committed.
func listChanges(list []Change) string {
	if len(list) == 1 {
		return list[0].String()
	}
	kind := "files"
	for _, c := range list {
		if c.Kind != Untracked {
			return nameChanges("the following files must be committed: ", list)
		}
		kind = "untracked files"
	}
	return nameChanges("the following "+kind+" must be committed: ", list)
}

// String says what is wrong with one file.
func (c Change) String() string {
	switch c.Kind {
	case Untracked:
		return fmt.Sprintf("the untracked file %q must be committed", c.Path)
	case Deleted:
		return fmt.Sprintf("the file %q must be committed: it is removed in the work tree", c.Path)
	case Submodule:
		return fmt.Sprintf("the submodule %q must be committed: another commit is checked out", c.Path)
	}
	return fmt.Sprintf("the file %q must be committed", c.Path)
}

var changeMarks = map[ChangeKind]string{Untracked: "untracked", Deleted: "removed", Submodule: "submodule"}

func nameChanges(intro string, list []Change) string {
	names := make([]string, 0, listed+1)
	mixed := !strings.Contains(intro, "untracked")
	for i, c := range list {
		if i == listed {
			break
		}
		name := quote(c.Path)
		if mark := changeMarks[c.Kind]; mark != "" && mixed {
			name += " (" + mark + ")"
		}
		names = append(names, name)
	}
	text := intro + strings.Join(names, ", ")
	if more := len(list) - listed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// quote makes one line of any name.
func quote(name string) string { return strconv.Quote(name) }

// advise says what to do about files that differ from the commit.
func (in *Inputs) advise(use Purpose, list ...Change) string {
	permission := in.permission(use, list)
	if permission == "" {
		return "; commit, or use --dev"
	}
	return "; commit, use --dev, or add " + permission
}

// permission is what to write where to allow files that differ from the commit,
// "" for files that cannot be allowed.
func (in *Inputs) permission(use Purpose, list []Change) string {
	key := fileKeys[use]
	if key == "" || len(list) > listed {
		return ""
	}
	var names []string
	for _, c := range list {
		rel, ok := in.Policy.relative(c.Path)
		if !ok {
			return ""
		}
		names = append(names, quote(rel))
	}
	return in.Policy.permission(key, strings.Join(names, ", "))
}

// BuildInputs says of what Tree.Uncommitted found that images are not built from
// it, nil for an empty list.
func BuildInputs(found []Change) error {
	if len(found) == 0 {
		return nil
	}
	return fmt.Errorf("%s; commit, or use --dev to build the work tree", listChanges(found))
}

// quoteOdd is a path for a message and the shell: as it is when it is plain.
func quoteOdd(name string) string {
	for _, c := range name {
		if c <= ' ' || c == utf8.RuneError || strings.ContainsRune("\"'\\$`*?[](){}<>|&;!#~", c) {
			return quote(name)
		}
	}
	return name
}
