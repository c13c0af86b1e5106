package config

import (
	"runtime"
	"sync"
	"sync/atomic"

	"gopkg.in/yaml.v3"

	"github.com/strakebuild/strake/schema"
)

// document is one document of a project file without aliases.
type document struct {
	tree       *yaml.Node
	kind       schema.Kind
	cut        bool             // a part could not be expanded, so keys may be missing
	skipped    bool             // its images are not known, so it is not decoded
	origins    map[Pos][]Origin // of values with expressions
	violations []schema.Violation
}

// perWorker is how many documents are worth a goroutine.
const perWorker = 32

// validate compares the documents with the schema, several at once in a large
// file.
func validate(docs []*document) {
	var next atomic.Int64
	work := func() {
		for i := next.Add(1) - 1; int(i) < len(docs); i = next.Add(1) - 1 {
			docs[i].validate()
		}
	}
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 8, len(docs)/perWorker) - 1 {
		workers.Go(work)
	}
	work()
	workers.Wait()
}

func (d *document) validate() {
	if !d.cut {
		d.violations = schema.Validate(d.tree, d.kind)
	}
}
