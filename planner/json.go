package planner

import (
	"encoding/json"
	"time"
)

// jsonPlan is a Plan as JSON. Fields are added to it, never renamed.
type jsonPlan struct {
	Version int         `json:"version"` // of this shape: 1
	Project string      `json:"project"`
	Commit  string      `json:"commit"` // "" for a work tree
	Time    time.Time   `json:"time"`
	Images  []jsonImage `json:"images"`
	Steps   []jsonStep  `json:"steps"`
}

type jsonImage struct {
	Name      string   `json:"name"`
	Key       Key      `json:"key"`
	Final     bool     `json:"final"`
	Platform  string   `json:"platform"`
	Repo      string   `json:"repo"`
	Top       Key      `json:"top"`       // key of its last step, "" for none
	DependsOn []string `json:"dependsOn"` // names of images
	Config    Config   `json:"config"`
}

type jsonStep struct {
	Key    Key      `json:"key"`
	Parent Key      `json:"parent"` // "" for an empty root
	Image  string   `json:"image"`
	Name   string   `json:"name"`
	Pos    string   `json:"pos"`
	Base   string   `json:"base,omitempty"` // id of the configuration of an external image
	From   []Key    `json:"from"`           // steps that files are copied from
	Needs  []string `json:"needs"`          // images that must be finished before
	Cached *bool    `json:"cached,omitempty"`
}

// JSON returns the plan as indented JSON with a line break at the end:
//
//	{
//	  "version": 1,
//	  "project": "shop", "commit": "…", "time": "…",
//	  "images": [{"name", "key", "final", "platform", "repo", "top", "dependsOn", "config"}],
//	  "steps": [{"key", "parent", "image", "name", "pos", "base", "from", "needs", "cached"}]
//	}
//
// Steps come in the order of the plan. The member cached says what the given
// function says of a key; it is left out for a nil function and for bases. The
// member base is there for external images only.
func (p *Plan) JSON(cached func(Key) bool) ([]byte, error) {
	out := jsonPlan{Version: 1, Project: p.Project, Commit: p.Commit, Time: p.Time,
		Images: []jsonImage{}, Steps: []jsonStep{}}
	for _, img := range p.Images {
		out.Images = append(out.Images, jsonImage{
			Name: img.Name, Key: img.Key, Final: img.Final, Platform: img.Platform,
			Repo: img.Repo, Top: parentKey(img.Top), DependsOn: imageNames(img.Deps), Config: img.Config,
		})
	}
	for _, s := range p.Steps {
		out.Steps = append(out.Steps, stepJSON(s, cached))
	}
	text, err := json.MarshalIndent(out, "", "  ")
	return append(text, '\n'), err
}

func stepJSON(s *Step, cached func(Key) bool) jsonStep {
	out := jsonStep{
		Key: s.Key, Parent: parentKey(s.Parent), Image: s.Image, Name: s.Name, Pos: s.Pos,
		From: []Key{}, Needs: imageNames(s.Needs),
	}
	for _, source := range s.sources() {
		out.From = append(out.From, source.Key)
	}
	if s.Base != nil {
		out.Base = s.Base.ID
		return out
	}
	if cached != nil {
		hit := cached(s.Key)
		out.Cached = &hit
	}
	return out
}

// sources is the steps that files are copied from, in the order of operations.
func (s *Step) sources() []*Step {
	var steps []*Step
	for _, op := range s.Ops {
		if op.Copy != nil && op.Copy.From != nil {
			steps = append(steps, op.Copy.From)
		}
	}
	return steps
}

func parentKey(s *Step) Key {
	if s == nil {
		return ""
	}
	return s.Key
}

func imageNames(images []*Image) []string {
	names := []string{}
	for _, img := range images {
		names = append(names, img.Name)
	}
	return names
}
