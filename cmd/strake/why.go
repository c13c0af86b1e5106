package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/planner"
)

func (a *app) whyCommand() *cobra.Command {
	var ref string
	cmd := &cobra.Command{
		Use:   "why IMAGE --against COMMIT",
		Short: "Print the first input of an image that differs from another commit",
		Long: "Prints the first input of an image that differs between a commit and the current\n" +
			"one (with --dev: the work tree): a file, an instruction, a variable, a base and so\n" +
			"on, with both values, who last changed the file, and the other images that changed\n" +
			"for the same cause. It comes from what the keys are made of. Nothing is built.",
		Example: "  strake why web --against origin/main",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("strake why takes the name of one image")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.why(cmd.Context(), args[0], ref) },
	}
	a.settings.projectFlags(cmd.Flags())
	a.settings.backendFlags(cmd.Flags())
	cmd.Flags().StringVar(&ref, "against", "", "`commit`, branch or tag to compare with")
	return cmd
}

func (a *app) why(ctx context.Context, image, ref string) error {
	if ref == "" {
		return usage("what to compare with is missing: give --against with a commit, a branch or a tag")
	}
	s, err := a.compare(ctx, ref, image)
	if err != nil {
		return err
	}
	change, _ := s.Image(image)
	switch change.Status {
	case planner.New:
		fmt.Fprintf(a.out, "%s is new: the project at %s does not have it\n", image, s.name())
	case planner.Changed:
		return a.writeWhy(ctx, s, change)
	default:
		fmt.Fprintf(a.out, "%s is the same as at %s\n", image, s.name())
	}
	return nil
}

// writeWhy prints a cause, a line for each fact.
func (a *app) writeWhy(ctx context.Context, s *since, change planner.ImageChange) error {
	cause := change.Cause
	by, err := s.author(ctx, cause)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s differs from %s: %s\n", change.Name, s.name(), title(cause.Title()))
	was, is := differentLines(cause.Old, cause.New)
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	facts := []struct{ name, value string }{
		{"was", title(was)}, {"is", title(is)}, {"by", printable([]byte(by))},
		{"in", strings.TrimSpace(cause.Pos + " " + title(cause.Step))},
		{"through", strings.Join(change.Via, " -> ")},
		{"also", strings.Join(s.SameCause(change.Name), ", ")},
	}
	for _, fact := range facts {
		if fact.value != "" {
			fmt.Fprintf(w, "  %s\t%s\n", fact.name, fact.value)
		}
	}
	if cause.More > 0 {
		fmt.Fprintf(w, "  more\t%d other inputs of the step\n", cause.More)
	}
	return w.Flush()
}

// author is who last changed the file of a cause, "" when it is no file.
func (s *since) author(ctx context.Context, cause *planner.Cause) (string, error) {
	if cause.Kind != planner.KindFile {
		return "", nil
	}
	repo := s.session.repo
	head, err := repo.Head(ctx)
	if err != nil {
		return "", err
	}
	if s.commit == "" {
		tree, err := repo.Tree(ctx, head)
		if err != nil {
			return "", err
		}
		if e, _ := tree.Lookup(cause.Name); e != entryOf(s.session.inputs.Tree, cause.Name) {
			return "a change that is not committed", nil
		}
	}
	c, found, err := repo.LastChange(ctx, cause.Name, s.from.ID, head.ID)
	if found || err != nil {
		return authored(c), err
	}
	c, found, err = repo.LastChange(ctx, cause.Name, head.ID, s.from.ID)
	if !found || err != nil {
		return "", err
	}
	return authored(c) + " (in " + s.ref + " only)", nil
}

func entryOf(tree *config.Tree, name string) config.Entry {
	e, _ := tree.Lookup(name)
	return e
}

func authored(c config.Authored) string {
	return fmt.Sprintf("%.12s %s %s: %s", c.ID, c.Time.Format("2006-01-02"), c.Author, c.Subject)
}

// differentLines is the first lines that differ of two texts, "nothing" for a text
// that is not there.
func differentLines(old, new string) (string, string) {
	a, b := strings.Split(old, "\n"), strings.Split(new, "\n")
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return lineAt(a, i), lineAt(b, i)
}

func lineAt(lines []string, i int) string {
	if i >= len(lines) || lines[i] == "" {
		return "nothing"
	}
	return lines[i]
}
