package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseUlimits(t *testing.T) {
	tests := map[string]struct {
		want []string
		err  string
	}{
		"":                              {},
		" ":                             {},
		"nofile=1024":                   {want: []string{"nofile=1024:1024"}},
		"nofile:1024:2048":              {want: []string{"nofile=1024:2048"}},
		"nofile=1024:2048, nproc : 5":   {want: []string{"nofile=1024:2048", "nproc=5:5"}},
		"core=unlimited":                {want: []string{"core=-1:-1"}},
		"core=0:-1":                     {want: []string{"core=0:-1"}},
		"nofile":                        {err: `want type=soft or type=soft:hard, found "nofile"`},
		"nofile=1024,":                  {err: "want type=soft"},
		"nofile=":                       {err: `found ""`},
		"nofile=-2":                     {err: `found "-2"`},
		"nofile=1:2:3":                  {err: `found "2:3"`},
		"nofile=99999999999999999999":   {err: "want a number"},
		"nofile=5:4":                    {err: "the hard limit 4 is below the soft limit 5"},
		"nofile=unlimited:4":            {err: "the hard limit 4 is below the soft limit unlimited"},
		"NOFILE=5":                      {err: `did you mean "nofile"?`},
		"files=5":                       {err: "allowed: core, cpu, data, fsize, locks, memlock, msgqueue, nice, nofile, nproc, rss, rtprio, rttime, sigpending, stack"},
		"nofile=5:5,nproc=1,memlok=1:2": {err: `did you mean "memlock"?`},
	}
	for text, test := range tests {
		t.Run(text, func(t *testing.T) {
			got, err := ParseUlimits(text)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("got %v, want something with %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
