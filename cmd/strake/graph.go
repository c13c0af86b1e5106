package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"github.com/strakebuild/strake/config"
)

func (a *app) graphCommand() *cobra.Command {
	var format string
	cmd := a.projectCommand("graph", "Print which image uses which", func(p *config.Project) error {
		text, err := usesText(p, format)
		if err != nil {
			return err
		}
		_, err = a.out.Write(text)
		return err
	})
	cmd.Long = "Prints which image uses which, as far as the project file says it; what a\n" +
		"Dockerfile itself refers to is part of strake plan --graph."
	cmd.Flags().StringVar(&format, "format", "yaml", "yaml, `dot` or mermaid")
	return cmd
}

// imageUses is what one image uses, by the key that says so.
type imageUses struct {
	Image     string              `yaml:"image"`
	DependsOn map[string][]string `yaml:"dependsOn,omitempty"`
}

func usesText(p *config.Project, format string) ([]byte, error) {
	switch format {
	case "yaml":
	case "dot", "mermaid":
		return config.Graph(p, format)
	default:
		return nil, usage("--format %s: allowed are yaml, dot, mermaid", format)
	}
	var images []imageUses
	for _, img := range p.Images {
		u := imageUses{Image: img.Name.Value, DependsOn: map[string][]string{}}
		for _, use := range config.DependsOn(img, p) {
			u.DependsOn[string(use.Kind)] = append(u.DependsOn[string(use.Kind)], use.Image.Value)
		}
		images = append(images, u)
	}
	text, err := yaml.Marshal(images)
	if err != nil {
		return nil, fmt.Errorf("writing the graph: %w", err)
	}
	return text, nil
}
