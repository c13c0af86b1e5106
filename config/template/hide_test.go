package template

import (
	"context"
	"testing"
)

func TestValuesOfTheEnvironmentAreHidden(t *testing.T) {
	files := map[string]string{
		"main.yaml": `{{ env "TOKEN" }} {{ env "LONGER" }} {{ env "KEY" | quote }} {{ env "SHORT" }} {{ env "UNSET" "fallback" }}`,
		"$TOKEN":    "token", "$LONGER": "token2", "$KEY": "line one\nline two\n", "$SHORT": "dev",
	}
	result, err := Render(context.Background(), options(files))
	if err != nil {
		t.Fatal(err)
	}
	got := result.Hide("a token, token2; line two dev fallback")
	if want := "a ***, ***; *** dev fallback"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestErrorsDoNotShowTheEnvironment(t *testing.T) {
	for text, want := range map[string]string{
		`{{ fail (env "TOKEN") }}`:                      "main.yaml:1:4: fail: ***",
		`{{ include (env "TOKEN") . }}`:                 `main.yaml:1:4: unknown template "***": the project has no templates besides this one`,
		`{{ required (print "no " (env "TOKEN")) "" }}`: "main.yaml:1:4: no ***",
	} {
		t.Run(text, func(t *testing.T) {
			if got := failing(t, options(map[string]string{"main.yaml": text, "$TOKEN": "hunter2"})); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}
