package stapel

import "strings"

// scriptHead runs the rest under bash where there is one. An argument marks the
// second start; it is taken away again before the commands.
const scriptHead = `#!/bin/sh
if [ "$#" -gt 0 ]; then
	shift
elif command -v bash >/dev/null 2>&1; then
	exec bash "$0" bash
fi
set -e
`

// script is the text that runs commands one after the other and stops at the
// first that fails. It is a script of a POSIX shell, to be started without
// arguments by a path that can be opened again.
func script(commands []string) string {
	return scriptHead + strings.Join(commands, "\n") + "\n"
}
