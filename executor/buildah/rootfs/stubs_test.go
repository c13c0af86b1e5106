package rootfs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var targets = []Target{{"/proc", true}, {"/dev", true}, {"/run/strake", true}, {"/etc/hosts", false}, {"/etc/resolv.conf", false}}

func TestStubsLeaveNothing(t *testing.T) {
	tests := map[string]map[string]string{
		"nothing there":                     {},
		"everything there":                  {"proc/": "", "dev/": "", "run/strake/": "", "etc/hosts": "h", "etc/resolv.conf": "r"},
		"some of it there":                  {"run/": "", "etc/passwd": "p", "dev/null": ""},
		"links to files":                    {"etc/resolv.conf": "->../run/real", "run/real": "x"},
		"dangling relative link":            {"etc/resolv.conf": "->../run/systemd/resolve/stub-resolv.conf", "run/": ""},
		"dangling absolute link":            {"etc/resolv.conf": "->/run/resolvconf/resolv.conf"},
		"chain of dangling links":           {"etc/hosts": "->hosts2", "etc/hosts2": "->/h/hosts3", "h/hosts3": "->../deep/er/hosts"},
		"dangling link to a folder":         {"run": "->/var/run"},
		"a parent that is a link":           {"run": "->var/run", "var/run/": ""},
		"links above the root":              {"etc/hosts": "->../../../../../x/y", "dev": "->../../z"},
		"two dangling links to one place":   {"etc/hosts": "->/x", "etc/resolv.conf": "->/x"},
		"a dangling link in a dangling one": {"etc": "->/a/b", "a": "->/c"},
	}
	for name, before := range tests {
		t.Run(name, func(t *testing.T) {
			dir := tree(t, before)
			setTime(t, dir, early)
			want := append(list(t, dir), describeTop(t, dir))
			r := openRoot(t, dir)
			s, err := MakeStubs(r, targets)
			must(t, err)
			for _, target := range targets {
				if st, err := r.Stat(target.Path); err != nil || target.Dir != (st.Mode&0o170000 == 0o040000) {
					t.Errorf("%s: mode %o, %v", target.Path, st.Mode, err)
				}
			}
			must(t, s.Remove())
			if diff := cmp.Diff(want, append(list(t, dir), describeTop(t, dir))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func describeTop(t *testing.T, dir string) string {
	info, err := os.Lstat(dir)
	must(t, err)
	return describe(t, dir, ".", info)
}

func TestStubsKeepWhatACommandDid(t *testing.T) {
	dir := tree(t, nil)
	s, err := MakeStubs(openRoot(t, dir), targets)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "etc/hosts"), []byte("mine"), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "run/file"), []byte("mine"), 0o644))
	must(t, os.Remove(filepath.Join(dir, "proc")))
	must(t, os.WriteFile(filepath.Join(dir, "proc"), []byte("now a file"), 0o644))
	must(t, os.Remove(filepath.Join(dir, "dev")))
	must(t, s.Remove())
	var got []string
	for _, line := range list(t, dir) {
		got = append(got, strings.Fields(line)[0])
	}
	if diff := cmp.Diff([]string{`"etc"`, `"etc/hosts"`, `"proc"`, `"run"`, `"run/file"`}, got); diff != "" {
		t.Error(diff)
	}
}

func TestStubsRefuse(t *testing.T) {
	tests := []struct {
		name   string
		before map[string]string
		want   string
	}{
		{"a loop of links", map[string]string{"etc/hosts": "->hosts2", "etc/hosts2": "->hosts"}, "making the mount point /etc/hosts: "},
		{"a file in place of a parent", map[string]string{"etc": "a file"}, "making the mount point /etc/hosts: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t, tt.before)
			want := list(t, dir)
			_, err := MakeStubs(openRoot(t, dir), targets)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("error %v", err)
			}
			if diff := cmp.Diff(want, list(t, dir)); diff != "" {
				t.Errorf("something is left: %s", diff)
			}
		})
	}
}

func TestStubsStopAtALongChainOfLinks(t *testing.T) {
	entries := map[string]string{}
	for i := range 60 {
		entries[fmt.Sprintf("l%d/x", i)] = fmt.Sprintf("->/l%d/x", i+1)
	}
	_, err := MakeStubs(openRoot(t, tree(t, entries)), []Target{{Path: "/l0/x"}})
	if err == nil || !strings.Contains(err.Error(), "too many") {
		t.Error(err)
	}
}
