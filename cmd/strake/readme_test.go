package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const maxReadmeLines = 180

func TestReadmeIsShort(t *testing.T) {
	if lines := strings.Count(readText(t, "../../README.md"), "\n"); lines > maxReadmeLines {
		t.Errorf("README.md has %d lines; at most %d", lines, maxReadmeLines)
	}
}

// TestReadmeShowsFilesAsTheyAre compares each block of the README that stands
// below a comment <!-- file: NAME --> with that file.
func TestReadmeShowsFilesAsTheyAre(t *testing.T) {
	block := regexp.MustCompile("(?s)<!-- file: (\\S+) -->\n```\\w*\n(.*?)```\n")
	found := block.FindAllStringSubmatch(readText(t, "../../README.md"), -1)
	if len(found) == 0 {
		t.Fatal("README.md shows no file")
	}
	for _, match := range found {
		t.Run(match[1], func(t *testing.T) {
			if diff := cmp.Diff(readText(t, "../../"+match[1]), match[2]); diff != "" {
				t.Errorf("README.md differs from the file (-file +README):\n%s", diff)
			}
		})
	}
}

// TestDocumentsNameWhatExists looks up the make targets and the files of links
// that the documents for people mention.
func TestDocumentsNameWhatExists(t *testing.T) {
	makefile := readText(t, "../../Makefile")
	target := regexp.MustCompile("`make ([a-z]+)`|(?m)^ *make ([a-z]+)")
	link := regexp.MustCompile(`\]\(([^):#]+)\)`)
	for _, name := range []string{"README.md", "CONTRIBUTING.md"} {
		text := readText(t, "../../"+name)
		for _, match := range target.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(makefile, "\n"+match[1]+match[2]+":") {
				t.Errorf("%s names make %s, which the Makefile does not have", name, match[1]+match[2])
			}
		}
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat("../../" + match[1]); err != nil {
				t.Errorf("%s has a link to nothing: %v", name, err)
			}
		}
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
