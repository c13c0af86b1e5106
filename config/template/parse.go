package template

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"text/template/parse"
)

// tree is a parsed template and the source it stands in.
type tree struct {
	source *source
	parsed *parse.Tree
}

// parseSource parses a source and adds its templates to the set: the whole text
// as name, and the blocks that it defines.
func (r *renderer) parseSource(src *source, name string) ([]tree, error) {
	if src.parts.tooDeep >= 0 {
		return nil, r.faultAt(src, src.parts.tooDeep, fmt.Sprintf("blocks lie more than %d deep in each other, the bound on nesting", maxNesting))
	}
	parsed, err := r.trees(src, src.parsable())
	if err != nil {
		return nil, r.parseFault(src, err)
	}
	names := slices.Sorted(maps.Keys(parsed))
	// The text as a whole wins over a block of the same name.
	names = append(slices.DeleteFunc(names, func(n string) bool { return n == src.key() }), src.key())
	var list []tree
	for _, defined := range names {
		t := parsed[defined]
		if defined == src.key() {
			defined = name
		}
		if _, err := r.set.AddParseTree(defined, t); err != nil {
			return nil, r.faultAt(src, 0, err.Error())
		}
		list = append(list, tree{src, t})
	}
	return list, nil
}

// key is the name of a source for the parser. Its errors begin with it.
func (s *source) key() string { return "#" + strconv.Itoa(s.id) }

// trees parses a text, or the beginning of one, that stands for src.
func (r *renderer) trees(src *source, text string) (map[string]*parse.Tree, error) {
	trees := map[string]*parse.Tree{}
	_, err := parse.New(src.key()).Parse(text, "", "", trees, r.functions.known)
	return trees, err
}

// parseFault places an error of the parser, which knows a line and no column. The
// action at fault is the first one at which the text up to there has the same
// error.
func (r *renderer) parseFault(src *source, err error) *Error {
	line, text := parserMessage(src, err)
	if strings.Contains(text, "unexpected EOF") && len(src.parts.open) > 0 {
		return r.faultAt(src, src.parts.open[len(src.parts.open)-1], "this block has no {{ end }}")
	}
	a := r.faultyAction(src, line, text)
	return r.faultAt(src, a.start+wordAt(src.text[a.start:a.end], text), r.explainParse(text))
}

func (r *renderer) faultyAction(src *source, line int, text string) span {
	const attempts = 200 // a line has fewer actions, and each attempt reads the text
	list := src.parts.actions
	first := sort.Search(len(list), func(i int) bool { return src.place(list[i].end).Line >= line })
	list = list[min(first, max(len(list)-1, 0)):]
	for _, a := range list[:min(len(list), attempts)] {
		_, err := r.trees(src, src.parsable()[:a.end])
		if _, same := parserMessage(src, err); err != nil && same == text {
			return a
		}
	}
	if len(list) == 0 {
		return span{}
	}
	return list[0]
}

// parserMessage splits "template: #3:12: text".
func parserMessage(src *source, err error) (line int, text string) {
	if err == nil {
		return 0, ""
	}
	text = err.Error()
	rest, ok := strings.CutPrefix(text, "template: "+src.key()+":")
	if !ok {
		return 0, strings.TrimPrefix(text, "template: ")
	}
	number, text, _ := strings.Cut(rest, ": ")
	line, _ = strconv.Atoi(number)
	return line, strings.ReplaceAll(strings.TrimPrefix(text, "template: "), " at "+src.key()+":", " at line ")
}

// wordAt returns where in an action the word lies that a message quotes, 0 when
// there is none.
func wordAt(action, message string) int {
	if message == looseColon {
		return max(0, colonAt(action))
	}
	_, rest, ok := strings.Cut(message, "function \"")
	word, _, closed := strings.Cut(rest, "\"")
	if !ok || !closed {
		return 0
	}
	at := regexp.MustCompile(`\b` + regexp.QuoteMeta(word) + `\b`).FindStringIndex(action)
	if at == nil {
		return 0
	}
	return at[0]
}

// looseColon is the parser's message for a colon that is not the one of :=.
const looseColon = "expected :="

// colonAt finds the first such colon of an action outside quotes, -1 for none.
func colonAt(action string) int {
	quote := byte(0)
	for i := 0; i < len(action); i++ {
		switch c := action[i]; {
		case quote != 0 && c == '\\' && quote != '`':
			i++
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '`' || c == '\''):
			quote = c
		case quote == 0 && c == ':' && !strings.HasPrefix(action[i:], ":="):
			return i
		}
	}
	return -1
}

// explainParse says a message of the parser in the words of this package.
func (r *renderer) explainParse(text string) string {
	if name, ok := quoted(text, "function ", " not defined"); ok {
		return "unknown function " + strconv.Quote(name) + hint(name, r.functions.names())
	}
	if name, ok := quoted(text, "undefined variable ", ""); ok {
		return "unknown variable " + name
	}
	switch {
	case text == looseColon:
		return `":" cannot stand here: variables are set with :=, and arguments are separated by blanks`
	case strings.Contains(text, "unclosed action"):
		return "this action has no }}"
	case strings.Contains(text, "unclosed comment"):
		return "this comment has no */}}"
	case strings.HasPrefix(text, "unexpected {{end}}"):
		return "this {{ end }} ends no block"
	case strings.HasPrefix(text, "unexpected {{else}}"):
		return "this {{ else }} belongs to no block"
	}
	return text
}

// quoted returns the quoted text between two others.
func quoted(text, before, after string) (string, bool) {
	rest, ok := strings.CutPrefix(text, before)
	if !ok || !strings.HasSuffix(rest, after) {
		return "", false
	}
	name, err := strconv.Unquote(strings.TrimSuffix(rest, after))
	return name, err == nil
}
