package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/strakebuild/strake/config"
)

func (a *app) explainCommand() *cobra.Command {
	format := "text"
	cmd := &cobra.Command{
		Use:   "explain [IMAGE...]",
		Short: "Print where each value of an image comes from, or of the project",
		RunE: func(cmd *cobra.Command, images []string) error {
			if format != "text" && format != "json" {
				return usage("--format %s: allowed are text, json", format)
			}
			return a.explain(cmd.Context(), images, format)
		},
	}
	cmd.Flags().StringVar(&format, "format", format, "`format` of the list: text, json")
	a.settings.projectFlags(cmd.Flags())
	a.settings.backendFlags(cmd.Flags())
	return cmd
}

// explained is the values of an image, or of the project.
type explained struct {
	Name   string      `json:"image,omitempty"`
	Values []whereFrom `json:"values"`
}

// whereFrom is a value in effect and where it comes from.
type whereFrom struct {
	Key    string     `json:"key"`
	Value  string     `json:"value"`
	From   string     `json:"from"` // "file", "template", "var", "default", "flag" or "env"
	Name   string     `json:"name,omitempty"`
	Place  *placeJSON `json:"place,omitempty"`
	Action string     `json:"action,omitempty"` // of a template
	Made   []madeFrom `json:"made,omitempty"`
}

// madeFrom is a variable or a value of a matrix that a value is made with.
type madeFrom struct {
	Name  string     `json:"name"`
	Value string     `json:"value"`
	Place *placeJSON `json:"place,omitempty"` // nil for one given with --var
}

func (a *app) explain(ctx context.Context, images []string, format string) error {
	s, err := a.load(ctx)
	if err != nil {
		return err
	}
	if err := declared(s.project, images...); err != nil {
		return err
	}
	x := a.excerpter(ctx)
	var list []explained
	if len(images) == 0 {
		values := slices.DeleteFunc(config.ExplainProject(s.project), func(e config.Explained) bool { return a.overrides(e.Key) })
		e := x.explained("", values)
		e.Values = append(e.Values, a.overridden()...)
		list = append(list, e)
	}
	for _, img := range s.project.Images {
		if slices.Contains(images, img.Name.Value) {
			list = append(list, x.explained(img.Name.Value, config.ExplainImage(s.project, img)))
		}
	}
	if format == "json" {
		return writeJSON(a.out, list)
	}
	return a.writeExplained(list)
}

func (x *excerpter) explained(name string, values []config.Explained) explained {
	e := explained{Name: name}
	for _, v := range values {
		e.Values = append(e.Values, x.whereFrom(v))
	}
	return e
}

func (x *excerpter) whereFrom(v config.Explained) whereFrom {
	w := whereFrom{Key: v.Key, Value: v.Value, From: "file", Place: place(v.Pos)}
	switch {
	case w.Place == nil && strings.HasPrefix(v.Key, "vars."):
		w.From = "var"
	case w.Place == nil:
		w.From = "default"
	case v.Pos.Rendered != 0:
		if w.Action = x.action(v.Pos); w.Action != "" {
			w.From = "template"
		}
	}
	for _, o := range v.Origins {
		w.Made = append(w.Made, madeFrom{o.Name, o.Value, place(o.Pos)})
	}
	return w
}

func place(pos config.Pos) *placeJSON {
	if pos == (config.Pos{}) {
		return nil
	}
	return &placeJSON{pos.File, pos.Line, pos.Col}
}

// action is the template action at a place, "" when there is plain text.
func (x *excerpter) action(pos config.Pos) string {
	line, _ := x.line(pos)
	runes := []rune(line)
	if pos.Col > len(runes) {
		return ""
	}
	rest := strings.TrimLeft(string(runes[pos.Col-1:]), `"'`)
	if !strings.HasPrefix(rest, "{{") {
		return ""
	}
	text, _, _ := strings.Cut(rest, "}}")
	return text + "}}"
}

// overrides reports whether a setting from outside takes the place of a value.
func (a *app) overrides(key string) bool {
	return slices.ContainsFunc(a.overridden(), func(w whereFrom) bool { return w.Key == key })
}

// settingKeys are the values of the project section that flags and the
// environment override, by flag.
var settingKeys = map[string]string{
	"project-name":           "project",
	"buildah-mode":           "backend.buildah.mode",
	"buildah-storage-driver": "backend.buildah.storageDriver",
	"buildah-ulimit":         "backend.buildah.ulimit",
	"backend-network":        "backend.buildah.network",
}

// overridden lists the values that flags and the environment give.
func (a *app) overridden() []whereFrom {
	var list []whereFrom
	for _, given := range a.settings.given {
		if key := settingKeys[given.flag]; key != "" {
			w := whereFrom{Key: key, Value: given.value, From: "flag", Name: "--" + given.flag}
			if given.variable != "" {
				w.From, w.Name = "env", given.variable
			}
			list = append(list, w)
		}
	}
	return list
}

func (a *app) writeExplained(list []explained) error {
	for i, e := range list {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		if e.Name != "" {
			fmt.Fprintf(a.out, "image %s\n", e.Name)
		}
		table := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
		for _, w := range e.Values {
			fmt.Fprintf(table, "  %s\t%s\t%s\n", w.Key, oneLine(w.Value), w.text())
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// maxShown is how much of a value is shown, in characters.
const maxShown = 60

func oneLine(value string) string {
	return firstLine(strings.ReplaceAll(strings.Trim(value, "\n"), "\t", " "), maxShown)
}

// text says where a value comes from, on one line.
func (w whereFrom) text() string {
	text := ""
	switch w.From {
	case "default":
		text = "default"
	case "var":
		text = "--var"
	case "flag", "env":
		text = w.Name
	case "template":
		text = w.Place.String() + "  " + printable([]byte(w.Action))
	default:
		text = w.Place.String()
	}
	for i, m := range w.Made {
		sep := ", "
		if i == 0 {
			sep = "  with "
		}
		text += sep + m.Name + " from "
		if m.Place == nil {
			text += "--var"
		} else {
			text += m.Place.String()
		}
	}
	return text
}

func (p *placeJSON) String() string {
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}
