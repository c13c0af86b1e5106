package stapel

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strakebuild/strake/config"
)

func list(words string) []config.String {
	var out []config.String
	for _, word := range strings.Fields(words) {
		out = append(out, config.String{Value: word})
	}
	return out
}

// TestOverlappingDestinations gives two sections and what each leaves out in the
// end.
func TestOverlappingDestinations(t *testing.T) {
	type side struct{ to, include, exclude string }
	tests := []struct {
		name         string
		a, b         side
		wantA, wantB string
		conflict     bool
	}{
		{name: "apart", a: side{to: "/a"}, b: side{to: "/b"}},
		{name: "names that begin alike", a: side{to: "/app"}, b: side{to: "/application"}},
		{name: "inside", a: side{to: "/"}, b: side{to: "/a"}, wantA: "a"},
		{name: "inside, the other way", a: side{to: "/a/b"}, b: side{to: "/a"}, wantB: "b"},
		{name: "inside and left out already", a: side{to: "/", exclude: "a"}, b: side{to: "/a"}, wantA: "a a"},
		{name: "inside and not included", a: side{to: "/", include: "b"}, b: side{to: "/a"}, wantA: "a"},
		{name: "inside with includes", a: side{to: "/"}, b: side{to: "/a", include: "x y/*"}, wantA: "a/x a/y/*"},
		{name: "same", a: side{to: "/app"}, b: side{to: "/app"}, conflict: true},
		{name: "same root", a: side{to: "/"}, b: side{to: "/"}, conflict: true},
		{name: "same with a slash", a: side{to: "/app/"}, b: side{to: "/app"}, conflict: true},
		{name: "same with excludes only", a: side{to: "/app", exclude: "x"}, b: side{to: "/app"}, wantA: "x", conflict: true},
		{name: "same, one says what", a: side{to: "/app", include: "x"}, b: side{to: "/app"}, wantB: "x"},
		{name: "same, both say what", a: side{to: "/app", include: "x"}, b: side{to: "/app", include: "y z"}},
		{name: "same, both say the same", a: side{to: "/app", include: "x"}, b: side{to: "/app", include: "y x/**"}, conflict: true},
		{name: "same, one below the other", a: side{to: "/app", include: "x"}, b: side{to: "/app", include: "x/y"}, conflict: true},
		{name: "path that looks like a pattern", a: side{to: "/"}, b: side{to: "/a[1]*"}, wantA: `a\[1\]\*`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var exports []*export
			for _, s := range []side{test.a, test.b} {
				files := &config.Files{To: config.String{Value: s.to}, Include: list(s.include)}
				exports = append(exports, &export{files: files, exclude: list(s.exclude)})
			}
			faults := separate(exports)
			if got := len(faults) > 0; got != test.conflict {
				t.Fatalf("conflict: %v, want %v", faults, test.conflict)
			}
			for i, want := range []string{test.wantA, test.wantB} {
				if diff := cmp.Diff(want, strings.Join(values(exports[i].exclude), " ")); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestMasks(t *testing.T) {
	tests := []struct{ mask, want string }{
		{"a", "a a/**/*"}, {"/a/", "a a/**/*"}, {"a/*", "a/* a a/**/*"}, {"a/**", "a/** a a/**/*"}, {"a/**/*", "a/**/* a a/**/*"},
		{"*.go", "*.go *.go/**/*"}, {"**", "** **/*"}, {"*", "* **/*"}, {"", "**/*"}, {"a*", "a* a*/**/*"},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, strings.Join(config.Globs(test.mask), " ")); diff != "" {
			t.Errorf("%q: %s", test.mask, diff)
		}
	}
}
