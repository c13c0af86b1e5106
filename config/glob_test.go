package config

import "testing"

func TestMatcherSelects(t *testing.T) {
	tests := []struct {
		name             string
		include, exclude []string
		path             string
		want             bool
	}{
		{name: "everything without masks", path: "a/b", want: true},
		{name: "the path itself", include: []string{"a"}, path: "a", want: true},
		{name: "below a folder", include: []string{"a"}, path: "a/b/c", want: true},
		{name: "not a longer name", include: []string{"a"}, path: "ab"},
		{name: "trailing star is the folder", include: []string{"a/*"}, path: "a/b/c", want: true},
		{name: "trailing stars are the folder", include: []string{"a/**/*"}, path: "a/b/c", want: true},
		{name: "star alone is everything", include: []string{"*"}, path: "a/b", want: true},
		{name: "two stars alone are everything", include: []string{"**"}, path: "a", want: true},
		{name: "star in a name stays in its folder", include: []string{"*.go"}, path: "a/b.go"},
		{name: "star in a name", include: []string{"*.go"}, path: "b.go", want: true},
		{name: "two stars cross folders", include: []string{"**/*.go"}, path: "a/b/c.go", want: true},
		{name: "two stars match no folder too", include: []string{"**/*.go"}, path: "c.go", want: true},
		{name: "slashes at the ends do not count", include: []string{"a/"}, path: "a/b", want: true},
		{name: "a dot does not count", include: []string{"./a"}, path: "a/b", want: true},
		{name: "alternatives", include: []string{"{a,b}/c"}, path: "b/c", want: true},
		{name: "exclusion wins", include: []string{"a"}, exclude: []string{"a/b"}, path: "a/b/c"},
		{name: "exclusion leaves the rest", include: []string{"a"}, exclude: []string{"a/b"}, path: "a/c", want: true},
		{name: "a broken mask selects nothing", include: []string{"a["}, path: "a["},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := Files{Include: list(test.include), Exclude: list(test.exclude)}
			if got := f.Matcher().Match(test.path); got != test.want {
				t.Errorf("%q: got %v", test.path, got)
			}
		})
	}
}

func list(texts []string) []String {
	var out []String
	for _, text := range texts {
		out = append(out, String{Value: text})
	}
	return out
}
