package dockerfile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/config/configtest"
	"github.com/strakebuild/strake/config/gittest"
	"github.com/strakebuild/strake/planner/recipe"
)

var update = flag.Bool("update", false, "write the golden files anew")

// contextFiles is the repository of the golden cases; the context is app.
func contextFiles() map[string]string {
	return map[string]string{
		"app/.dockerignore":        "# comment\nlogs/*\n!logs/keep\n**/*.tmp\nprivate\n",
		"app/own.dockerignore":     "src\n",
		"app/go.mod":               "module app\n",
		"app/go.sum":               "sums\n",
		"app/main.go":              "package main\n",
		"app/run.sh*":              "#!/bin/sh\n",
		"app/src/a.go":             "package a\n",
		"app/src/b.tmp":            "left out",
		"app/src/deep/c.go":        "package c\n",
		"app/src/link.go@":         "a.go",
		"app/logs/keep":            "kept",
		"app/logs/old":             "left out",
		"app/private/key":          "left out",
		"app/to-src@":              "src",
		"app/to-main@":             "main.go",
		"app/to-private@":          "private/key",
		"app/dangling@":            "nothing",
		"app/outside@":             "../secret",
		"app/far@":                 "../../../etc/passwd",
		"app/absolute@":            "/etc/passwd",
		"app/loop@":                "loop",
		"app/bad/.wh.gone":         "x",
		"app/with space/file name": "x",
		"app/bundle.tar":           "not read here",
		"secret":                   "outside the context",
		"other/only/here":          "x",
		"other/.dockerignore":      "*\n",
	}
}

func openTree(t testing.TB, files map[string]string) *config.Tree {
	t.Helper()
	return openDir(t, gittest.Repo(t, files))
}

func openDir(t testing.TB, dir string) *config.Tree {
	t.Helper()
	return configtest.Tree(t, dir)
}

// testScope has one build argument of each kind and two images of the project.
func testScope() Scope {
	images := map[string]string{"lib": "lib", "base/tools": "base/tools", "localhost/shop/lib:abc": "lib"}
	return Scope{
		Args:     map[string]string{"GIVEN": "given", "LIB": "localhost/shop/lib:abc", "HTTP_PROXY": "http://proxy"},
		Platform: "linux/amd64",
		Image: func(ref string) (string, bool) {
			name, ok := images[ref]
			return name, ok
		},
	}
}

// baseConfigs are the images that cases build on.
func baseConfig(ref string) recipe.Config {
	switch ref {
	case "debian":
		return recipe.Config{Env: []string{"PATH=/bin", "LANG=C"}, Cmd: []string{"bash"}}
	case "app:full":
		return recipe.Config{
			User: "app", WorkingDir: "/srv", Entrypoint: []string{"/entry"}, Cmd: []string{"serve"},
			Shell: []string{"/bin/ash", "-ec"}, Labels: map[string]string{"a": "base"},
			ExposedPorts: map[string]struct{}{"80/tcp": {}}, Volumes: map[string]struct{}{"/data": {}},
		}
	case "onbuild":
		return recipe.Config{OnBuild: []string{"COPY go.mod /src/", "RUN build"}}
	case "onbuild:copy":
		return recipe.Config{OnBuild: []string{"COPY --from=x /a /b"}}
	case "onbuild:broken":
		return recipe.Config{OnBuild: []string{"COPY missing /b"}}
	}
	return recipe.Config{}
}

// evaluate runs the whole front end and describes the result.
func evaluate(ctx context.Context, text, target string, files *Context) (string, error) {
	file, err := Parse("app/Dockerfile", []byte(text))
	if err != nil {
		return "", err
	}
	stages, err := file.Stages(config.String{Value: target, Pos: config.Pos{File: "strake.yaml", Line: 9, Col: 3}}, testScope())
	if err != nil {
		return "", err
	}
	var out strings.Builder
	done := map[*Stage]State{}
	for _, s := range stages {
		base := done[s.Base.Stage]
		if s.Base.Stage == nil {
			base = State{Config: baseConfig(s.Base.External)}
		}
		result, err := s.Build(ctx, base, files)
		if err != nil {
			return "", err
		}
		done[s] = result.State
		describe(&out, s, result)
	}
	return out.String(), nil
}

