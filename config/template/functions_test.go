package template

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	tt "text/template"

	"github.com/Masterminds/sprig/v3"
	"github.com/google/go-cmp/cmp"
)

func TestEveryFunctionOfSprigIsSorted(t *testing.T) {
	var lists []string
	for _, names := range []string{plainNames, measuredNames, mergeNames, shallowNames, ownNames, randomNames, outsideNames} {
		lists = append(lists, strings.Fields(names)...)
	}
	slices.Sort(lists)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(sprig.GenericFuncMap())), lists); diff != "" {
		t.Errorf("each function of Sprig belongs into one list of names.go (-sprig +lists):\n%s", diff)
	}
}

func TestOwnFunctionsAreAllThere(t *testing.T) {
	r := newRenderer(context.Background(), Options{})
	for _, name := range strings.Fields(ownNames + addedNames) {
		if r.functions.own[name] == nil {
			t.Errorf("%s is listed and not made", name)
		}
	}
	for _, name := range strings.Fields(plainNames + measuredNames + mergeNames + shallowNames + randomNames + outsideNames) {
		if r.functions.make(name) == nil {
			t.Errorf("%s is listed and not made", name)
		}
	}
}

func TestFunctions(t *testing.T) {
	for text, want := range map[string]string{
		`{{ .Env }}`:                                "test",
		`{{ .Commit.Hash }}`:                        "0123abc",
		`{{ .Commit.Date.Unix }}`:                   "1772597167",
		`{{ div .Commit.Date.Unix 86400 }}`:         "20516",
		`{{ .Commit.Date.Human }}`:                  "2026-03-04 05:06:07 +0100 +0100",
		`{{ .Vars.registry }}/{{ .Vars.replicas }}`: "example.org/3",
		`{{ with .Vars }}{{ .registry }}{{ end }}`:  "example.org",
		`{{ hasKey .Vars "nothing" }}`:              "false",
		`{{ .Missing }}`:                            "<no value>",

		`{{ .Files.Get "a.txt" }}`: "A\n",
		`{{ range $p, $c := .Files.Glob "dir/*" }}{{ $p }}={{ $c }};{{ end }}`:           "dir/b.txt=B;dir/c.txt=C;",
		`{{ merge (.Files.Glob "dir/b*") (.Files.Glob "a*") | keys }}`:                   "[a.txt dir/b.txt]",
		`{{ .Files.Exists "a.txt" }} {{ .Files.Exists "no" }} {{ .Files.Exists "dir" }}`: "true false true",
		`{{ .Files.IsDir "dir" }} {{ .Files.IsDir "a.txt" }}`:                            "true false",
		`{{ . }}`: "map[Commit:map[Date:map[Human:2026-03-04 05:06:07 +0100 +0100 Unix:1772597167] Hash:0123abc] Env:test Files:files of the project Vars:map[list:[a b] registry:example.org replicas:3]]",
		`{{ omit . "Files" "Commit" "Vars" | toJson }} {{ (deepCopy .).Files.Get "a.txt" }}`: "{\"Env\":\"test\"} A\n",

		`{{ env "SET" }}`:                       "value",
		`{{ env "SET" "other" }}`:               "value",
		`{{ env "EMPTY" }}.`:                    ".",
		`{{ env "EMPTY" "other" }}`:             "other",
		`{{ env "UNSET" "other" }}`:             "other",
		`{{ required "no" "x" }}`:               "x",
		`{{ required "no" 0 }}`:                 "0",
		`{{ required "no" false }}`:             "false",
		`{{ (fromYaml "a: {b: [1, x]}").a.b }}`: "[1 x]",
		`{{ fromYaml "{on: no, a: [Yes, 'yes', y], b: &x off, c: *x}" | toJson }}`: `{"a":[true,"yes","y"],"b":false,"c":false,"on":false}`,
		`{{ fromYaml "" }}`:                                                                        "map[]",
		`{{ list "cmd1" "cmd2" | toYaml | nindent 4 }}`:                                            "\n    - cmd1\n    - cmd2",
		`{{ dict "b" 1 "a" (dict "c" true) | toYaml }}`:                                            "a:\n  c: true\nb: 1",
		`{{ tpl "{{ .x }}" (dict "x" 1) }}`:                                                        "1",
		`{{ define "a" }}<{{ . }}>{{ end }}{{ include "a" 1 | upper }}`:                            "<1>",
		`{{ tpl "{{ define \"b\" }}b{{ . }}{{ end }}" . }}{{ include "b" 2 }}`:                     "b2",
		`{{ include_debug "no" . }}{{ tpl_debug "x" . }}{{ printf_debug "x" }}{{ dump_debug . }}.`: ".",

		`{{ now | date "2006-01-02 15:04" }}`:           "2026-03-04 05:06",
		`{{ date "15:04" 0 }}`:                          "01:00",
		`{{ dateInZone "15:04" (now) "UTC" }}`:          "04:06",
		`{{ htmlDate (now) }}`:                          "2026-03-04",
		`{{ ago (now) }} {{ durationRound (now) }}`:     "0s 0s",
		`{{ (toDate "2006-01-02" "2020-02-03").Unix }}`: "1580684400",
		`{{ durationRound "100h" }}`:                    "4d",

		`{{ dict "z" 1 "a" 2 | keys }} {{ dict "z" 1 "a" 2 | values }}`:                                                                                 "[a z] [2 1]",
		`{{ until 3 }} {{ until -2 }} {{ untilStep 3 9 3 }} {{ untilStep 1 2 -1 }}`:                                                                     "[0 1 2] [0 -1] [3 6] []",
		`{{ seq 3 }};{{ seq -1 }};{{ seq 2 4 }};{{ seq 1 2 5 }};{{ seq 5 -2 1 }};{{ seq 1 2 0 }};{{ seq }}`:                                             "1 2 3;1 0 -1;2 3 4;1 3 5;5 3 1;;",
		`{{ split "/" "a/b" }} {{ splitn "/" 2 "a/b/c" }} {{ splitList "," "a,b" }}`:                                                                    "map[_0:a _1:b] map[_0:a _1:b/c] [a b]",
		`{{ join "-" (list 1 "a" nil) }}{{ join "," "x" }}`:                                                                                             "1-ax",
		`{{ regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W" }} {{ regexReplaceAllLiteral "a" "aba" "$1" }}`:                                                "-W-xxW- $1b$1",
		`{{ regexFindAll "[a-z]" "a1b2" -1 }} {{ regexSplit "z+" "pizza" -1 }}`:                                                                         "[a b] [pi a]",
		`{{ wrap 5 "aaa bbb ccc" }}|{{ wrapWith 5 "\t" "Hello World" }}`:                                                                                "aaa\nbbb\nccc|Hello\tWorld",
		`{{ repeat 3 "ab" }} {{ "a\nb" | indent 2 }} {{ "x" | nindent 1 }} {{ replace "a" "b" "aa" }}`:                                                  "ababab   a\n  b \n x bb",
		`{{ printf "%5.1f|%-4s|%*d" 1.25 "x" 3 7 }} {{ print 1 "a" }} {{ html "<" }} {{ js "'" }} {{ urlquery "a b" }}`:                                 "  1.2|x   |  7 1a &lt; \\' a+b",
		`{{ $d := dict }}{{ $_ := set $d "a" (list 1) }}{{ $d }}`:                                                                                       "map[a:[1]]",
		`{{ append (list 1 2) 3 | last }}{{ ternary 1 2 true }}{{ "x" | default "y" }}{{ "" | default "y" }}`:                                           "31xy",
		`{{ with $x := .Vars.list }}{{ $x | len }}{{ index . 0 }}{{ end }}{{ (dict "a" "b").a }}{{ $.Vars.registry }}`:                                  "2abexample.org",
		`{{ range $k, $v := .Vars }}{{ $k }}={{ $v }};{{ end }}{{ template "a" .Vars.list }}{{ define "a" }}{{ range . }}{{ . }}{{ end }}{{ end }}`:     "list=[a b];registry=example.org;replicas=3;ab",
		`{{ if and .Vars.registry (not .Vars.replicas) }}{{ else if (.Files.Exists "a.txt") }}{{ "a.txt" | .Files.Get | trim }}{{ end }}{{ now.Unix }}`: "A1772597167",
		`{{ $x := dict "a" (dict "b" .Vars) }}{{ $x.a.b.Vars }}{{ $x.a.b.registry }}{{ with . }}{{ .Vars.registry | upper }}{{ end }}`:                  "<no value>example.orgEXAMPLE.ORG",
		`{{ $_ := set . "big" (until 2000) }}{{ range .big }}{{ if eq . 1999 }}{{ . }}{{ end }}{{ end }}{{ .Env }}{{ .none }}{{ true }}{{ len .big }}`:  "1999test<no value>true2000",
		`{{ range $i := 3 }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ $i }}{{ end }}{{ range list }}{{ else }}none{{ end }}`:                            "02none",
		`{{ $a := list 1 }}{{ $b := append $a 2 }}{{ $c := append $b 3 }}{{ $d := append $b 4 }}{{ $a }}{{ $b }}{{ $c }}{{ $d }}`:                       "[1][1 2][1 2 3][1 2 4]",
	} {
		t.Run(text, func(t *testing.T) {
			got, err := render(t, text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFunctionsDoAsSprigs compares the functions that are put in place of Sprig's
// and the interpreter's with those.
func TestFunctionsDoAsSprigs(t *testing.T) {
	for _, call := range []string{
		`repeat 0 "a"`, `indent 3 ""`, `indent 2 "\n"`, `nindent 2 "a\n"`, `replace "" "-" "abc"`,
		`join "," (list)`, `join "," (list 1 true nil "x")`, `wrap 3 "abcdefg hi"`, `wrapWith 0 "-" "ab c"`,
		`until 0`, `untilStep 5 1 -2`, `untilStep 0 5 0`, `untilStep 5 0 1`, `seq 1`, `seq 0`, `seq 5 1`, `seq 1 1 1`, `seq 0 -1 -3`, `seq 1 2 3 4`,
		`split "" "abc"`, `splitn "," 1 "a,b"`, `splitn "," 0 "a,b"`, `splitList "" "é"`,
		`regexFindAll "a" "aaa" 2`, `regexFindAll "a" "b" -1`, `regexSplit "a" "bab" 1`, `regexReplaceAll "(a)" "aa" "$1$1"`,
		`dict 1 2 "odd"`, `dict`, `values (dict "a" 1)`, `keys (dict "a" 1) (dict "b" 2)`,
		`print`, `print "a" "b" 1 2`, `println 1`, `printf "%v %q %x" (list 1 "a") "é" "z"`, `html (list "<")`,
		`quote 1 "a" nil`, `squote "a"`, `cat 1 nil "b"`, `toJson (dict "a" (list 1))`, `upper "é"`, `b64enc "x"`,
		`sortAlpha (list "b" "a")`, `uniq (list 1 1 2)`, `without (list 1 2) 1`, `chunk 2 (list 1 2 3)`, `slice (list 1 2 3) 1`,
		`concat (list 1) (list "a")`, `append (list 1) 2`, `has 1 (list 1)`, `merge (dict "a" 1) (dict "b" 2)`, `toStrings (list 1 2)`,
		`dateInZone "2006" 0 "UTC"`, `htmlDateInZone 0 "UTC"`, `durationRound "2h5s"`, `pick (dict "a" 1) "a"`, `toDecimal "17"`,
	} {
		t.Run(call, func(t *testing.T) {
			text := "{{ " + call + " }}"
			got, err := render(t, text)
			if err != nil {
				t.Fatal(err)
			}
			var want bytes.Buffer
			if err := tt.Must(tt.New("").Funcs(sprig.TxtFuncMap()).Parse(text)).Execute(&want, nil); err != nil {
				t.Fatal(err)
			}
			if got != want.String() {
				t.Errorf("got %q, want %q", got, want.String())
			}
		})
	}
}

func TestLooseRenderingAllowsFunctionsWithChangingResults(t *testing.T) {
	o := options(map[string]string{"main.yaml": `{{ len (randAlphaNum 5) }}{{ len uuidv4 }}{{ env "UNSET" }}{{ now.Year }}`})
	o.Loose = true
	r, err := Render(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(r.Text()); !strings.HasPrefix(got, "5362") {
		t.Errorf("got %q", got)
	}
}

func TestDebugFunctionsLogAndPrintNothing(t *testing.T) {
	o := options(map[string]string{"main.yaml": `{{ define "a" }}in {{ .x }}{{ end -}}
{{ include_debug "a" (dict "x" 1) }}{{ tpl_debug "t{{ .x }}" (dict "x" 2) }}{{ printf_debug "%d" 3 }}{{ dump_debug (list 4) }}.`})
	var log []string
	o.Debug, o.Log = true, func(line string) { log = append(log, line) }
	r, err := Render(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(r.Text()); got != "." {
		t.Errorf("got %q", got)
	}
	want := []string{
		"include_debug a: data:\nx: 1\n", "include_debug a: text:\nin 1",
		"tpl_debug: content:\nt{{ .x }}", "tpl_debug: data:\nx: 2\n", "tpl_debug: text:\nt2",
		"printf_debug: 3", "dump_debug:\n- 4\n",
	}
	if diff := cmp.Diff(want, log); diff != "" {
		t.Error(diff)
	}
}
