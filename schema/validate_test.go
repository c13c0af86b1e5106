package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

func TestValidateShowsTheKeyOrValueAtFault(t *testing.T) {
	checkViolations(t, []violationTest{
		{"nothing wrong", "image: a\ndockerfile: b", DockerfileImage, nil},
		{"unknown kind", "x: y", Unknown, nil},
		{"a list", "- a", Meta, []string{"1:1 : want a mapping, found a list"}},
		{
			"a misspelt key is not missing too", "image: a\ndockefile: x", DockerfileImage,
			[]string{`2:1 : unknown key "dockefile" in a Dockerfile image; did you mean "dockerfile"? allowed: addHost, args, cacheVersion, context, contextAddFiles, dependencies, dockerfile, extends, final, image, imageSpec, matrix, network, platform, secrets, staged, target, template`},
		},
		{
			"a key that is used is not offered", "image: a\nimages: b\nfrom: c", StapelImage,
			[]string{`2:1 : unknown key "images" in a stapel image; allowed: cacheVersion, dependencies, extends, final, from, fromCacheVersion, fromLatest, git, image, imageSpec, import, matrix, mount, network, platform, secrets, shell, template`},
		},
		{
			"missing keys one by one", "platform: []", DockerfileImage,
			[]string{`1:1 : a Dockerfile image needs the key "dockerfile"`, `1:1 : a Dockerfile image needs the key "image"`},
		},
		{
			"inside lists", "image: a\nfrom: b\ngit:\n  - to: /a\n  - {to: b}", StapelImage,
			[]string{`5:10 git[1].to: git[1].to: want an absolute path without "..", found "b"`},
		},
		{
			"no value is shown at the key", "image: a\nfrom:\n", StapelImage,
			[]string{"2:1 from: from: want text, found nothing; write a value or remove the key"},
		},
		{
			"a written null is shown itself", "image: a\nfrom: null\n", StapelImage,
			[]string{"2:7 from: from: want text, found nothing; write a value or remove the key"},
		},
		{
			"key with odd characters", "image: a\ndockerfile: b\nargs:\n  a/b~c%d: []", DockerfileImage,
			[]string{"4:12 args.a/b~c%d: args.a/b~c%d: want text, a number or true or false, found a list"},
		},
		{
			"name of a variable is shown at the key", "image: a\ndockerfile: b\nargs:\n  a b: 1", DockerfileImage,
			[]string{`4:3 args.a b: args.a b: want a name without blanks and equals signs, found "a b"`},
		},
		{
			"secret values are not shown",
			"image: a\nfrom: b\nsecrets:\n  - hidden\n  - {id: a, value: 12345}\ngit:\n  - {to: /a, url: u, basicAuth: hidden}\n  - {to: /b, url: u, basicAuth: {username: u, password: hidden}}", StapelImage,
			[]string{
				"4:5 secrets[0]: secrets[0]: want a mapping, found text",
				"5:20 secrets[1].value: secrets[1].value: want text, found a number or a bare word; put it in quotes",
				"7:33 git[0].basicAuth: git[0].basicAuth: want a mapping, found text",
				"8:57 git[1].basicAuth.password: git[1].basicAuth.password: want a mapping, found text",
			},
		},
		{
			"pattern of a wrong type", "image: a\nfrom: [b]", StapelImage,
			[]string{"2:7 from: from: want text, found a list"},
		},
		{
			"dates and infinite numbers are text", "image: a\nfrom: 2001-01-01\nimageSpec: {config: {user: .inf}}", StapelImage, nil,
		},
		{
			"long text is cut", "image: a\nfrom: b\nfinal: " + strings.Repeat("x", 50), StapelImage,
			[]string{`3:8 final: final: want true or false, found the text "` + strings.Repeat("x", 40) + `…"`},
		},
		{
			"only one of two keys", "image: a\ndockerfile: b\ndependencies: [{image: x, from: y}]", DockerfileImage,
			[]string{`3:27 dependencies[0].from: only one of the keys "from" or "image" can be given`},
		},
	})
}

func TestValidateShowsKeysThatNeedOrExcludeOthers(t *testing.T) {
	checkViolations(t, []violationTest{
		{
			"one of several keys is missing", "image: a\ngit: []", StapelImage,
			[]string{`1:1 : a stapel image needs the key "from"`},
		},
		{
			"a misspelt key is not missing among several", "image: a\nform: b", StapelImage,
			[]string{`2:1 : unknown key "form" in a stapel image; did you mean "from"? allowed: cacheVersion, dependencies, extends, final, from, fromCacheVersion, fromLatest, git, image, imageSpec, import, matrix, mount, network, platform, secrets, shell, template`},
		},
		{
			"two spellings are shown at the later one", "image: a\nfromImage: b\nfrom: c", StapelImage,
			[]string{`3:1 from: only one of the keys "fromImage" or "from" can be given`},
		},
		{
			"a key that needs another one", "image: a\nfrom: c\ngit:\n- to: /a\n  branch: x", StapelImage,
			[]string{`5:3 git[0].branch: git[0].branch needs the key "url" beside it`},
		},
		{
			"a refused key tells why", "image: a\nfrom: c\nansible: {install: []}", StapelImage,
			[]string{`3:1 : ansible cannot be used: Strake runs shell commands only; write what the tasks do under shell (beforeInstall, install, beforeSetup, setup)`},
		},
	})
}

// violationTest is a document and its violations as "line:col path: message".
type violationTest struct {
	name, text string
	kind       Kind
	want       []string
}

func checkViolations(t *testing.T, tests []violationTest) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, v := range Validate(document(t, test.text), test.kind) {
				got = append(got, fmt.Sprintf("%d:%d %s: %s", v.Line, v.Col, v.Path, v.Message))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValidateBoundsItsWork(t *testing.T) {
	text := "image: a\ndockerfile: b\nargs:\n" + strings.Repeat("  k%: []\n", 3*maxVisits)
	for i := range 3 * maxVisits {
		text = strings.Replace(text, "%", fmt.Sprint(i), 1)
	}
	if n := len(Validate(document(t, text), DockerfileImage)); n != maxVisits {
		t.Errorf("%d violations", n)
	}
}

func TestValueOfScalars(t *testing.T) {
	tests := map[string]any{
		"5": 5, "1.5": 1.5, "true": true, "yes": "yes", "~": nil, "text": "text", "'5'": "5", ".inf": ".inf", ".nan": ".nan",
		"2001-01-01": "2001-01-01", "0x10": 16, "18446744073709551615": uint64(18446744073709551615), "!!int x": "x", "!!str 5": "5",
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			var doc yaml.Node
			if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, value(doc.Content[0])); diff != "" {
				t.Error(diff)
			}
		})
	}
}
