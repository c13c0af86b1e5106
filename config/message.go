package config

import (
	"fmt"
	"strings"
	"unicode"
)

// plainLine formats a message. Line ends and other characters that cannot be seen,
// which values of the user may have, are written as escapes.
func plainLine(format string, args ...any) string {
	text := fmt.Sprintf(format, args...)
	if !strings.ContainsFunc(text, unicode.IsControl) {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		if !unicode.IsControl(r) {
			out.WriteRune(r)
			continue
		}
		quoted := fmt.Sprintf("%q", r)
		out.WriteString(quoted[1 : len(quoted)-1])
	}
	return out.String()
}
