package config

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"gopkg.in/yaml.v3"

	"github.com/strakebuild/strake/config/gittest"
)

func TestIncludesThatCannotBeRead(t *testing.T) {
	lib := gittest.Repo(t, map[string]string{
		"a": "1", "loop@": ".", "out@": "../../etc/passwd", "lfs/.gitattributes": "*.bin filter=lfs\n",
		"lfs/x.bin": "version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 3\n",
	})
	module := gittest.Repo(t, map[string]string{"m": "1"})
	gittest.Git(t, lib, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", module, "mod")
	gittest.Commit(t, lib, nil)
	tests := map[string]struct{ keys, want string }{
		"add is not there":      {"add: /gone", "strake-includes.yaml:2:"},
		"add is missing":        {"add: /gone", "has no /gone at commit"},
		"nothing selected":      {"includePaths: [none]", "no file of"},
		"a file without a name": {"add: /a", "write to: /a"},
		"a link outwards":       {"includePaths: [out]", "the symbolic link out leads nowhere in the repository: leave it out with excludePaths"},
		"a link in a circle":    {"includePaths: [loop]", "leads to a folder that it is in"},
		"a submodule":           {"includePaths: [mod]", "mod is a git submodule, which cannot be included"},
		"git LFS":               {"includePaths: [lfs]", "lfs/x.bin is kept by git LFS"},
		"a branch that is gone": {"", "run strake includes update"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			remoteHost(t)
			r := includeProject(t, "includes:\n- {git: '%s', branch: main, "+test.keys+"}\n", lib)
			if test.keys == "" {
				gittest.Commit(t, r.Root(), map[string]string{"strake-includes.lock": "includes: [{git: '" + lib + "', branch: main, commit: " + strings.Repeat("1", 40) + "}]\n"})
			}
			_, err := LoadIncludes(t.Context(), treeInput(t, r))
			if err == nil || !strings.HasPrefix(err.Error(), "strake-includes.yaml:2:") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want something with %q", err, test.want)
			}
		})
	}
}

