package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/strakebuild/strake/executor/buildah"
	"github.com/strakebuild/strake/planner"
)

// planFormat says how a plan is printed.
type planFormat struct {
	json  bool
	graph string
}

func (a *app) planCommand() *cobra.Command {
	var f planFormat
	cmd := &cobra.Command{
		Use:   "plan [IMAGE...]",
		Short: "Print the steps of a build, and which of them are cached",
		RunE:  func(cmd *cobra.Command, images []string) error { return a.plan(cmd.Context(), images, f) },
	}
	a.settings.projectFlags(cmd.Flags())
	a.settings.backendFlags(cmd.Flags())
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
	cmd.Flags().StringVar(&f.graph, "graph", "", "print the graph as `dot` or mermaid")
	return cmd
}

func (a *app) plan(ctx context.Context, images []string, f planFormat) error {
	switch f.graph {
	case "", "dot", "mermaid":
	default:
		return usage("--graph %s: allowed are dot, mermaid", f.graph)
	}
	if f.json && f.graph != "" {
		return usage("--json and --graph exclude each other")
	}
	_, b, plan, err := a.prepare(ctx, images)
	if err != nil {
		return err
	}
	cached, err := cachedSteps(ctx, b, plan)
	if err == nil {
		err = a.writePlan(plan, f, cached)
	}
	return finish(b, err)
}

func (a *app) writePlan(plan *planner.Plan, f planFormat, cached func(planner.Key) bool) error {
	switch {
	case f.json:
		data, err := plan.JSON(cached)
		if err != nil {
			return err
		}
		_, err = a.out.Write(data)
		return err
	case f.graph == "dot":
		return planner.WriteDot(a.out, plan, cached)
	case f.graph == "mermaid":
		return planner.WriteMermaid(a.out, plan, cached)
	}
	return planner.WriteText(a.out, plan, cached)
}

func cachedSteps(ctx context.Context, b *buildah.Backend, plan *planner.Plan) (func(planner.Key) bool, error) {
	found := map[planner.Key]bool{}
	for _, s := range plan.Steps {
		ok, err := b.FindStep(ctx, s)
		if err != nil {
			return nil, fmt.Errorf("looking up step %s of %s: %w", s.Name, s.Image, err)
		}
		found[s.Key] = ok
	}
	return func(k planner.Key) bool { return found[k] }, nil
}
