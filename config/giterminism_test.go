package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/strakebuild/strake/config/gittest"
)

var purposes = map[string]Purpose{
	"project": ProjectFile, "template": TemplateFile, "data": TemplateData,
	"dockerfile": DockerfileFile, "ignore": IgnoreFile,
}

// TestGiterminism runs testdata/giterminism/*.txtar: files below commit/ are
// committed, those below work/ are written over them; marks in names are those of
// gittest.Repo. The comment is a list of questions, "want" what they answer:
//
//	dir FOLDER            the project folder
//	mode dev|loose
//	policy FILE
//	remove PATH           from the work tree
//	below PATH            a file of another repository, with the content "below"
//	read PURPOSE PATH
//	view PURPOSE          names that differ from those of the tree
//	check PURPOSE [DIR]   files that a purpose needs and that are not committed
//	build [DIR]           files of images that are not committed
//	add PATH              contextAddFiles
//	allow WHAT NAME
func TestGiterminism(t *testing.T) {
	files, _ := filepath.Glob("testdata/giterminism/*.txtar")
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { askGolden(t, file) })
	}
}

func askGolden(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	q := questions{t: t, out: &got}
	q.prepare(archive)
	for line := range strings.Lines(string(archive.Comment)) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] != "#" {
			q.ask(fields[0], append(fields[1:], "", "")[:max(2, len(fields)-1)])
		}
	}
	last := &archive.Files[len(archive.Files)-1]
	if last.Name != "want" {
		t.Fatal("the last file is not want")
	}
	if *update {
		last.Data = []byte(got.String())
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(last.Data), got.String()); diff != "" {
		t.Error(diff)
	}
}

// questions is one test of TestGiterminism.
type questions struct {
	t    *testing.T
	out  *strings.Builder
	repo *Repo
	opts InputOptions
	in   *Inputs
}

func (q *questions) prepare(archive *txtar.Archive) {
	commit, work := map[string]string{}, map[string]string{}
	for _, f := range archive.Files {
		text := string(f.Data)
		if strings.HasSuffix(f.Name, "@") {
			text = strings.TrimSpace(text)
		}
		if name, ok := strings.CutPrefix(f.Name, "commit/"); ok {
			commit[name] = text
		}
		if name, ok := strings.CutPrefix(f.Name, "work/"); ok {
			work[name] = text
		}
	}
	dir := gittest.Repo(q.t, commit)
	gittest.Write(q.t, dir, work)
	q.repo = openRepo(q.t, dir)
}

func (q *questions) ask(what string, args []string) {
	switch what {
	case "dir":
		q.opts.Dir = args[0]
		return
	case "policy":
		q.opts.PolicyFile = args[0]
		return
	case "mode":
		q.opts.Dev, q.opts.Loose, q.in = args[0] == "dev", args[0] == "loose", nil
		return
	case "remove":
		if err := os.Remove(filepath.Join(q.repo.Root(), args[0])); err != nil {
			q.t.Fatal(err)
		}
		q.in = nil
		return
	}
	fmt.Fprintln(q.out, ">", strings.TrimSpace(what+" "+strings.Join(args, " ")))
	var err error
	if q.in == nil {
		q.in, err = q.repo.Inputs(q.t.Context(), q.opts)
	}
	if err == nil {
		err = q.answer(what, args)
	}
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			fmt.Fprint(q.out, "absent: ")
		}
		fmt.Fprintln(q.out, strings.ReplaceAll(err.Error(), q.repo.Root(), "ROOT"))
	}
}

func (q *questions) answer(what string, args []string) error {
	use := purposes[args[0]]
	switch what {
	case "below":
		e, _ := q.in.Tree.Lookup("below")
		e.Path = args[0]
		q.in.Below([]Entry{e})
	case "read":
		text, err := q.in.Read(q.t.Context(), use, args[1])
		if err == nil {
			q.out.Write(text)
		}
		return err
	case "view":
		q.view(use)
	case "check":
		return q.in.Committed(use, args[1], nil)
	case "build":
		found, err := q.in.Tree.Uncommitted(args[0], nil)
		return errors.Join(err, BuildInputs(found))
	case "add":
		return q.add(args[0])
	case "allow":
		return q.allow(args[0], args[1])
	default:
		q.t.Fatalf("unknown question %s", what)
	}
	return nil
}

func (q *questions) view(use Purpose) {
	before, after := paths(q.in.Tree.Under("")), paths(q.in.View(use).Under(""))
	for _, name := range before {
		if !slices.Contains(after, name) {
			fmt.Fprintln(q.out, "-", name)
		}
	}
	for _, name := range after {
		if !slices.Contains(before, name) {
			fmt.Fprintln(q.out, "+", name)
		}
	}
}

func (q *questions) add(name string) error {
	entries, err := q.in.Added(q.t.Context(), name)
	tree := q.in.Tree.With(entries)
	for _, e := range entries {
		fmt.Fprintf(q.out, "%o %s: %s\n", e.Mode, e.Path, strings.TrimSpace(content(q.t, q.repo, tree, e.Path)))
	}
	return err
}

func (q *questions) allow(what, name string) error {
	p := q.in.Policy
	asked := map[string]error{
		"env": p.EnvAllowed(name), "secret-env": p.SecretEnvAllowed(name), "secret-file": p.SecretFileAllowed(name),
		"secret-value": p.SecretValueAllowed(name), "from-path": p.FromPathAllowed(name), "from-latest": p.FromLatestAllowed(),
		"git-branch": p.GitBranchAllowed(), "build-dir": p.BuildDirAllowed(), "tags": p.CustomTagsAllowed(),
		"includes": p.IncludesUpdateAllowed(), "context-add": p.ContextAddFileAllowed(name),
	}
	err, ok := asked[what]
	if !ok {
		q.t.Fatalf("unknown permission %s", what)
	}
	if err == nil {
		fmt.Fprintln(q.out, "allowed")
	}
	return err
}
