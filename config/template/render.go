package template

import (
	"context"
	"strings"
	"time"
)

// Source is the text of one template.
type Source struct {
	Name string // what include calls it; the path in its folder of templates
	File string // the file that positions name
	Text []byte
}

// Project is what templates can reach of a project.
type Project interface {
	// Get returns the content of a file.
	Get(path string) (string, error)
	// Glob returns the contents of the files that a pattern selects, by path.
	Glob(pattern string) (map[string]string, error)
	// Exists reports whether there is a file or folder.
	Exists(path string) (bool, error)
	// IsDir reports whether there is a folder.
	IsDir(path string) (bool, error)
	// Getenv returns a variable of the environment and whether it is set. The
	// error says that the project does not allow it.
	Getenv(name string) (value string, set bool, err error)
}

// Commit is the commit that is rendered.
type Commit struct {
	Hash string
	Time time.Time // in the time zone that dates are printed in
}

// Options is what Render needs. Main alone is required. Project and Log are called
// from one goroutine, which is not the caller's.
type Options struct {
	Main     Source
	Partials []Source // parsed in front of Main, in this order
	Project  Project  // nil: an empty project that allows nothing
	Env      string   // .Env
	Vars     map[string]any
	Commit   Commit
	Loose    bool              // functions may give another result each time
	Debug    bool              // the *_debug functions write to Log
	Log      func(line string) // nil: nowhere
	Limits   Limits
}

// Render renders o.Main. A fault of a template is an *Error; the error of ctx is
// returned as it is, wrapped. Text without an action is returned unread.
func Render(ctx context.Context, o Options) (*Result, error) {
	text := string(o.Main.Text)
	if !hasActions(text) {
		return &Result{text: text, plain: true, main: &source{file: o.Main.File, text: text}}, nil
	}
	return newRenderer(ctx, o).watch(ctx)
}

// hasActions reports whether a template needs rendering.
func hasActions(text string) bool {
	for i := 0; ; {
		next := strings.Index(text[i:], leftDelim)
		if next < 0 {
			return false
		}
		at := i + next
		n := reference(text, i, at)
		if n == 0 {
			return true
		}
		i = at + n
	}
}
