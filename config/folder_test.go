package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// decodeFiles decodes image sections of a project file and of another file as if
// it were included.
func decodeFiles(t *testing.T, dir string, files ...[2]string) *Project {
	t.Helper()
	d := &decoder{file: files[0][0], project: &Project{File: files[0][0], Dir: dir}}
	d.expander = expander{pos: d.sources.pos, open: map[*yaml.Node]bool{}}
	for _, file := range files {
		src, bad := readSource(file[0], []byte(file[1]))
		if bad != nil {
			t.Fatal(bad)
		}
		d.sources.add(src)
		nodes, bad := parseYAML(src)
		if bad != nil {
			t.Fatal(bad)
		}
		for _, n := range nodes {
			src.number(n)
		}
		docs := d.documents(nodes)
		validate(docs)
		for _, doc := range docs {
			d.document(doc)
		}
	}
	if len(d.errs) > 0 {
		t.Fatal(d.errs)
	}
	fillIn(d.project)
	return d.project
}

func TestPathsAreRelativeToTheFolderTheyAreWrittenIn(t *testing.T) {
	tests := []struct {
		name, dir, main, included string
		section                   string
		wantMain, wantIncluded    string
	}{
		{"context", "", "strake.yaml", "services/api/image.yaml", "dockerfile: Dockerfile\ncontext: src", "src", "services/api/src"},
		{"no context", "", "strake.yaml", "services/api/image.yaml", "dockerfile: Dockerfile", ".", "services/api"},
		{"this folder", "", "strake.yaml", "services/api/image.yaml", "dockerfile: Dockerfile\ncontext: ./", ".", "services/api"},
		{"up", "", "strake.yaml", "services/api/image.yaml", "dockerfile: D\ncontext: ../web", "../web", "services/web"},
		{"out of the repository", "", "strake.yaml", "services/image.yaml", "dockerfile: D\ncontext: ../../x", "../../x", "../x"},
		{"beside the project file", "", "strake.yaml", "image.yaml", "dockerfile: D\ncontext: a", "a", "a"},
		{"project in a folder", "shop", "shop/strake.yaml", "shop/api/image.yaml", "dockerfile: D", ".", "api"},
		{"the project's folder itself", "shop", "shop/strake.yaml", "shop/api/image.yaml", "dockerfile: D\ncontext: ..", "..", "."},
		{"outside the project", "shop", "shop/strake.yaml", "other/image.yaml", "dockerfile: D", ".", "../other"},
		{"names that begin alike", "shop", "shop/strake.yaml", "shop2/image.yaml", "dockerfile: D", ".", "../shop2"},
		{"project file elsewhere", "shop", "ci/strake.yaml", "ci/image.yaml", "dockerfile: D\ncontext: a", "a", "../ci/a"},
		{"git, relative", "shop", "shop/strake.yaml", "shop/api/image.yaml", "from: scratch\ngit: [{add: src, to: /a}]", "/shop/src", "/shop/api/src"},
		{"git, absolute", "shop", "shop/strake.yaml", "shop/api/image.yaml", "from: scratch\ngit: [{add: /src, to: /a}]", "/src", "/src"},
		{"git, everything", "shop", "shop/strake.yaml", "shop/api/image.yaml", "from: scratch\ngit: [{to: /a}]", "/", "/"},
		{"git, this folder", "", "strake.yaml", "api/image.yaml", "from: scratch\ngit: [{add: ., to: /a}]", "/", "/api"},
		{"git of another repository", "", "strake.yaml", "api/image.yaml", "from: scratch\ngit: [{url: x, add: /s, to: /a}]", "/s", "/s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := decodeFiles(t, test.dir, [2]string{test.main, "image: a\n" + test.section}, [2]string{test.included, "image: b\n" + test.section})
			var got []string
			for _, img := range p.Images {
				if img.Dockerfile != nil {
					got = append(got, img.Dockerfile.Context.Value)
				} else {
					got = append(got, img.Stapel.Git[0].Add.Value)
				}
			}
			if diff := cmp.Diff([]string{test.wantMain, test.wantIncluded}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
