package main

import (
	"encoding/json"
	"errors"
	"maps"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

type script = testscript.TestScript

// scriptCommands are the commands that scripts have besides those of testscript:
//
//	base                      build localhost/strake/busybox in the script's storage
//	repo [FOLDER]             make a git repository of a folder, with one commit
//	commit                    commit everything in the current folder
//	exits CODE PROGRAM ARG…   run a program that has to end with this exit code
//	built [IMAGE…]            in the last table, these are built and all others cached
//	started [IMAGE…]          in the last progress, steps of these have started, of no others
//	unchanged PROGRAM ARG…    run a program that must not change a file of the storage
//	keys [FLAG…]              remember the keys of all images
//	changed [FLAG…] [IMAGE…]  the keys of these differ from those remembered, and no others
//	inside IMAGE COMMAND      run a shell command on a built image
//	json                      the last output is one JSON value
var scriptCommands = map[string]func(ts *script, neg bool, args []string){
	"base": base, "repo": repo, "commit": commit, "exits": exits, "built": built, "started": started,
	"unchanged": unchanged, "keys": keys, "changed": changed, "inside": inside, "json": isJSON,
}

func base(ts *script, _ bool, _ []string) {
	project, err := baseProject()
	ts.Check(err)
	ts.Check(ts.Exec("strake", "build", "--dir", project))
}

func repo(ts *script, _ bool, args []string) {
	dir := ts.MkAbs(strings.Join(args, ""))
	ts.Check(ts.Exec("git", "-C", dir, "init", "--quiet"))
	commitAll(ts, dir)
}

func commit(ts *script, _ bool, _ []string) { commitAll(ts, ts.MkAbs(".")) }

func commitAll(ts *script, dir string) {
	ts.Check(ts.Exec("git", "-C", dir, "add", "--all"))
	ts.Check(ts.Exec("git", "-C", dir, "commit", "--quiet", "--allow-empty", "--message", "test"))
}

func exits(ts *script, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func built(ts *script, _ bool, want []string) {
	var got []string
	table := strings.Split(strings.TrimSpace(ts.ReadFile("stdout")), "\n")
	column := strings.Index(table[0], "STATE")
	if column < 0 {
		ts.Fatalf("stdout has no table")
	}
	for _, line := range table[1 : len(table)-1] {
		switch name, state := strings.Fields(line)[0], strings.Fields(line[column:])[0]; state {
		case "built":
			got = append(got, name)
		case "cached":
		default:
			ts.Fatalf("image %s is %s", name, state)
		}
	}
	sameNames(ts, "built", want, got)
}

func started(ts *script, _ bool, want []string) {
	seen := map[string]bool{}
	for line := range strings.Lines(ts.ReadFile("stderr")) {
		if rest, ok := strings.CutPrefix(line, "start "); ok {
			name, _, _ := strings.Cut(strings.TrimSpace(rest), ":")
			seen[name] = true
		}
	}
	sameNames(ts, "started", want, slices.Collect(maps.Keys(seen)))
}

func sameNames(ts *script, what string, want, got []string) {
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		ts.Fatalf("%s: %q, want %q", what, got, want)
	}
}

func unchanged(ts *script, _ bool, args []string) {
	before := storageListing(ts)
	err := ts.Exec(args[0], args[1:]...)
	ts.Check(err)
	if diff := cmp.Diff(before, storageListing(ts)); diff != "" {
		ts.Fatalf("files of the storage changed (-before +after):\n%s", diff)
	}
}

func storageListing(ts *script) []string {
	text, err := exec.Command("list-storage", ts.Getenv("STRAKE_ROOT")).CombinedOutput()
	if err != nil {
		ts.Fatalf("listing the storage: %v: %s", err, text)
	}
	return strings.Split(string(text), "\n")
}

// imageKeys is the name, among the values of a script, of a map from images to
// their keys.
type imageKeys struct{}

func keys(ts *script, _ bool, flags []string) {
	remembered := ts.Value(imageKeys{}).(map[string]string)
	clear(remembered)
	maps.Copy(remembered, planKeys(ts, flags))
}

func changed(ts *script, _ bool, args []string) {
	remembered := ts.Value(imageKeys{}).(map[string]string)
	var got, want, flags []string
	for _, arg := range args {
		if strings.HasPrefix(arg, "--") {
			flags = append(flags, arg)
		} else {
			want = append(want, arg)
		}
	}
	for name, key := range planKeys(ts, flags) {
		if remembered[name] != key {
			got = append(got, name)
		}
	}
	sameNames(ts, "keys changed", want, got)
}

func planKeys(ts *script, flags []string) map[string]string {
	ts.Check(ts.Exec("strake", append([]string{"plan", "--json"}, flags...)...))
	var plan struct {
		Images []struct{ Name, Key string }
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &plan))
	found := map[string]string{}
	for _, img := range plan.Images {
		found[img.Name] = img.Key
	}
	return found
}

func inside(ts *script, _ bool, args []string) {
	ts.Check(ts.Exec("strake", "run", args[0], "--", "sh", "-ec", strings.Join(args[1:], " ")))
}

func isJSON(ts *script, _ bool, _ []string) {
	var value any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &value))
}
