package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/strakebuild/strake/config/gittest"
)

func TestListAndLockOfIncludesHaveToBeCommitted(t *testing.T) {
	for _, name := range []string{"strake-includes.yaml", "strake-includes.lock"} {
		for _, tracked := range []bool{true, false} {
			t.Run(fmt.Sprint(name, tracked), func(t *testing.T) {
				remoteHost(t)
				r := includeProject(t, "includes:\n- {git: '%s', branch: main}\n", gittest.Repo(t, map[string]string{"a": "1"}))
				gittest.Commit(t, r.Root(), map[string]string{"strake-giterminism.yaml": "giterminismConfigVersion: 1\nconfig: {allowUncommitted: true}\n"})
				if !tracked {
					gittest.Git(t, r.Root(), "rm", "--quiet", "--cached", name)
					gittest.Git(t, r.Root(), "commit", "--quiet", "-m", "away")
				}
				gittest.Write(t, r.Root(), map[string]string{name: "includes: []\n"})
				in, err := r.Inputs(t.Context(), InputOptions{})
				if err != nil {
					t.Fatal(err)
				}
				_, err = in.Includes(t.Context(), false)
				if err == nil || !strings.Contains(err.Error(), name+`" must be committed`) {
					t.Errorf("got %v", err)
				}
			})
		}
	}
}

func TestLiveIncludesNeedPermission(t *testing.T) {
	remoteHost(t)
	r := includeProject(t, "includes:\n- {git: '%s', branch: main}\n", gittest.Repo(t, map[string]string{"a": "1"}))
	load := func() error {
		in, err := r.Inputs(t.Context(), InputOptions{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = in.Includes(t.Context(), true)
		return err
	}
	if err := load(); err == nil || !strings.Contains(err.Error(), "includes: {allowIncludesUpdate: true}") {
		t.Errorf("got %v", err)
	}
	gittest.Commit(t, r.Root(), map[string]string{"strake-giterminism.yaml": "giterminismConfigVersion: 1\nincludes: {allowIncludesUpdate: true}\n"})
	if err := load(); err != nil {
		t.Error(err)
	}
}