func describe(out *strings.Builder, s *Stage, result *Result) {
	fmt.Fprintf(out, "%s: %s on %s\n", s.Pos, s.Label(), describeRef(s.Base))
	for _, ref := range s.Refs() {
		fmt.Fprintf(out, "  uses %s\n", describeRef(ref))
	}
	for _, in := range result.Instructions {
		fmt.Fprintf(out, "%s: %s\n", in.Pos, in.CreatedBy)
		describeOp(out, in)
	}
	cfg, _ := json.Marshal(result.Config)
	fmt.Fprintf(out, "= %s\n", cfg)
}

func describeRef(ref Ref) string {
	switch {
	case ref.Stage != nil:
		return "stage " + ref.Stage.Label()
	case ref.Image != "":
		return "image " + ref.Image
	case ref.External != "":
		return "external " + ref.External
	}
	return "scratch"
}

func describeOp(out *strings.Builder, in Instruction) {
	switch {
	case in.Mkdir != nil:
		fmt.Fprintf(out, "  mkdir %s %s\n", in.Mkdir.Path, describeOwner(in.Mkdir.Owner))
	case in.Run != nil:
		r := in.Run
		fmt.Fprintf(out, "  run %q dir=%s user=%q network=%q\n  env %q\n", r.Args, r.Dir, r.User, r.Network, r.Env)
		for _, script := range r.Scripts {
			fmt.Fprintf(out, "  script %s %04o %q\n", script.Path, script.Mode, script.Data)
		}
	case in.Copy != nil:
		describeCopy(out, in.Copy)
	}
}

func describeOwner(o recipe.Owner) string {
	text := o.User + ":" + o.Group
	if o.PrimaryGroup {
		text += "(primary)"
	}
	return text
}

func describeCopy(out *strings.Builder, c *Copy) {
	fmt.Fprintf(out, "  to %s owner %s", c.Dest, describeOwner(c.Owner))
	if c.Mode != nil {
		fmt.Fprintf(out, " mode %04o", *c.Mode)
	}
	if c.Unpack {
		out.WriteString(" unpack")
	}
	if c.From != nil {
		fmt.Fprintf(out, " from %s paths %q", describeRef(*c.From), c.Paths)
	}
	out.WriteString("\n")
	for _, source := range c.Sources {
		fmt.Fprintf(out, "  source %q dir=%v\n", source.Name, source.Dir)
		for _, f := range source.Files {
			fmt.Fprintf(out, "    %06o %s %.7s", f.Mode, f.Path, f.OID)
			if f.Data != nil {
				fmt.Fprintf(out, " %q", f.Data)
			}
			out.WriteString("\n")
		}
	}
}

// TestGolden evaluates the cases of testdata. A case is a Dockerfile
// "name/Dockerfile", or "name@target/Dockerfile", and the file "want" beside it;
// in the archive err.txtar that is the error.
func TestGolden(t *testing.T) {
	files, err := OpenContext(t.Context(), config.NewInputs(openTree(t, contextFiles())), "app", "app/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	archives, _ := filepath.Glob("testdata/*.txtar")
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var out txtar.Archive
		out.Comment = archive.Comment
		for i := 0; i < len(archive.Files); i++ {
			f := archive.Files[i]
			title, ok := strings.CutSuffix(f.Name, "/Dockerfile")
			if !ok {
				continue
			}
			var want []byte
			if i+1 < len(archive.Files) && archive.Files[i+1].Name == title+"/want" {
				want = archive.Files[i+1].Data
			}
			var got string
			t.Run(filepath.Base(name)+"/"+title, func(t *testing.T) {
				got = evaluateCase(t, title, f.Data, files, strings.HasPrefix(filepath.Base(name), "err"))
				if diff := cmp.Diff(string(want), got); diff != "" && !*update {
					t.Error(diff)
				}
			})
			out.Files = append(out.Files, f, txtar.File{Name: title + "/want", Data: []byte(got)})
		}
		if *update {
			if err := os.WriteFile(name, txtar.Format(&out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func evaluateCase(t *testing.T, title string, text []byte, files *Context, wantErr bool) string {
	_, target, _ := strings.Cut(title, "@")
	got, err := evaluate(t.Context(), string(bytes.TrimSuffix(text, []byte("\n"))), target, files)
	if !wantErr {
		if err != nil {
			t.Error(err)
		}
		return got
	}
	var faulty *config.Error
	if !errors.As(err, &faulty) {
		t.Fatalf("got the error %v, want one with a place", err)
	}
	return err.Error() + "\n"
}
