package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/strakebuild/strake/config"
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
	s, b, plan, err := a.prepare(ctx, images)
	if err != nil {
		return err
	}
	note := a.noteUncommitted(ctx, s.repo)
	report, err := executor.Run(ctx, plan, b, executor.Options{
		Images: images, Tasks: a.settings.tasks, KeepGoing: a.settings.keepGoing, Progress: newProgress(a.err),
	})
	writeTable(a.out, report)
	note()
	return finish(b, err)
}

// noteUncommitted looks, beside the build, whether the work tree has changes that
// the build does not see. The returned function says so.
func (a *app) noteUncommitted(ctx context.Context, repo *config.Repo) func() {
	if a.settings.dev {
		return func() {}
	}
	dirty := make(chan bool, 1)
	go func() {
		changed, err := repo.Dirty(ctx)
		dirty <- changed && err == nil
	}()
	return func() {
		if <-dirty {
			fmt.Fprintln(a.err, "note: the work tree has changes that are not committed, which this build did not see; --dev builds them")
		}
	}
}
