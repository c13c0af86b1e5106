package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/strakebuild/strake/config"
	"github.com/strakebuild/strake/executor/buildah"
	"github.com/strakebuild/strake/planner"
	"github.com/strakebuild/strake/schema"
)

func (a *app) runCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run IMAGE [-- COMMAND...]",
		Short: "Run a command on a built image",
		Long: "Runs a command on the newest built version of an image of the project: the\n" +
			"image's own command, or the one after --. It has the host's network; what it\n" +
			"writes is thrown away. The exit code is that of the command.",
		Example: "  strake run web -- ls -l /srv",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("say which image to run: strake run IMAGE [-- COMMAND...]")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.exec(cmd.Context(), args[0], args[1:]) },
	}
	a.settings.projectFlags(cmd.Flags())
	a.settings.backendFlags(cmd.Flags())
	return cmd
}

func (a *app) exec(ctx context.Context, image string, args []string) error {
	s, b, err := a.open(ctx, image)
	if err != nil {
		return err
	}
	code, err := b.Exec(ctx, buildah.Exec{
		Image: planner.RepoName(s.project.Name.Value, image) + ":latest", Args: args,
		Stdin: a.in, Stdout: a.out, Stderr: a.err,
	})
	if err == nil && code != 0 {
		err = exitStatus(code)
	}
	return finish(b, err)
}

// declared refuses names that are no image of the project.
func declared(p *config.Project, images ...string) error {
	var names []string
	for _, img := range p.Images {
		names = append(names, img.Name.Value)
	}
	for _, image := range images {
		if slices.Contains(names, image) {
			continue
		}
		if near, ok := schema.Nearest(image, names); ok {
			return usage("the project has no image %q; did you mean %q?", image, near)
		}
		return usage("the project has no image %q: it has %s", image, list(names))
	}
	return nil
}