func TestIncludesFaults(t *testing.T) {
	const commit = "0123456789012345678901234567890123456789"
	tests := map[string]struct{ file, lock, want string }{
		"no list":             {file: "includes: text", want: "1:11: includes must be a list"},
		"not a mapping":       {file: "includes: [text]", want: "1:12: an include must be a mapping with the keys git, basicAuth,"},
		"unknown top key":     {file: "include: []", want: `1:1: unknown key "include"; did you mean "includes"?`},
		"unknown key":         {file: "includes: [{git: a/b, tag: v1, too: /x}]", want: `1:32: unknown key "too"; did you mean "to"?`},
		"no git":              {file: "includes: [{tag: v1}]", want: "1:12: git is missing"},
		"no ref":              {file: "includes: [{git: a/b}]", want: "1:12: an include needs exactly one of branch, tag and commit, this one has 0"},
		"two refs":            {file: "includes: [{git: a/b, tag: v1, branch: main}]", want: "1:12: an include needs exactly one of branch, tag and commit, this one has 2"},
		"short commit":        {file: "includes: [{git: a/b, commit: abc123}]", want: `1:31: "abc123" is not a commit: write all 40 digits`},
		"pattern as branch":   {file: "includes: [{git: a/b, branch: '*'}]", want: `1:31: "*" cannot be the name of a branch`},
		"relative add":        {file: "includes: [{git: a/b, tag: v1, add: lib}]", want: `1:37: add must be an absolute path: write "/lib"`},
		"to leaves":           {file: "includes: [{git: a/b, tag: v1, to: /../x}]", want: "1:36: to cannot contain .."},
		"add leaves":          {file: "includes: [{git: a/b, tag: v1, add: /x/..}]", want: "1:37: add cannot contain .."},
		"absolute glob":       {file: "includes: [{git: a/b, tag: v1, includePaths: [/x]}]", want: `1:47: the glob "/x" must be relative to add`},
		"glob leaves":         {file: "includes: [{git: a/b, tag: v1, excludePaths: ../x}]", want: `1:46: the glob "../x" leaves the folder`},
		"bad glob":            {file: "includes: [{git: a/b, tag: v1, excludePaths: ['[']}]", want: `1:47: "[" is not a valid glob`},
		"list as text":        {file: "includes: [{git: [a/b], tag: v1}]", want: "1:18: this must be text"},
		"transport program":   {file: "includes: [{git: 'ext::sh -c id', tag: v1}]", want: "1:18: addresses that name a program of git"},
		"option as address":   {file: "includes: [{git: --upload-pack=id, tag: v1}]", want: "1:18: the address of a repository cannot begin with -"},
		"git protocol":        {file: "includes: [{git: 'git://example.com/a/b', tag: v1}]", want: "1:18: repositories cannot be read by git: write https://"},
		"option as host":      {file: "includes: [{git: 'ssh://-oProxyCommand=id/x', tag: v1}]", want: "1:18: the address of the repository has no host"},
		"option as user":      {file: "includes: [{git: '-oProxyCommand=id@h:x', tag: v1}]", want: "cannot begin with -"},
		"option as path":      {file: "includes: [{git: 'git@example.com:-x', tag: v1}]", want: "1:18: the address of the repository has no host or no path"},
		"query":               {file: "includes: [{git: 'https://example.com/a?x=1', tag: v1}]", want: "1:18: the address of a repository cannot hold ? or #"},
		"password in address": {file: "includes: [{git: 'https://u:secret@example.com/a', tag: v1}]", want: "1:18: a password cannot stand in the address"},
		"auth over ssh":       {file: "includes: [{git: 'git@h:a', tag: v1, basicAuth: {username: u, password: {env: P}}}]", want: "1:49: basicAuth is for https addresses only"},
		"auth without user":   {file: "includes: [{git: 'https://h/a', tag: v1, basicAuth: {password: {env: P}}}]", want: "1:53: basicAuth needs a username"},
		"auth without secret": {file: "includes: [{git: 'https://h/a', tag: v1, basicAuth: {username: u}}]", want: "1:53: basicAuth needs a password"},
		"password as text":    {file: "includes: [{git: 'https://h/a', tag: v1, basicAuth: {username: u, password: p}}]", want: "1:77: password must be a mapping with the keys env, src, file, value"},
		"two passwords":       {file: "includes: [{git: 'https://h/a', tag: v1, basicAuth: {username: u, password: {env: P, value: x}}}]", want: "1:77: password needs exactly one of env, src, file and value, this one has 2"},
		"two documents":       {file: "includes: []\n---\nincludes: []\n", want: "3:1: the file can have one document only"},
		"broken YAML":         {file: "includes: [\n", want: "the YAML cannot be read"},
		"not text":            {file: "includes: \xff", want: "1:11: the byte 0xff is not UTF-8 text"},
		"a key twice":         {file: "includes: []\nincludes: []", want: "2:1: the key \"includes\" is given twice"},
		"nested aliases":      {file: "includes: &a [*a]", want: "is inside its own anchor"},
		"too large":           {file: strings.Repeat("# comment\n", 200_000), want: "more than the limit"},
		"no lock":             {file: "includes: [{git: a/b, tag: v1}]", want: "1:18: the file strake-includes.lock with the commit of each include is missing: run strake includes update"},
		"not in the lock":     {file: "includes: [{git: a/b, tag: v2}]", lock: "includes: [{git: a/b, tag: v1, commit: " + commit + "}]", want: "1:18: strake-includes.lock has no commit for the tag v2 of a/b: run strake includes update"},
		"other kind of ref":   {file: "includes: [{git: a/b, tag: v1}]", lock: "includes: [{git: a/b, branch: v1, commit: " + commit + "}]", want: "has no commit for the tag v1"},
		"lock without commit": {file: "includes: [{git: a/b, tag: v1}]", lock: "includes: [{git: a/b, tag: v1}]", want: "strake-includes.lock:1:12: commit is missing"},
		"lock with a word":    {file: "includes: [{git: a/b, tag: v1}]", lock: "includes: [{git: a/b, tag: v1, commit: main}]", want: `strake-includes.lock:1:40: "main" is not a commit`},
		"lock with two refs":  {file: "includes: [{git: a/b, tag: v1}]", lock: "includes: [{git: a/b, tag: v1, branch: x, commit: " + commit + "}]", want: "a branch or a tag, not both"},
		"lock in two minds":   {file: "includes: [{git: a/b, tag: v1}]", lock: "includes:\n- {git: a/b, tag: v1, commit: " + commit + "}\n- {git: a/b, tag: v1, commit: " + strings.Repeat("1", 40) + "}\n", want: "3:3: the tag v1 of a/b has two commits"},
		"lock unknown key":    {file: "includes: [{git: a/b, tag: v1}]", lock: "includes: [{git: a/b, tag: v1, comit: " + commit + "}]", want: `unknown key "comit"; did you mean "commit"?`},
	}
	remoteHost(t)
	r := projectRepo(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{"strake-includes.yaml": {Data: []byte(test.file)}}
			if test.lock != "" {
				files["strake-includes.lock"] = &fstest.MapFile{Data: []byte(test.lock)}
			}
			read := func(_ context.Context, name string) ([]byte, error) { return files.ReadFile(name) }
			_, err := LoadIncludes(t.Context(), IncludesInput{Repo: r, Read: read})
			var faults Errors
			if !errors.As(err, &faults) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want something with %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the password is shown: %v", err)
			}
		})
	}
}

