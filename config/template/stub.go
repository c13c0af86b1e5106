// Package template is a stand-in until the real one is merged.
package template

import (
	"context"
	"time"
)

type Source struct {
	Name, File string
	Text       []byte
}
type Project interface {
	Get(path string) (string, error)
	Glob(pattern string) (map[string]string, error)
	Exists(path string) (bool, error)
	IsDir(path string) (bool, error)
	Getenv(name string) (value string, set bool, err error)
}
type Commit struct {
	Hash string
	Time time.Time
}
type Options struct {
	Main     Source
	Partials []Source
	Project  Project
	Env      string
	Vars     map[string]any
	Commit   Commit
	Loose    bool
	Debug    bool
	Log      func(string)
}
type Result struct{}

func Render(ctx context.Context, o Options) (*Result, error) { return &Result{}, nil }
func (r *Result) Text() []byte                               { return nil }
func (r *Result) Origin(line, col int) Origin                { return Origin{} }

type Place struct {
	File      string
	Line, Col int
}
type Origin struct {
	File      string
	Line, Col int
	Calls     []Place
}
type Error struct {
	Origin  Origin
	Message string
}

func (e *Error) Error() string { return e.Message }
