package recipe

// ScriptDir is the folder below which every Script of a Run appears.
const ScriptDir = "/run/strake"

// Run runs a command in the image's file system.
type Run struct {
	Args    []string
	Env     []string // all of the environment, "NAME=value"
	Dir     string
	User    string // as in USER; "" is 0:0
	Network string // "", "host", "none"
	Stdin   string // text given on standard input
	Scripts []Script
	Display string // what to print
}

// Script is a text that is visible to a Run as a read-only file and never part
// of its layer.
type Script struct {
	Path string // absolute, below ScriptDir
	Data string
	Mode uint32
}
