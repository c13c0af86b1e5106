package template

import (
	"context"
	"strings"
	"testing"
)

func TestEqAndNe(t *testing.T) {
	for text, want := range map[string]string{
		`{{ eq 1 1 }}{{ eq 1 2 }}{{ eq 1 2 3 1 }}{{ ne 1 2 }}{{ ne 1 1 }}`:                     "truefalsetruetruefalse",
		`{{ eq "a" "a" }}{{ eq "a" "b" }}{{ eq true true }}{{ eq 1.5 1.5 }}`:                   "truefalsetruetrue",
		`{{ eq .Missing nil }}{{ eq .Missing "x" }}{{ ne .Missing "x" }}`:                      "truefalsetrue",
		`{{ eq (dict) nil }}{{ eq nil nil }}{{ eq "" nil }}`:                                   "falsetruefalse",
		`{{ eq (int64 3) 3 }}{{ eq 3 (len "abc") }}{{ "x" | eq "x" }}`:                         "truetruetrue",
		`{{ eq (now) (now) }}{{ if eq .Env "prod" "test" }}yes{{ end }}`:                       "trueyes",
		`{{ range $i := list 1 2 }}{{ if and (ne $i 1) (eq $i 2) }}{{ $i }}{{ end }}{{ end }}`: "2",
	} {
		t.Run(text, func(t *testing.T) {
			result, err := Render(context.Background(), options(map[string]string{"main.yaml": text}))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(result.Text()); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestWhatCannotBeComparedIsNamedByItsKind(t *testing.T) {
	for text, want := range map[string]string{
		`{{ eq 1 "1" }}`:                         "an integer and a text cannot be compared",
		`{{ eq 1 1.0 }}`:                         "an integer and a floating-point number cannot be compared",
		`{{ eq true "x" }}`:                      "a truth value and a text cannot be compared",
		`{{ ne .Vars .Vars }}`:                   "a map cannot be compared by eq and ne; use deepEqual",
		`{{ eq (list 1) (list 1) }}`:             "a list cannot be compared by eq and ne; use deepEqual",
		`{{ eq (list 1) (dict) }}`:               "a list and a map cannot be compared",
		`{{ eq 1 }}`:                             "eq compares two values, and has one",
		`{{ $_ := set . "self" . }}{{ eq . . }}`: "a map cannot be compared by eq and ne",
	} {
		t.Run(text, func(t *testing.T) {
			if got := failing(t, options(map[string]string{"main.yaml": text})); !strings.Contains(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}
