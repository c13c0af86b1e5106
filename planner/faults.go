package planner

import (
	"errors"
	"strings"

	"github.com/strakebuild/strake/config"
)

// faults collects what is wrong with the files of a project.
type faults struct {
	list config.Errors
}

// add takes an error. One without a place gets that of the value that led to it.
func (f *faults) add(err error, pos config.Pos) {
	var many config.Errors
	var one *config.Error
	switch {
	case errors.As(err, &many):
		f.list = append(f.list, many...)
	case errors.As(err, &one):
		f.list = append(f.list, one)
	default:
		f.list = append(f.list, &config.Error{Pos: pos, Message: strings.Join(strings.Fields(err.Error()), " ")})
	}
}

func (f *faults) say(pos config.Pos, message string) {
	f.list = append(f.list, &config.Error{Pos: pos, Message: message})
}

// err returns all faults in the order of their places, each once.
func (f *faults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	return f.list.Sorted()
}