// includesSchema compiles the schema that editors use for lists of includes.
func includesSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiled, err := jsonschema.Compile("../schema/strake-includes.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func TestSchemaAndDecoderRefuseTheSameShapesOfIncludes(t *testing.T) {
	const commit = "0123456789012345678901234567890123456789"
	tests := map[string]bool{ // whether both accept it
		"includes: []":                         true,
		"includes:":                            true,
		"{}":                                   true,
		"includes: [{git: a/b, branch: main}]": true,
		"includes: [{git: a/b, commit: '" + commit + "', add: /x, to: /y/z}]":                       true,
		"includes: [{git: a/b, tag: v1, includePaths: a, excludePaths: [b, 'c/**']}]":               true,
		"includes: [{git: 'https://h/a', tag: v1, basicAuth: {username: u, password: {env: P}}}]":   true,
		"includes: [{git: 'https://h/a', tag: v1, basicAuth: {username: u, password: {src: p}}}]":   true,
		"includes: [{git: 'https://h/a', tag: v1, basicAuth: {username: u, password: {file: p}}}]":  true,
		"includes: [{git: 'https://h/a', tag: v1, basicAuth: {username: u, password: {value: p}}}]": true,
		"include: []":                                                                      false,
		"includes: text":                                                                   false,
		"includes: [text]":                                                                 false,
		"includes: [{tag: v1}]":                                                            false,
		"includes: [{git: '', tag: v1}]":                                                   false,
		"includes: [{git: a/b}]":                                                           false,
		"includes: [{git: a/b, tag: v1, branch: b}]":                                       false,
		"includes: [{git: a/b, tag: v1, url: x}]":                                          false,
		"includes: [{git: a/b, tag: [v1]}]":                                                false,
		"includes: [{git: a/b, commit: abc}]":                                              false,
		"includes: [{git: a/b, tag: v1, add: x}]":                                          false,
		"includes: [{git: a/b, tag: v1, to: x}]":                                           false,
		"includes: [{git: a/b, tag: v1, includePaths: /x}]":                                false,
		"includes: [{git: a/b, tag: v1, includePaths: ['']}]":                              false,
		"includes: [{git: a/b, tag: v1, excludePaths: {a: b}}]":                            false,
		"includes: [{git: 'https://h/a', tag: v1, basicAuth: text}]":                       false,
		"includes: [{git: 'https://h/a', tag: v1, basicAuth: {username: u}}]":              false,
		"includes: [{git: 'https://h/a', tag: v1, basicAuth: {password: {env: P}}}]":       false,
		"includes: [{git: 'https://h/a', tag: v1, basicAuth: {username: u, password: p}}]": false,
		"includes: [{git: 'https://h/a', tag: v1, basicAuth: {username: u, password: {env: P, src: p}}}]":   false,
		"includes: [{git: 'https://h/a', tag: v1, basicAuth: {username: u, password: {src: P, file: p}}}]":  false,
		"includes: [{git: 'https://h/a', tag: v1, basicAuth: {username: u, password: {var: P}}}]":           false,
		"includes: [{git: 'https://h/a', tag: v1, basicAuth: {username: u, password: {env: P}, realm: x}}]": false,
	}
	compiled := includesSchema(t)
	r := projectRepo(t)
	for list, accepted := range tests {
		t.Run(list, func(t *testing.T) {
			var value any
			if err := yaml.Unmarshal([]byte(list), &value); err != nil {
				t.Fatal(err)
			}
			if err := compiled.Validate(value); (err == nil) != accepted {
				t.Errorf("schema: %v", err)
			}
			read := func(_ context.Context, name string) ([]byte, error) {
				if name != "strake-includes.yaml" {
					return nil, fs.ErrNotExist
				}
				return []byte(list), nil
			}
			if _, err := readIncludes(t.Context(), IncludesInput{Repo: r, Read: read}); (err == nil) != accepted {
				t.Errorf("decoder: %v", err)
			}
		})
	}
}
