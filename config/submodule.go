package config

import "fmt"

// Usable is nil for an entry whose content can be read, and otherwise says what
// to do. The path of the entry is that of the tree.
func (t *Tree) Usable(e Entry) error {
	if e.Mode == ModeModule {
		return fmt.Errorf("%s is a git submodule that is not checked out at the commit in use: run git submodule update --init %s", quoteOdd(e.Path), quoteOdd(e.Path))
	}
	return nil
}
