package sandbox

// Importing C compiles sandbox.c in; nothing of it is called from Go.

// #cgo CFLAGS: -O2 -Wall
import "C"
