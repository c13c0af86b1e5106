package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/schema"
)

// usageError is a fault in how the program was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usage(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// isUsage reports whether the user can mend err by calling the program
// differently or changing the project file.
func isUsage(err error) bool {
	var u usageError
	var faults config.Errors
	var fault *config.Error
	return errors.As(err, &u) || errors.As(err, &faults) || errors.As(err, &fault)
}

// run is the whole program: it returns the exit code.
func run(ctx context.Context, args []string, s streams) int {
	app := &app{streams: s}
	root := app.command()
	root.SetArgs(args)
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	err := root.ExecuteContext(ctx)
	app.report(ctx, err)
	if app.session != nil {
		app.session.repo.Close()
	}
	return exitCode(ctx, err)
}

// app is one call of the program.
type app struct {
	streams
	settings settings
	session  *session // of the loaded project, open until faults are reported
}

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "strake",
		Short: "Build container images declared in one YAML file in git",
		Long: "Strake builds all container images of a project from one YAML file kept in git:\n" +
			"Dockerfile images and stapel images, as one graph, in parallel, without a daemon.",
		Args:          a.knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return a.settings.fromEnvironment(cmd.Flags())
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(a.buildCommand(), a.planCommand(), a.affectedCommand(), a.whyCommand(), a.runCommand(),
		a.configCommand(), a.includesCommand(), a.versionCommand())
	return root
}

// knownCommand refuses words that are no command, which would else be taken for
// arguments.
func (a *app) knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	if near, ok := schema.Nearest(args[0], names); ok {
		return usage("unknown command %q; did you mean %q?", args[0], near)
	}
	return usage("unknown command %q: allowed are %s", args[0], list(names))
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArgs,
		Run:   func(*cobra.Command, []string) { fmt.Fprintln(a.out, "strake", version) },
	}
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("%s takes no arguments", cmd.CommandPath())
	}
	return nil
}
