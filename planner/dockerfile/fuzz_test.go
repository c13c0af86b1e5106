package dockerfile

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/strakebuild/strake/config"

	"github.com/rogpeppe/go-internal/txtar"
)

// FuzzFrontEnd looks for texts that make the front end panic. Its seeds are the
// golden cases and texts that are unlikely to be written.
func FuzzFrontEnd(f *testing.F) {
	archives, _ := filepath.Glob("testdata/*.txtar")
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if strings.HasSuffix(file.Name, "/Dockerfile") {
				f.Add(string(file.Data))
			}
		}
	}
	for _, text := range []string{
		"FROM", "FROM ''", "FROM \"", "FROM a AS", "FROM a\nCOPY <<", "FROM a\nRUN <<\n", "FROM a\nRUN <<EOF", "#\n#syntax=x\nFROM a",
		"\xef\xbb\xbf# escape=\\\nFROM a", "FROM a\nHEALTHCHECK", "FROM a\nONBUILD", "FROM a\nONBUILD ONBUILD RUN x", "FROM a\nCMD", "FROM a\nENTRYPOINT []",
		"FROM a\nSHELL []", "FROM a\nEXPOSE :", "FROM a\nEXPOSE \"\"", "FROM a\nUSER :", "FROM a\nLABEL =", "FROM a\nENV =b", "FROM a\nARG =", "ARG\nFROM a",
		"FROM a\nCOPY [] /", "FROM a\nCOPY [\"\", \"\"]", "FROM a\nCOPY . ", "FROM a\nADD <<a <<b /\na\nb", "FROM a\nCOPY --chown= --chmod= . /", "FROM 0", "FROM -1\nFROM 0",
		"FROM a\n\x00", "FROM a\nRUN " + strings.Repeat("\\\n", 100), "FROM a\nENV A=${A:-${B:-${C}}}", "FROM a\nVOLUME []", "FROM a\nSTOPSIGNAL", "FROM a\nRUN --mount=", "FROM --platform= a",
	} {
		f.Add(text)
	}
	files, err := OpenContext(f.Context(), config.NewInputs(openTree(f, contextFiles())), "app", "app/Dockerfile")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out, err := evaluate(t.Context(), text, "", files)
		if err == nil && !strings.Contains(out, "= {") {
			t.Errorf("no stage and no error for %q", text)
		}
		if err != nil && strings.ContainsRune(err.Error(), '\n') {
			t.Errorf("the error has several lines: %q", err)
		}
	})
}
