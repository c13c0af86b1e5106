package planner

import (
	"testing"

	"github.com/strakebuild/strake/config/gittest"
)

func TestNetworkOfCommands(t *testing.T) {
	dir := gittest.Repo(t, map[string]string{"strake.yaml": `project: p
configVersion: 1
---
image: none
from: scratch
network: none
shell: {install: x}
---
image: host
from: scratch
network: host
shell: {install: x}
---
image: default
from: scratch
network: default
shell: {install: x}
`})
	tests := []struct {
		name, network string
		force         bool
		want          map[string]string
	}{
		{"nothing is asked for", "", false, map[string]string{"none": "none", "host": "host", "default": ""}},
		{"the project asks", "none", false, map[string]string{"none": "none", "host": "host", "default": "none"}},
		{"a flag asks", "none", true, map[string]string{"none": "none", "host": "none", "default": "none"}},
		{"a flag asks for the usual one", "", true, map[string]string{"none": "", "host": "", "default": ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := open(t, dir)
			in.Network, in.ForceNetwork = test.network, test.force
			p, err := Make(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			for _, img := range p.Images {
				if got := img.Top.Ops[0].Run.Network; got != test.want[img.Name] {
					t.Errorf("%s: %q", img.Name, got)
				}
			}
		})
	}
}
