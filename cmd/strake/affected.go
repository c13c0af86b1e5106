package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/strakebuild/strake/planner"
)

const affectedLong = `Prints the final images whose keys differ between a commit and the current one
(with --dev: the work tree), and why. Both projects are planned from git objects with
the same settings and the same base images; nothing is checked out and nothing built.

The commit is taken as it is: for what a branch has changed, give the commit it began
at, as in --since $(git merge-base origin/main HEAD). Images that are gone since then
are in the JSON only. Files of contextAddFiles are those of the work tree on both
sides. The exit code is 0 whether or not an image is affected.

Formats:
  list           IMAGE  <- INPUT -> STEP -> IMAGE, the image's own name first, then
                 what differs, the step that reads it, and images on the way
  json           {"version": 1, "since": {"ref", "commit"}, "commit",
                  "images": [{"image", "status": "changed" or "new", "key", "oldKey",
                    "cause": {"kind", "name", "old", "new", "image", "step", "place",
                    "more"}, "path": [...]}], "gone": [...]}
  github-matrix  one line for a matrix: {"include":[{"image":"web"}]}
  gitlab         a child pipeline: a job for each image that extends the job .strake,
                 which you define, and has the variable AFFECTED_IMAGE; trigger it
                 with include: your file that defines .strake, and this artifact
`

// affectedFormats are the formats in the order they are shown.
var affectedFormats = []string{"list", "json", "github-matrix", "gitlab"}

func (a *app) affectedCommand() *cobra.Command {
	var ref, format string
	cmd := &cobra.Command{
		Use:   "affected --since COMMIT",
		Short: "Print the images that changed since a commit, branch or tag",
		Long:  affectedLong,
		Example: "  strake affected --since origin/main\n" +
			"  echo \"matrix=$(strake affected --since HEAD~1 --format github-matrix)\" >> $GITHUB_OUTPUT",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.affected(cmd.Context(), ref, format) },
	}
	a.settings.projectFlags(cmd.Flags())
	a.settings.backendFlags(cmd.Flags())
	cmd.Flags().StringVar(&ref, "since", "", "`commit`, branch or tag to compare with")
	cmd.Flags().StringVar(&format, "format", "list", "`format`: "+list(affectedFormats))
	return cmd
}

func (a *app) affected(ctx context.Context, ref, format string) error {
	if !slices.Contains(affectedFormats, format) {
		return usage("--format %s: allowed are %s", format, list(affectedFormats))
	}
	if ref == "" {
		return usage("what to compare with is missing: give --since with a commit, a branch or a tag")
	}
	s, err := a.compare(ctx, ref)
	if err != nil {
		return err
	}
	return s.write(a.out, format)
}

func (s *since) write(out io.Writer, format string) error {
	var err error
	switch format {
	case "json":
		err = s.writeJSON(out)
	case "github-matrix":
		err = s.writeMatrix(out)
	case "gitlab":
		err = s.writeGitLab(out)
	default:
		err = s.writeList(out)
	}
	if err != nil {
		return fmt.Errorf("writing the affected images: %w", err)
	}
	return nil
}

// affected is the final images that are new or changed.
func (s *since) affected() []planner.ImageChange {
	var images []planner.ImageChange
	for _, img := range s.Images {
		if img.New != nil && img.New.Final && img.Status != planner.Same {
			images = append(images, img)
		}
	}
	return images
}

func (s *since) writeList(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, img := range s.affected() {
		fmt.Fprintf(w, "%s\t<- %s\n", printable([]byte(img.Name)), pathText(img))
	}
	return w.Flush()
}

// pathText is the way of a cause on one line.
func pathText(img planner.ImageChange) string {
	if img.Cause == nil {
		return "new image"
	}
	path := img.Path()
	if img.Cause.More > 0 {
		path[0] += fmt.Sprintf(" (and %d more)", img.Cause.More)
	}
	for i, part := range path {
		path[i] = title(part)
	}
	return strings.Join(path, " -> ")
}

// affectedJSON is what --format json prints. Fields are added to it, never renamed.
type affectedJSON struct {
	Version int          `json:"version"` // of this shape: 1
	Since   sinceJSON    `json:"since"`
	Commit  string       `json:"commit"` // "" for the work tree
	Images  []changeJSON `json:"images"` // in the order of the project file
	Gone    []string     `json:"gone"`   // final images that the project has no more
}

type sinceJSON struct {
	Ref    string `json:"ref"`
	Commit string `json:"commit"`
}

type changeJSON struct {
	Image  string         `json:"image"`
	Status planner.Status `json:"status"`
	Key    planner.Key    `json:"key"`
	OldKey planner.Key    `json:"oldKey,omitempty"`
	Cause  *causeJSON     `json:"cause,omitempty"` // nil for a new image
	Path   []string       `json:"path,omitempty"`  // what differs, the step, images
}

// causeJSON is a cause with the meanings of planner.Cause.
type causeJSON struct {
	Kind  planner.Kind `json:"kind"`
	Name  string       `json:"name"`
	Old   string       `json:"old"`
	New   string       `json:"new"`
	Image string       `json:"image"`
	Step  string       `json:"step"`
	Place string       `json:"place"` // file:line:column
	More  int          `json:"more"`
}

func (s *since) writeJSON(out io.Writer) error {
	result := affectedJSON{
		Version: 1, Since: sinceJSON{s.ref, s.from.ID}, Commit: s.commit, Images: []changeJSON{}, Gone: []string{},
	}
	for _, img := range s.affected() {
		change := changeJSON{Image: img.Name, Status: img.Status, Key: img.New.Key, Path: img.Path()}
		if c := img.Cause; c != nil {
			change.OldKey = img.Old.Key
			change.Cause = &causeJSON{c.Kind, c.Name, c.Old, c.New, c.Image, c.Step, c.Pos, c.More}
		}
		result.Images = append(result.Images, change)
	}
	for _, img := range s.Images {
		if img.Status == planner.Gone && img.Old.Final {
			result.Gone = append(result.Gone, img.Name)
		}
	}
	return writeJSON(out, result)
}

func (s *since) writeMatrix(out io.Writer) error {
	type entry struct {
		Image string `json:"image"`
	}
	matrix := struct {
		Include []entry `json:"include"`
	}{[]entry{}}
	for _, img := range s.affected() {
		matrix.Include = append(matrix.Include, entry{img.Name})
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(matrix)
}

// writeGitLab writes a pipeline. One without jobs would be refused, so there is one
// that does nothing.
func (s *since) writeGitLab(out io.Writer) error {
	images := s.affected()
	if len(images) == 0 {
		_, err := io.WriteString(out, "\"strake: no image is affected\":\n  script: [\"true\"]\n")
		return err
	}
	for _, img := range images {
		_, err := fmt.Fprintf(out, "%s:\n  extends: .strake\n  variables:\n    AFFECTED_IMAGE: %s\n",
			quoted("strake "+img.Name), quoted(strings.ReplaceAll(img.Name, "$", "$$")))
		if err != nil {
			return err
		}
	}
	return nil
}

// quoted is a text in double quotes, as JSON and YAML have it.
func quoted(text string) string {
	data, _ := json.Marshal(text) // a string can always be written
	return string(data)
}
