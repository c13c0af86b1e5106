package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/strakebuild/strake/executor"
)

func (a *app) buildCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "build [IMAGE...]",
		Short: "Build the images of the project, or the named ones",
		Example: "  strake build\n" +
			"  strake build web api --dev",
		RunE: func(cmd *cobra.Command, images []string) error { return a.build(cmd.Context(), images) },
	}
	a.settings.projectFlags(cmd.Flags())
	a.settings.backendFlags(cmd.Flags())
	a.settings.buildFlags(cmd.Flags())
	return cmd
}

func (a *app) build(ctx context.Context, images []string) error {
	if a.settings.tasks < 0 {
		return usage("--parallel-tasks-limit %d: want a number above 0", a.settings.tasks)
	}
	_, b, plan, err := a.prepare(ctx, images)
	if err != nil {
		return err
	}
	report, err := executor.Run(ctx, plan, b, executor.Options{
		Images: images, Tasks: a.settings.tasks, KeepGoing: a.settings.keepGoing, Progress: newProgress(a.err),
	})
	writeTable(a.out, report)
	return finish(b, err)
}
