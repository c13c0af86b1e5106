package buildah

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/strakebuild/strake/planner"
)

// ground is a step with something to copy into.
func ground(t *testing.T, b *Backend) *planner.Step {
	t.Helper()
	s := step("ground", nil, copyOp("/", folder(".", map[string]string{
		"etc/passwd": "root:x:0:0:root:/root:/bin/sh\napp:x:1000:2000::/home/app:/bin/sh\n", "etc/group": "root:x:0:\nstaff:x:50:app\n",
		"run/": "", "var/run": "->/run", "dir/old": "old", "dir/sub/": "", "file": "old", "link": "->dir", "flink": "->/file", "dangling": "->none",
	})))
	mustBuild(t, b, s)
	return s
}

func octal(mode uint32) *uint32 { return &mode }

func TestCopy(t *testing.T) {
	b := open(t, memory{"blob": "from git"})
	base := ground(t, b)
	a := text("a", "1")
	tree := folder("src", map[string]string{"x": "1", "prog": "#!x", "l": "->x", "sub/y": "2", "empty/": ""})
	tests := []struct {
		name string
		copy planner.Copy
		want []string
	}{
		{"a file to a new name", planner.Copy{Dest: "/b", Sources: []planner.Source{a}}, []string{"b 100644 0:0 1"}},
		{"a file over a file", planner.Copy{Dest: "/file", Sources: []planner.Source{a}}, []string{"file 100644 0:0 1"}},
		{"a file over a link", planner.Copy{Dest: "/flink", Sources: []planner.Source{a}}, []string{"flink 100644 0:0 1"}},
		{"a file over a dangling link", planner.Copy{Dest: "/dangling", Sources: []planner.Source{a}}, []string{"dangling 100644 0:0 1"}},
		{"a file into an existing folder", planner.Copy{Dest: "/dir", Sources: []planner.Source{a}}, []string{"dir 040755 0:0", "dir/a 100644 0:0 1"}},
		{"a file into a new folder", planner.Copy{Dest: "/n/m/", Sources: []planner.Source{a}},
			[]string{"n 040755 0:0", "n/m 040755 0:0", "n/m/a 100644 0:0 1"}},
		{"a file below new folders", planner.Copy{Dest: "/n/m", Sources: []planner.Source{a}}, []string{"n 040755 0:0", "n/m 100644 0:0 1"}},
		{"a file into the root", planner.Copy{Dest: "/", Sources: []planner.Source{a}}, []string{"a 100644 0:0 1"}},
		{"a file through a link", planner.Copy{Dest: "/var/run/", Sources: []planner.Source{a}}, []string{"run 040755 0:0", "run/a 100644 0:0 1"}},
		{"a file through a link to a folder", planner.Copy{Dest: "/link", Sources: []planner.Source{a}}, []string{"dir 040755 0:0", "dir/a 100644 0:0 1"}},
		{"two files", planner.Copy{Dest: "/dir/", Sources: []planner.Source{a, text("b", "2")}}, []string{"dir 040755 0:0", "dir/a 100644 0:0 1", "dir/b 100644 0:0 2"}},
		{"the contents of a folder", planner.Copy{Dest: "/new", Sources: []planner.Source{tree}}, []string{
			"new 040755 0:0", "new/empty 040755 0:0", "new/l 120777 0:0 -> x", "new/prog 100755 0:0 #!x", "new/sub 040755 0:0", "new/sub/y 100644 0:0 2", "new/x 100644 0:0 1"}},
		{"the contents of a folder, merged", planner.Copy{Dest: "/dir", Sources: []planner.Source{folder("src", map[string]string{"old": "new", "sub/y": "2"})}},
			[]string{"dir 040755 0:0", "dir/old 100644 0:0 new", "dir/sub 040755 0:0", "dir/sub/y 100644 0:0 2"}},
		{"an empty folder", planner.Copy{Dest: "/new", Sources: []planner.Source{folder("src", nil)}}, []string{"new 040755 0:0"}},
		{"a link", planner.Copy{Dest: "/dir/", Sources: []planner.Source{{Name: "l", Files: []planner.File{{Path: "l", Mode: 0o120000, Data: []byte("/x y")}}}}},
			[]string{"dir 040755 0:0", "dir/l 120777 0:0 -> /x y"}},
		{"a program from git", planner.Copy{Dest: "/p", Sources: []planner.Source{{Name: "p", Files: []planner.File{{Path: "p", Mode: 0o100755, OID: "blob"}}}}},
			[]string{"p 100755 0:0 from git"}},
		{"with names as owner", planner.Copy{Dest: "/n/", Sources: []planner.Source{a}, Owner: planner.Owner{User: "app", Group: "staff"}},
			[]string{"n 040755 1000:50", "n/a 100644 1000:50 1"}},
		{"with a name and its group", planner.Copy{Dest: "/b", Sources: []planner.Source{a}, Owner: planner.Owner{User: "app", PrimaryGroup: true}}, []string{"b 100644 1000:2000 1"}},
		{"with a name alone", planner.Copy{Dest: "/b", Sources: []planner.Source{a}, Owner: planner.Owner{User: "app"}}, []string{"b 100644 1000:0 1"}},
		{"with a group alone", planner.Copy{Dest: "/b", Sources: []planner.Source{a}, Owner: planner.Owner{Group: "staff"}}, []string{"b 100644 0:50 1"}},
		{"with numbers", planner.Copy{Dest: "/b", Sources: []planner.Source{a}, Owner: planner.Owner{User: "7", Group: "8"}}, []string{"b 100644 7:8 1"}},
		{"with one number", planner.Copy{Dest: "/b", Sources: []planner.Source{a}, Owner: planner.Owner{User: "7", PrimaryGroup: true}}, []string{"b 100644 7:7 1"}},
		{"with a number and a name", planner.Copy{Dest: "/b", Sources: []planner.Source{a}, Owner: planner.Owner{User: "7", Group: "staff"}}, []string{"b 100644 7:50 1"}},
		{"with a mode", planner.Copy{Dest: "/b", Sources: []planner.Source{a}, Mode: octal(0o4711)}, []string{"b 104711 0:0 1"}},
		{"a folder with a mode", planner.Copy{Dest: "/n", Sources: []planner.Source{folder("src", map[string]string{"d/": "", "l": "->x", "f": ""})}, Mode: octal(0o1700)},
			[]string{"n 040755 0:0", "n/d 041700 0:0", "n/f 101700 0:0 ", "n/l 120777 0:0 -> x"}},
		{"odd names", planner.Copy{Dest: "/", Sources: []planner.Source{text("-x", "1"), text("b\nc", "2"), text("\xff", "3"), text(strings.Repeat("n", 255), "4")}},
			[]string{"-x 100644 0:0 1", "b\nc 100644 0:0 2", strings.Repeat("n", 255) + " 100644 0:0 4", "\xff 100644 0:0 3"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := step(tt.name, base, planner.Op{Copy: &tt.copy})
			mustBuild(t, b, s)
			if diff := cmp.Diff(tt.want, entries(t, layerDir(t, b, s))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCopyRefuses(t *testing.T) {
	b := open(t, nil)
	base := ground(t, b)
	a := text("a", "1")
	for name, tt := range map[string]struct {
		op   planner.Op
		want string
	}{
		"a file in place of a folder":     {copyOp("/", folder("src", map[string]string{"dir": "x"})), "copying src: writing /dir: the image has a directory of this name"},
		"a folder in place of a file":     {copyOp("/file", folder("src", nil)), "copying src: /file exists in the image and is not a directory"},
		"a file below a file":             {copyOp("/file/", a), "copying a: /file exists in the image and is not a directory"},
		"an unknown user":                 {planner.Op{Copy: &planner.Copy{Dest: "/x", Sources: []planner.Source{a}, Owner: planner.Owner{User: "nobody-knows"}}}, `user "nobody-knows": `},
		"an unknown group":                {planner.Op{Copy: &planner.Copy{Dest: "/x", Sources: []planner.Source{a}, Owner: planner.Owner{User: "app", Group: "none"}}}, `group "none": no such group in /etc/group of the image`},
		"an owner beyond all numbers":     {planner.Op{Copy: &planner.Copy{Dest: "/x", Sources: []planner.Source{a}, Owner: planner.Owner{User: "4294967295", Group: "0"}}}, `user "4294967295": `},
		"content that is not there":       {copyOp("/x", planner.Source{Name: "s", Files: []planner.File{{Path: "f", Mode: 0o100644, OID: "gone"}}}), "copying s: reading f: no blob gone"},
		"a folder where a file stands":    {planner.Op{Mkdir: &planner.Mkdir{Path: "/file/x"}}, "/file exists in the image and is not a directory"},
		"a folder for an unknown user":    {planner.Op{Mkdir: &planner.Mkdir{Path: "/x", Owner: planner.Owner{User: "none"}}}, `user "none": `},
		"a source that nothing matches":   {planner.Op{Copy: &planner.Copy{From: base, Paths: []string{"/none*"}, Dest: "/", MustMatch: true}}, "/none*: no such file in ground"},
		"a selection that is empty":       {planner.Op{Copy: &planner.Copy{From: base, Paths: []string{"/dir"}, Include: []string{"*.go"}, Dest: "/n", MustMatch: true}}, "/dir of ground: no file is selected"},
		"a file of an empty image":        {planner.Op{Copy: &planner.Copy{Scratch: true, Paths: []string{"/f"}, Dest: "/n", MustMatch: true}}, "/f: no such file in an empty image"},
		"a folder copied over a file":     {planner.Op{Copy: &planner.Copy{From: base, Paths: []string{"/dir"}, Dest: "/file"}}, "copying /dir from ground: /file exists in the image and is not a directory"},
		"a link to nothing as the source": {planner.Op{Copy: &planner.Copy{From: base, Paths: []string{"/dangling"}, Dest: "/n"}}, "copying /dangling from ground: open /dangling: no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := build(t, b, step("refused", base, tt.op)); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

func TestCopyReplacesTokens(t *testing.T) {
	b := open(t, memory{"blob": "TOKEN in git"})
	s := step("tokens", nil,
		copyOp("/TOKEN/heredoc", text("h", "id TOKEN.")),
		copyOp("/git", planner.Source{Name: "g", Files: []planner.File{{Path: "g", Mode: 0o100644, OID: "blob"}}}),
		planner.Op{Mkdir: &planner.Mkdir{Path: "/dir-TOKEN"}})
	l, err := b.buildStep(t.Context(), s, inputWith(map[string]string{"TOKEN": "value"}))
	must(t, err)
	must(t, l.Commit(t.Context()))
	want := []string{"dir-value 040755 0:0", "git 100644 0:0 TOKEN in git", "value 040755 0:0", "value/heredoc 100644 0:0 id value."}
	if diff := cmp.Diff(want, entries(t, layerDir(t, b, s))); diff != "" {
		t.Error(diff)
	}
}

// origin is a step to copy from: two layers, several owners, times of their own.
func origin(t *testing.T, b *Backend) *planner.Step {
	t.Helper()
	lower := step("lower", nil,
		planner.Op{Copy: &planner.Copy{Dest: "/app", Owner: planner.Owner{User: "3", Group: "4"}, Sources: []planner.Source{folder("src", map[string]string{
			"bin/one": "#!1", "bin/two": "#!2", "lib/a.so": "a", "lib/a.txt": "t", "lib/deep/b.so": "b", "current": "->bin/one", "abs": "->/app/lib", "gone": "x",
		})}}},
		copyOp("/etc", folder("etc", map[string]string{"conf": "c"})), copyOp("/conf", planner.Source{Name: "l", Files: []planner.File{{Path: "l", Mode: 0o120000, Data: []byte("etc/conf")}}}))
	mustBuild(t, b, lower)
	upper := step("upper", lower, planner.Op{Copy: &planner.Copy{Dest: "/app/bin/two", Mode: octal(0o4755), Owner: planner.Owner{User: "5", Group: "6"}, Sources: []planner.Source{text("two", "new")}}})
	mustBuild(t, b, upper)
	return upper
}

func TestCopyFromAnotherStep(t *testing.T) {
	b := open(t, nil)
	from, base := origin(t, b), ground(t, b)
	tests := []struct {
		name string
		copy planner.Copy
		want []string
	}{
		{"a file", planner.Copy{Paths: []string{"/app/bin/two"}, Dest: "/t"}, []string{"t 104755 0:0 new"}},
		{"a file into a folder", planner.Copy{Paths: []string{"/app/bin/two"}, Dest: "/n/"}, []string{"n 040755 0:0", "n/two 104755 0:0 new"}},
		{"a file with its owner", planner.Copy{Paths: []string{"/app/bin/two"}, Dest: "/t", KeepOwner: true}, []string{"t 104755 5:6 new"}},
		{"a file with another owner and mode", planner.Copy{Paths: []string{"/app/bin/two"}, Dest: "/t", Owner: planner.Owner{User: "app", PrimaryGroup: true}, Mode: octal(0o600)},
			[]string{"t 100600 1000:2000 new"}},
		{"the file that a link leads to", planner.Copy{Paths: []string{"/app/current"}, Dest: "/t"}, []string{"t 100755 0:0 #!1"}},
		{"the file that a link in the root leads to", planner.Copy{Paths: []string{"/conf"}, Dest: "/t"}, []string{"t 100644 0:0 c"}},
		{"the folder that a link leads to", planner.Copy{Paths: []string{"/app/abs"}, Dest: "/t", Include: []string{"a.*"}},
			[]string{"t 040755 0:0", "t/a.so 100644 0:0 a", "t/a.txt 100644 0:0 t"}},
		{"the contents of a folder", planner.Copy{Paths: []string{"/app/bin"}, Dest: "/b", KeepOwner: true},
			[]string{"b 040755 3:4", "b/one 100755 3:4 #!1", "b/two 104755 5:6 new"}},
		{"links inside a folder", planner.Copy{Paths: []string{"/app"}, Dest: "/b", Include: []string{"current", "abs"}},
			[]string{"b 040755 0:0", "b/abs 120777 0:0 -> /app/lib", "b/current 120777 0:0 -> bin/one"}},
		{"merged into a folder", planner.Copy{Paths: []string{"/app/bin"}, Dest: "/dir"}, []string{"dir 040755 0:0", "dir/one 100755 0:0 #!1", "dir/two 104755 0:0 new"}},
		{"wildcards", planner.Copy{Paths: []string{"/app/*/a.*", "/etc/c?nf"}, Dest: "/n/"},
			[]string{"n 040755 0:0", "n/a.so 100644 0:0 a", "n/a.txt 100644 0:0 t", "n/conf 100644 0:0 c"}},
		{"wildcards that name folders", planner.Copy{Paths: []string{"/app/[bl]i[nb]"}, Dest: "/n/", Exclude: []string{"deep/**"}},
			[]string{"n 040755 0:0", "n/a.so 100644 0:0 a", "n/a.txt 100644 0:0 t", "n/one 100755 0:0 #!1", "n/two 104755 0:0 new"}},
		{"what is included", planner.Copy{Paths: []string{"/app"}, Dest: "/n", Include: []string{"**/*.so"}, KeepOwner: true},
			[]string{"n 040755 0:0", "n/lib 040755 3:4", "n/lib/a.so 100644 3:4 a", "n/lib/deep 040755 3:4", "n/lib/deep/b.so 100644 3:4 b"}},
		{"what is not excluded", planner.Copy{Paths: []string{"/app/lib"}, Dest: "/n", Exclude: []string{"deep", "deep/**"}},
			[]string{"n 040755 0:0", "n/a.so 100644 0:0 a", "n/a.txt 100644 0:0 t"}},
		{"included and not excluded", planner.Copy{Paths: []string{"/app"}, Dest: "/n", Include: []string{"lib/**"}, Exclude: []string{"**/*.txt"}},
			[]string{"n 040755 0:0", "n/lib 040755 0:0", "n/lib/a.so 100644 0:0 a", "n/lib/deep 040755 0:0", "n/lib/deep/b.so 100644 0:0 b"}},
		{"nothing matches and that is fine", planner.Copy{Paths: []string{"/none"}, Dest: "/n"}, nil},
		{"nothing of an empty image", planner.Copy{Scratch: true, Paths: []string{"/"}, Dest: "/n"}, []string{"n 040755 0:0"}},
		{"dot dots in a path", planner.Copy{Paths: []string{"/../../app/../etc/conf"}, Dest: "/t"}, []string{"t 100644 0:0 c"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !tt.copy.Scratch {
				tt.copy.From = from
			}
			s := step(tt.name, base, planner.Op{Copy: &tt.copy})
			mustBuild(t, b, s)
			if diff := cmp.Diff(tt.want, entries(t, layerDir(t, b, s))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCopyGivesEveryFileTheTimeThatWasAskedFor(t *testing.T) {
	want := time.Date(2020, 5, 6, 7, 8, 9, 0, time.UTC)
	root := t.TempDir()
	b, err := Open(Options{Root: root, FileTime: want})
	must(t, err)
	defer b.Close()
	s := step("times", nil, copyOp("/a/b/", folder("src", map[string]string{"d/f": "1", "l": "->x"})), planner.Op{Mkdir: &planner.Mkdir{Path: "/m/n"}})
	mustBuild(t, b, s)
	dir := layerDir(t, b, s)
	for _, name := range []string{"a", "a/b", "a/b/d", "a/b/d/f", "a/b/l", "m", "m/n"} {
		var st unix.Stat_t
		must(t, unix.Lstat(dir+"/"+name, &st))
		if got := time.Unix(st.Mtim.Unix()); !got.Equal(want) {
			t.Errorf("%s has the time %s", name, got)
		}
	}
}

// TestEqualStepsGiveEqualBytes builds the same files in two storages, in another
// order and at another time.
func TestEqualStepsGiveEqualBytes(t *testing.T) {
	src := map[string]string{}
	for i := range 40 {
		src[fmt.Sprintf("d%d/f%d", i%7, i)] = strings.Repeat("x", i*100)
	}
	ids := map[string]bool{}
	for i := range 2 {
		b := open(t, nil)
		from := step("from", nil, copyOp("/src", folder("src", src)))
		from.Key = planner.Key(strings.Repeat("a", 64))
		mustBuild(t, b, from)
		two := step("two", from, planner.Op{Copy: &planner.Copy{From: from, Paths: []string{"/src"}, Dest: "/copy"}}, planner.Op{Mkdir: &planner.Mkdir{Path: "/m/n"}})
		two.Key = planner.Key(strings.Repeat("b", 64))
		mustBuild(t, b, two)
		done := publish(t, b, image("equal", two))
		layers, err := b.chain(string(two.Key))
		must(t, err)
		ids[fmt.Sprint(done.ID, done.Digest, layers[0].UncompressedDigest, layers[1].UncompressedDigest)] = true
		if i == 0 {
			time.Sleep(1100 * time.Millisecond) // another second in every time that is "now"
		}
	}
	if len(ids) != 1 {
		t.Errorf("two results: %v", slices.Collect(maps.Keys(ids)))
	}
}
