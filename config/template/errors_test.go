package template

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// failing renders files and returns the error with its calls on one line.
func failing(t *testing.T, o Options) string {
	t.Helper()
	_, err := Render(context.Background(), o)
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("no *Error: %v", err)
	}
	return show(e.Origin) + ": " + e.Message
}

func TestErrorsAreAtTheActionAndPlain(t *testing.T) {
	for text, want := range map[string]string{
		"a: 1\nb: {{ foo }}":                                     `main.yaml:2:7: unknown function "foo"`,
		"é: {{ 1 }} {{ uper 1 }}":                                `main.yaml:1:15: unknown function "uper"; did you mean "upper"?`,
		"{{ 1 }}\n  {{ if true }}\nx":                            "main.yaml:2:3: this block has no {{ end }}",
		"{{ end }}":                                              "main.yaml:1:1: this {{ end }} ends no block",
		"x {{ else }}":                                           "main.yaml:1:3: this {{ else }} belongs to no block",
		"x\n {{ .Env ":                                           "main.yaml:2:2: this action has no }}",
		"{{/* x":                                                 "main.yaml:1:1: this comment has no */}}",
		"{{ 1 }}{{ $x }}":                                        `main.yaml:1:8: unknown variable $x`,
		"{{ 1 }}\n{{ 1 | 2 }}":                                   "main.yaml:2:1: non executable command in pipeline stage 2",
		"a: {{ .Env }}\nb: {{ .Env.x }}":                         `main.yaml:2:11: no field "x" in this value`,
		"{{ .Files.Gett \"x\" }}":                                `main.yaml:1:10: .Files has no "Gett"; did you mean "Get"?`,
		"{{ (dict \"a\" nil).a.thing }}":                         `main.yaml:1:14: no field "thing": the value in front of it is not there`,
		"x: {{ .Vars.registri }}":                                `main.yaml:1:12: unknown variable "registri"; did you mean "registry"?`,
		"x: {{ .Vars.a.b }}":                                     `main.yaml:1:12: unknown variable "a"; declared are list, registry, replicas`,
		"{{ $v := . }}{{ $v.Vars.abcdef }}":                      `main.yaml:1:19: unknown variable "abcdef"; declared are list, registry, replicas`,
		"{{ with .Vars }}{{ .replica }}{{ end }}":                `main.yaml:1:20: unknown variable "replica"; did you mean "replicas"?`,
		"{{ ($).Vars.abcdef }}":                                  `main.yaml:1:7: unknown variable "abcdef"; declared are list, registry, replicas`,
		"x: {{ .Files.Get \"b.txt\" }}":                          `main.yaml:1:13: the project has no file "b.txt" at this commit`,
		"{{ .Files.Glob \"z*\" }}":                               `main.yaml:1:10: no file matches "z*"`,
		"{{ .Files.Glob \"[\" }}":                                `main.yaml:1:10: bad pattern "["`,
		"{{ env \"UNSET\" }}":                                    `main.yaml:1:4: the environment variable "UNSET" is not set; set it, or give a default: env "UNSET" "..."`,
		"{{ env \"SECRET\" \"x\" }}":                             `main.yaml:1:4: the environment variable "SECRET" is not allowed`,
		"{{ env \"A\" \"b\" \"c\" }}":                            "main.yaml:1:4: env takes a name and at most one default; here are 2",
		"{{ required \"give a name\" .no }}":                     "main.yaml:1:4: give a name",
		"{{ \"\" | required \"give: a >: name\" }}":              "main.yaml:1:9: give: a >: name",
		"{{ fail \"my message\" }}":                              "main.yaml:1:4: fail: my message",
		"{{ fromYaml \"[1]\" }}":                                 "main.yaml:1:4: fromYaml reads a mapping and this is a list; put the list under a key",
		"{{ fromYaml \"a: b: c\" }}":                             "main.yaml:1:4: fromYaml: mapping values are not allowed in this context",
		"{{ fromYaml \"x\" }}":                                   "main.yaml:1:4: fromYaml: line 1: cannot unmarshal !!str `x` into map[string]interface {}",
		"{{ include \"no\" . }}":                                 `main.yaml:1:4: unknown template "no": the project has no templates besides this one`,
		"{{ define \"word\" }}{{ end }}{{ include \"wrod\" . }}": `main.yaml:1:32: unknown template "wrod"; did you mean "word"?`,
		"{{ define \"abc\" }}{{ end }}\n{{ template \"xyz\" }}":  `main.yaml:2:13: unknown template "xyz"; there are abc`,
		"{{ upper }}":                                            "main.yaml:1:4: wrong number of args for upper: want 1 got 0",
		"{{ upper 1 }}":                                          "main.yaml:1:10: expected string; found 1",
		"{{ range 1.5 }}{{ end }}":                               "main.yaml:1:10: range can't iterate over 1.5",
		"{{ index .Vars.list 9 }}":                               "main.yaml:1:4: index: index out of range: 9",
		"{{ semver \"x\" }}":                                     "main.yaml:1:4: semver: invalid semantic version",
		"{{ mustRegexMatch \"(\" \"a\" }}":                       "main.yaml:1:4: mustRegexMatch: error parsing regexp: missing closing ): `(`",
		"{{ regexSplit \"(\" \"a\" 1 }}":                         "main.yaml:1:4: bad regular expression: missing closing ): `(`",
		"{{ first 3 }}":                                          "main.yaml:1:4: first: Cannot find first on type int",
		"{{ substr 5 2 \"abc\" }}":                               "main.yaml:1:4: substr: slice bounds out of range [5:2]",
		"{{ dateInZone \"\" 0 \"Nowhere\" }}":                    `main.yaml:1:4: unknown time zone "Nowhere"; use a name such as UTC or Europe/Berlin`,
		"{{ expandenv \"$HOME\" }}":                              "main.yaml:1:4: expandenv is refused: it reads the whole environment; use env for each variable",
		"{{ getHostByName \"a\" }}":                              "main.yaml:1:4: getHostByName is refused: it asks the network, and the result must follow from the commit alone",
		"{{ randAlpha 5 }}":                                      "main.yaml:1:4: randAlpha is refused: it gives another result each time, so that every build would be a new one; write the value into the project or take it from env, or build with --loose-giterminism",
		"a: {{ \"a:b\" | split:\".\" }}":                         `main.yaml:1:20: ":" cannot stand here: variables are set with :=, and arguments are separated by blanks`,
		"{{ (dict \"v\" 1.5).v | upper }}":                       "main.yaml:1:23: text is expected here and this is of type float64: put it in quotes where it is written, or use toString",
		"{{ index .none \"a\" }}":                                "main.yaml:1:4: index: the value to look in is not there",
		"{{ index .Vars.list 2 }}":                               "main.yaml:1:4: index: index out of range",
		"{{ call .Files }}":                                      "",
		"{{ _value 1 }}":                                         `main.yaml:1:4: unknown function "_value"; did you mean "values"?`,
		"{{ tpl \"a\\n {{ upper }}\" . }}":                       "main.yaml:1:1: in line 2, column 5 of the text given to tpl: wrong number of args for upper: want 1 got 0",
		"{{ tpl \"a\\n {{ uper 1 }}\" . }}":                      `main.yaml:1:1: in line 2, column 5 of the text given to tpl: unknown function "uper"; did you mean "upper"?`,
	} {
		t.Run(text, func(t *testing.T) {
			got := failing(t, options(map[string]string{"main.yaml": text}))
			if want == "" {
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestErrorsNameTheCalls(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"in an include": {
			map[string]string{"main.yaml": "a: 1\nb: {{ include \"p\" . }}", ".strake/p": "x: {{ required \"say x\" .x }}"},
			".strake/p:1:7 < main.yaml:2:4: say x",
		},
		"in an include of a block in a template": {
			map[string]string{"main.yaml": "{{ template \"p\" . }}", ".strake/p": "\n{{ include \"q\" . | indent 2 }}", ".strake/r": "{{ define \"q\" }}\n {{ .Env.x }}{{ end }}"},
			`.strake/r:2:9 < .strake/p:2:1 < main.yaml:1:1: no field "x" in this value`,
		},
		"in the value for a template": {
			map[string]string{"main.yaml": "{{ template \"p\" (required \"say\" .no) }}", ".strake/p": "x"},
			"main.yaml:1:18: say",
		},
		"in a file given to tpl": {
			map[string]string{"main.yaml": "{{ range $p, $t := .Files.Glob \"*.part\" }}\n{{ tpl $t $ }}{{ end }}", "a.part": "fine {{ .Env }}", "b.part": "a\n{{ .Env.b }}"},
			`b.part:2:8 < main.yaml:2:1: no field "b" in this value`,
		},
		"in the syntax of a file given to tpl": {
			map[string]string{"main.yaml": "{{ tpl (.Files.Get \"b.part\") . }}", "b.part": "a\n{{ if }}"},
			`b.part:2:1 < main.yaml:1:1: missing value for if`,
		},
		"in the syntax of a partial": {
			map[string]string{"main.yaml": "{{ .Env }}", ".strake/p": "a\n {{ .x }} {{ .y ) }}"},
			".strake/p:2:11: unexpected right paren",
		},
		"that lead to a template without end": {
			map[string]string{"main.yaml": "{{ include \"p\" . }}", ".strake/p": "{{ template \"p\" . }}"},
			".strake/p:1:1" + strings.Repeat(" < .strake/p:1:1", maxCalls-1) + " < main.yaml:1:1: templates call each other more than 1000 deep, the bound on depth: does one include itself?",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, failing(t, options(c.files))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
