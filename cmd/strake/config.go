package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/schema"
)

func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Look at the project file",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("unknown command %q: allowed are check, render, explain, list, graph, schema", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		a.checkCommand(),
		a.projectCommand("render", "Print the project with defaults filled in", a.render),
		a.projectCommand("list", "Print the names of the images", a.list),
		a.explainCommand(),
		a.graphCommand(),
		&cobra.Command{
			Use: "schema", Short: "Print the JSON Schema of the project file", Args: noArgs,
			RunE: func(*cobra.Command, []string) error { _, err := a.out.Write(schema.JSON()); return err },
		},
	)
	return cmd
}

func (a *app) checkCommand() *cobra.Command {
	format := "text"
	cmd := &cobra.Command{
		Use: "check", Short: "Report all faults of the project file", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(faultFormats, format) {
				return usage("--format %s: allowed are %s", format, list(faultFormats))
			}
			return a.check(cmd.Context(), format)
		},
	}
	cmd.Flags().StringVar(&format, "format", format, "`format` of the report: text, json, github")
	a.settings.projectFlags(cmd.Flags())
	return cmd
}

// projectCommand is a command that only reads the project file.
func (a *app) projectCommand(name, short string, show func(*config.Project) error) *cobra.Command {
	cmd := &cobra.Command{
		Use: name, Short: short, Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.withProject(cmd.Context(), show) },
	}
	a.settings.projectFlags(cmd.Flags())
	return cmd
}

func (a *app) withProject(ctx context.Context, show func(*config.Project) error) error {
	s, err := a.load(ctx)
	if err != nil {
		return err
	}
	return show(s.project)
}

func (a *app) render(p *config.Project) error {
	text, err := config.Render(p)
	if err != nil {
		return err
	}
	_, err = a.out.Write(text)
	return err
}

func (a *app) list(p *config.Project) error {
	for _, img := range p.Images {
		if _, err := fmt.Fprintln(a.out, img.Name.Value); err != nil {
			return err
		}
	}
	return nil
}

// list joins names for a message.
func list(names []string) string { return strings.Join(names, ", ") }
