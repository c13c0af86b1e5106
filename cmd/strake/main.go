package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/strakebuild/strake/executor/buildah"
)

// version is set when a release is linked.
var version = "development"

// gcPercent trades a little processor time for a third less memory; what a build
// allocates is mostly short-lived buffers.
const gcPercent = 50

// Exit codes.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	if buildah.Reexec() {
		return
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := interruptible()
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// streams are where a command reads from and prints to.
type streams struct {
	in, out, err *os.File
}

// interrupted is the cause of a context that a signal ended.
type interrupted struct{ signal syscall.Signal }

func (i interrupted) Error() string { return "interrupted (" + i.signal.String() + ")" }

// code is the exit code that shells give to a program ended by the signal.
func (i interrupted) code() int { return 128 + int(i.signal) }

// again is how long after a first signal a second one counts as impatience: a
// key press can arrive twice, from the terminal and through a parent process.
const again = 300 * time.Millisecond

// interruptible returns a context that the first signal to stop ends. A second
// one ends the program at once; what is left over dies with it or is removed by
// the next run.
func interruptible() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	var first atomic.Int64
	go func() {
		for s := range signals {
			cause := interrupted{s.(syscall.Signal)}
			now := time.Now().UnixNano()
			if first.CompareAndSwap(0, now) {
				cancel(cause)
			} else if now-first.Load() > int64(again) {
				os.Exit(cause.code())
			}
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil) }
}

// exitCode maps the error of a command.
func exitCode(ctx context.Context, err error) int {
	var sig interrupted
	var code exitStatus
	switch {
	case errors.As(context.Cause(ctx), &sig):
		return sig.code()
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case isUsage(err):
		return exitUsage
	}
	return exitFailed
}

// exitStatus is the exit code of a command that was run on an image.
type exitStatus int

func (e exitStatus) Error() string { return "the command failed" }
