package dockerfile

import (
	"errors"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// maxExpanded bounds what a text can grow to when its variables are filled in,
// in bytes. Without it a few lines that double a variable fill all memory.
const maxExpanded = 4 << 20

// expand replaces variables in a word and takes its quotes away.
func (f *File) expand(word string, env []string) (string, error) {
	if err := checkGrowth(word, env); err != nil {
		return "", err
	}
	result, _, err := shell.NewLex(f.escape).ProcessWord(word, environment(env))
	return result, err
}

// expandWords is expand for a word that may become several.
func (f *File) expandWords(word string, env []string) ([]string, error) {
	if err := checkGrowth(word, env); err != nil {
		return nil, err
	}
	return shell.NewLex(f.escape).ProcessWords(word, environment(env))
}

// expandText replaces variables in the body of a heredoc and leaves quotes.
func expandText(text string, env []string) (string, error) {
	if err := checkGrowth(text, env); err != nil {
		return "", err
	}
	lex := shell.NewLex('\\')
	lex.SkipProcessQuotes = true
	result, _, err := lex.ProcessWord(text, environment(env))
	return result, err
}

// checkGrowth refuses a text that may become too long: every reference counts as
// the longest variable.
func checkGrowth(text string, env []string) error {
	longest := 0
	for _, entry := range env {
		longest = max(longest, len(entry))
	}
	if references := strings.Count(text, "$"); references > 0 && references*longest > maxExpanded {
		return errors.New("the text is too long after its variables are filled in")
	}
	return nil
}
