package template

import (
	"context"
	"strings"
	"testing"
	tt "text/template"

	"github.com/Masterminds/sprig/v3"
)

// thousand makes a thousand images in a loop.
const thousand = `project: many
{{- range $i := until 1000 }}
---
image: app{{ $i }}
from: {{ $.Vars.registry }}/base:{{ mod $i 10 }}
git:
- add: /services/app{{ $i }}
  to: /app
  stageDependencies:
    install: ["go.mod", "go.sum"]
{{- if eq (mod $i 2) 0 }}
  owner: {{ $.Env | quote }}
{{- end }}
shell:
  install:
{{- range $command := list "go mod download" "go build" }}
  - {{ $command }}
{{- end }}
  setup:
{{- include "setup" (dict "name" $i) | nindent 2 }}
{{- end }}
{{- define "setup" }}
- echo {{ .name }}
- make install-{{ .name }}
{{- end }}
`

func BenchmarkRender(b *testing.B) {
	o := options(map[string]string{"main.yaml": thousand})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Render(context.Background(), o); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPlain is text/template with Sprig alone, to compare with.
func BenchmarkPlain(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		set := tt.New("")
		set.Funcs(sprig.TxtFuncMap()).Funcs(tt.FuncMap{"include": func(name string, data any) (string, error) {
			var out strings.Builder
			err := set.ExecuteTemplate(&out, name, data)
			return out.String(), err
		}})
		data := map[string]any{"Vars": map[string]any{"registry": "example.org"}, "Env": "test"}
		var out strings.Builder
		if err := tt.Must(set.Parse(thousand)).Execute(&out, data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOrigins asks where each line of a thousand images comes from.
func BenchmarkOrigins(b *testing.B) {
	r, err := Render(context.Background(), options(map[string]string{"main.yaml": thousand}))
	if err != nil {
		b.Fatal(err)
	}
	count := strings.Count(r.text, "\n")
	for b.Loop() {
		fresh := &Result{text: r.text, main: r.main, trace: r.trace, calls: r.calls, frames: r.frames}
		for line := range count {
			fresh.Origin(line+1, 5)
		}
	}
}

// BenchmarkUnread is a text without actions.
func BenchmarkUnread(b *testing.B) {
	text := strings.Repeat("image: ${{ vars.X }}\n", 10_000)
	o := options(map[string]string{"main.yaml": text})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Render(context.Background(), o); err != nil {
			b.Fatal(err)
		}
	}
}
