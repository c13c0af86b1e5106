package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/schema"
)

// localSource is how the project's own files are called among those of includes.
const localSource = "local"

func (a *app) includesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "includes",
		Short: "Work with files that the project takes from other repositories",
		Args:  a.knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.includesUpdateCommand(), a.includesListCommand(), a.includesGetCommand())
	return cmd
}

func (a *app) includesUpdateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "update [NAME|URL]...",
		Short: "Write the commits that branches and tags of includes stand for now to the lock file",
		Long: "Ask the repositories of all includes, or of those named, which commits their branches and\n" +
			"tags stand for, write these to the lock file in the work tree, and print what has moved.\n" +
			"The list of includes is read from the work tree too; commit both files.",
		RunE: func(cmd *cobra.Command, names []string) error {
			return projectFault(a.updateIncludes(cmd.Context(), names))
		},
	}
	a.settings.projectFlags(cmd.Flags())
	return cmd
}

func (a *app) includesListCommand() *cobra.Command {
	var filter string
	cmd := &cobra.Command{
		Use:   "ls-files [GLOB]...",
		Short: "List the files of the project and of its includes, and where each comes from",
		RunE: func(cmd *cobra.Command, globs []string) error {
			sources, err := sourceFilter(filter)
			if err != nil {
				return err
			}
			s, err := a.openIncludes(cmd.Context())
			if err != nil {
				return projectFault(err)
			}
			return a.listIncluded(s, globs, sources)
		},
	}
	a.settings.projectFlags(cmd.Flags())
	cmd.Flags().StringVar(&filter, "filter", "", "list files of these `sources` only: source=local,NAME,…")
	return cmd
}

func (a *app) includesGetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get-file PATH",
		Short: "Print a file of the project, or of the include that gives it",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("get-file takes one path, relative to the project folder")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.openIncludes(cmd.Context())
			if err == nil {
				err = a.printIncluded(cmd.Context(), s, args[0])
			}
			return projectFault(err)
		},
	}
	a.settings.projectFlags(cmd.Flags())
	return cmd
}

func liveFlag(f *pflag.FlagSet, live *bool) {
	f.BoolVar(live, "allow-includes-update", false, "take branches and tags of includes as they are now, not as locked")
}

func (a *app) updateIncludes(ctx context.Context, names []string) error {
	s, err := a.openInputs(ctx, true)
	if err != nil {
		return err
	}
	update, err := config.UpdateIncludes(ctx, config.IncludesInput{
		Repo: s.repo, Dir: s.repo.Prefix(), Read: s.inputs.Tree.ReadFile,
	}, names)
	if err != nil {
		return err
	}
	if update == nil {
		return usage("there is no strake-includes.yaml or werf-includes.yaml in the project folder")
	}
	file := filepath.Join(s.repo.Root(), filepath.FromSlash(update.File))
	if old, err := os.ReadFile(file); err == nil && string(old) == string(update.Text) {
		_, err := fmt.Fprintf(a.out, "%s is up to date\n", path.Base(update.File))
		return err
	}
	if err := replaceFile(file, update.Text); err != nil {
		return fmt.Errorf("writing %s: %w", update.File, err)
	}
	return a.printMoves(update)
}

func (a *app) printMoves(update *config.IncludesUpdate) error {
	for _, m := range update.Moves {
		from := ""
		if m.Old != "" {
			from = m.Old[:12] + " -> "
		}
		if _, err := fmt.Fprintf(a.out, "%s %s: %s%s\n", m.Source, m.Ref, from, m.New[:12]); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.out, "%s is written: commit it\n", path.Base(update.File))
	return err
}

// replaceFile writes a file so that it has the old content or the new one at any
// time.
func replaceFile(file string, text []byte) error {
	mode := os.FileMode(0o644)
	if info, err := os.Lstat(file); err == nil {
		if !info.Mode().IsRegular() {
			return errors.New("it is not a regular file")
		}
		mode = info.Mode().Perm()
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".strake-includes-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(text)
	for _, step := range []func() error{func() error { return tmp.Chmod(mode) }, tmp.Sync, tmp.Close} {
		if stepErr := step(); err == nil {
			err = stepErr
		}
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}

// sourceFilter reads "source=NAME,…"; no filter gives none.
func sourceFilter(filter string) ([]string, error) {
	if filter == "" {
		return nil, nil
	}
	names, ok := strings.CutPrefix(filter, "source=")
	if !ok || names == "" {
		return nil, usage("--filter %s: write source=NAME,…, where %s is the project itself", filter, localSource)
	}
	return strings.Split(names, ","), nil
}

// ownedFile is a file of the project folder and where it comes from.
type ownedFile struct{ path, source string }

// ownedFiles lists the files of the project and of its includes, sorted by path,
// which is relative to the project folder.
func (s *session) ownedFiles() []ownedFile {
	dir := s.repo.Prefix()
	included := map[config.Entry]string{}
	for _, e := range s.includes.Entries() {
		if _, local := s.inputs.Tree.Lookup(e.Path); !local {
			included[e.Entry] = e.Source
		}
	}
	var files []ownedFile
	for _, e := range s.inputs.View(config.TemplateData).Under(dir) {
		if !e.IsDir() {
			files = append(files, ownedFile{relativeTo(dir, e.Path), cmp.Or(included[e], localSource)})
		}
	}
	return files
}

func relativeTo(dir, name string) string {
	if dir == "" {
		return name
	}
	return strings.TrimPrefix(name, dir+"/")
}

// listIncluded prints a table of the files that a glob and the sources select.
func (a *app) listIncluded(s *session, globs, sources []string) error {
	known := append([]string{localSource}, s.includes.Sources()...)
	for _, name := range sources {
		if !slices.Contains(known, name) {
			return unknownSource(name, known)
		}
	}
	var all []string
	for _, g := range globs {
		all = append(all, config.Globs(g)...)
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "PATH\tSOURCE")
	for _, f := range s.ownedFiles() {
		if (len(globs) == 0 || config.MatchAny(all, f.path)) && (len(sources) == 0 || slices.Contains(sources, f.source)) {
			fmt.Fprintf(w, "%s\t%s\n", plainName(f.path), f.source)
		}
	}
	return w.Flush()
}

func unknownSource(name string, known []string) error {
	if near, ok := schema.Nearest(name, known); ok {
		return usage("--filter: there is no source %q; did you mean %q?", name, near)
	}
	return usage("--filter: there is no source %q: the sources are %s", name, list(known))
}

// plainName is a file name on one line, quoted where it has to be.
func plainName(name string) string {
	if utf8.ValidString(name) && printable([]byte(name)) == name && !strings.ContainsAny(name, "\"\t") {
		return name
	}
	return strconv.Quote(name)
}

// printIncluded prints the file at a path relative to the project folder.
func (a *app) printIncluded(ctx context.Context, s *session, name string) error {
	name = path.Clean(filepath.ToSlash(name))
	text, err := s.inputs.Read(ctx, config.TemplateData, path.Join(s.repo.Prefix(), name))
	if errors.Is(err, fs.ErrNotExist) {
		return s.noFile(name)
	}
	if err != nil {
		return err
	}
	_, err = a.out.Write(text)
	return err
}

func (s *session) noFile(name string) error {
	var known []string
	for _, f := range s.ownedFiles() {
		known = append(known, f.path)
	}
	if near, ok := schema.Nearest(name, known); ok {
		return usage("there is no file %s in the project or its includes; did you mean %s?", name, near)
	}
	return usage("there is no file %s in the project or its includes; see strake includes ls-files", name)
}
