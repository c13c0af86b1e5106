package template

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"
)

// small are limits that hostile templates meet at once.
func small() Limits {
	return Limits{Time: 300 * time.Millisecond, Output: 1 << 16, Value: 1 << 15, Items: 1000, Depth: 100, Total: 1 << 22}
}

const (
	onTime    = "the bound on time"
	onValue   = "the bound on the text of one value"
	onOutput  = "the bound on the rendered text"
	onItems   = "the bound on the items of one value"
	onDepth   = "the bound on depth"
	onTotal   = "the bound on all of them together"
	onNesting = "the bound on nesting"
)

// hostileCalls are templates that a single function or loop must end.
func hostileCalls() map[string]string {
	return map[string]string{
		"{{ range 1000000000000 }}{{ end }}":                                              onTime,
		"{{ range $i := 1000000000000 }}{{ if false }}x{{ end }}{{ end }}":                onTime,
		"{{ range 1000000 }}{{ range 1000000 }}{{ continue }}{{ end }}{{ end }}":          onTime,
		`{{ define "a" }}{{ range 1000000000 }}{{ end }}{{ end }}{{ include "a" . }}`:     onTime,
		"{{ range 1000000000000 }}x{{ end }}":                                             onOutput,
		`{{ $x := repeat 30000 "x" }}{{ $x }}{{ $x }}{{ $x }}`:                            onOutput,
		`{{ define "a" }}{{ range 1000000000000 }}x{{ end }}{{ end }}{{ include "a" . }}`: onValue,
		`{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}`:                 onDepth,
		`{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}`:               onDepth,
		`{{ define "a" }}{{ tpl "{{ include \"a\" . }}" . }}{{ end }}{{ include "a" . }}`: onDepth,
		`{{ $_ := set . "t" "{{ tpl .t . }}" }}{{ tpl .t . }}`:                            onDepth,
		`{{ repeat 1000000000000 "x" }}`:                                                  onValue,
		`{{ repeat 9223372036854775807 "xx" }}`:                                           onValue,
		`{{ indent 1000000000000 "x" }}`:                                                  onValue,
		`{{ nindent 20000 "a\nb\nc" }}`:                                                   onValue,
		`{{ printf "%1000000d" 1 }}`:                                                      onValue,
		`{{ printf "%*d" 1000000 1 }}`:                                                    onValue,
		`{{ printf "%.999999f" 1.5 }}`:                                                    onValue,
		`{{ printf "%100d" (until 900) }}`:                                                onValue,
		`{{ printf (repeat 1000 "%[1]s") (repeat 1000 "x") }}`:                            onValue,
		`{{ until 1000000000000 }}`:                                                       onItems,
		`{{ untilStep 0 9223372036854775807 1 }}`:                                         onItems,
		`{{ untilStep 9223372036854775807 -9223372036854775807 -1 }}`:                     onItems,
		`{{ seq 1000000000000 }}`:                                                         onItems,
		`{{ splitList "" (repeat 2000 "x") }}`:                                            onItems,
		`{{ split "" (repeat 2000 "x") }}`:                                                onItems,
		`{{ regexFindAll "" (repeat 2000 "x") -1 }}`:                                      onItems,
		`{{ regexSplit "x" (repeat 2000 "x") -1 }}`:                                       onItems,
		`{{ regexReplaceAll "" (repeat 1000 "x") (repeat 1000 "y") }}`:                    onValue,
		`{{ regexReplaceAll "(.*)" (repeat 1000 "x") (repeat 1000 "$1") }}`:               onValue,
		`{{ replace "x" (repeat 1000 "y") (repeat 1000 "x") }}`:                           onValue,
		`{{ replace "" (repeat 1000 "y") (repeat 1000 "x") }}`:                            onValue,
		`{{ wrapWith 1 (repeat 1000 "y") (repeat 1000 "x") }}`:                            onValue,
		`{{ join (repeat 1000 "x") (until 900) }}`:                                        onValue,
	}
}

// hostileValues are templates that build a value step by step.
func hostileValues() map[string]string {
	grow := func(make string) string {
		return `{{ $x := "0123456789" }}{{ range 100 }}{{ $x = ` + make + ` }}{{ end }}`
	}
	return map[string]string{
		grow(`cat $x $x`):                               onValue,
		grow(`printf "%s%s" $x $x`):                     onValue,
		grow(`print $x $x`):                             onValue,
		grow(`quote $x`):                                onValue,
		grow(`b64enc $x`):                               onValue,
		grow(`toJson $x`):                               onValue,
		grow(`list $x $x`) + "{{ $x }}":                 onValue,
		grow(`dict "a" $x "b" $x`) + "{{ $x }}":         onValue,
		grow(`append (list $x) $x`) + "{{ $x }}":        onValue,
		grow(`concat (list $x) (list $x)`) + "{{ $x }}": onValue,
		`{{ $x := list 1 }}{{ range 100 }}{{ $x = concat $x $x }}{{ end }}`:                                                                                             onItems,
		`{{ $x := dict }}{{ range 200 }}{{ $x = dict "a" $x }}{{ end }}{{ $x }}`:                                                                                        onDepth,
		`{{ $d := dict }}{{ $_ := set $d "a" (list (dict "b" $d)) }}{{ $d }}`:                                                                                           onDepth,
		`{{ $d := dict }}{{ $_ := set $d "a" $d }}{{ deepCopy $d }}`:                                                                                                    onDepth,
		`{{ $x := "1" }}{{ range 100 }}{{ $x = now.Format (print $x $x) }}{{ end }}`:                                                                                    onValue,
		`{{ $a := list 1 }}{{ range 2000 }}{{ $a = append $a 1 }}{{ end }}`:                                                                                             onItems,
		`{{ range $i := 10000000 }}{{ $_ := set $ (printf "%d" $i) (repeat 10000 "x") }}{{ end }}`:                                                                      onTotal,
		`{{ $t := dict }}{{ $c := $t }}{{ range 500 }}{{ $n := dict }}{{ $_ := set $c "n" $n }}{{ $c = $n }}{{ end }}{{ $t }}`:                                          onDepth,
		`{{ $t := dict }}{{ $c := $t }}{{ range 40 }}{{ $n := dict }}{{ $_ := set $c "a" $n }}{{ $_ := set $c "b" $n }}{{ $c = $n }}{{ end }}{{ $t }}`:                  onValue,
		`{{ $t := dict }}{{ $c := $t }}{{ range 40 }}{{ $n := dict }}{{ $_ := set $c "a" $n }}{{ $_ := set $c "b" $n }}{{ $c = $n }}{{ end }}{{ toYaml $t }}`:           onValue,
		`{{ $t := dict }}{{ $c := $t }}{{ range 40 }}{{ $n := dict }}{{ $_ := set $c "a" $n }}{{ $_ := set $c "b" $n }}{{ $c = $n }}{{ end }}{{ eq (toString $t) "" }}`: onValue,
		`{{ $a := dict "k" (dict) }}{{ $b := dict "k" (dict "x" $a) }}{{ $_ := merge $a $b }}{{ $_ := mergeOverwrite $a.k $b }}{{ $a }}`:                                onDepth,
		strings.Repeat("{{ if true }}", 5000) + strings.Repeat("{{ end }}", 5000):                                                                                       onNesting,
		"{{ if true }}" + strings.Repeat("{{ else if true }}", 5000) + "{{ end }}":                                                                                      onNesting,
		"{{ " + strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000) + " }}":                                                                                     onNesting,
		`{{ tpl (printf "%s1%s" (repeat 500 "{{ if 1 }}{{ print (") (repeat 500 ") }}{{ end }}")) . }}`:                                                                 "",
	}
}

func TestBoundsEndARenderingWithTheNameOfTheBound(t *testing.T) {
	all := hostileCalls()
	maps.Copy(all, hostileValues())
	for text, want := range all {
		name := text
		if len(name) > 60 {
			name = name[:60]
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(map[string]string{"main.yaml": text})
			o.Limits = small()
			if want != onTime {
				o.Limits.Time = time.Minute // a busy machine must not be first
			}
			_, err := Render(context.Background(), o)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("no *Error: %v", err)
			}
			if !strings.Contains(e.Message, want) {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

func TestTheStackIsSafeWithTheDefaultLimits(t *testing.T) {
	nested := func(open, shut string) string {
		return `{{ define "a" }}` + strings.Repeat(open, 900) + shut + `{{ end }}{{ include "a" . }}`
	}
	for name, text := range map[string]string{
		"blocks":      nested("{{ if true }}", `{{ include "a" . }}`+strings.Repeat("{{ end }}", 900)),
		"templates":   nested("{{ with 1 }}", `{{ template "a" . }}`+strings.Repeat("{{ end }}", 900)),
		"parentheses": nested("", "{{ "+strings.Repeat("(", 900)+`include "a" .`+strings.Repeat(")", 900)+" }}"),
		"chains":      nested("", "{{ "+strings.Repeat("(", 450)+`include "a" .`+strings.Repeat(").x", 450)+" }}"),
		"values":      `{{ $t := dict }}{{ $c := $t }}{{ range 100000 }}{{ $n := dict }}{{ $_ := set $c "n" $n }}{{ $c = $n }}{{ end }}{{ toJson $t }}`,
		"itself":      `{{ $_ := set . "self" . }}{{ . }}`,
		"numbers":     `{{ $_ := set . "self" . }}{{ add 1 . }}`,
		"positions":   `{{ $_ := set . "self" . }}{{ slice (list 1) . }}`,
		"a number":    `{{ $_ := set . "self" . }}{{ int . }}`,
		"flat":        `{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}`,
	} {
		t.Run(name, func(t *testing.T) {
			if got := failing(t, options(map[string]string{"main.yaml": text})); !strings.Contains(got, "the bound on depth") {
				t.Error(got)
			}
		})
	}
}

func TestAFunctionThatDoesNotComeBackIsLeft(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	o := options(map[string]string{"main.yaml": "a: 1\nb: {{ .Files.Get \"slow\" }}"})
	o.Project = slowProject{memory{}, release}
	o.Limits = small()
	if got := failing(t, o); !strings.HasPrefix(got, "main.yaml:2:4: rendering takes longer than 300ms") {
		t.Error(got)
	}
}

// slowProject does not answer until it is released.
type slowProject struct {
	memory
	release chan struct{}
}

func (p slowProject) Get(string) (string, error) {
	<-p.release
	return "", nil
}

func TestAPanicOfTheProjectIsAnError(t *testing.T) {
	o := options(map[string]string{"main.yaml": "a: 1\nb: {{ .Files.Exists \"slow\" }}"})
	o.Project = brokenProject{}
	if got, want := failing(t, o), "main.yaml:2:13: Exists: broken"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// brokenProject panics.
type brokenProject struct{ memory }

func (brokenProject) Exists(string) (bool, error) { panic("broken") }
