// Package commands is the command line of exptool: one file a command, each
// with its options, its constructor and its run function; main.go runs the
// tree, exit.go maps errors to exit codes.
package commands

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"exptool/internal/cli"
)

// Main runs exptool with the process's arguments, streams and signals, and
// returns the exit code.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first Ctrl-C ends the context, and everybody winds up; from then on
	// signals act as usual, so that a second one kills.
	context.AfterFunc(ctx, stop)
	return run(ctx, newApp(cli.System(), time.Now), os.Args[1:])
}

// run executes a command line and returns the exit code.
func run(ctx context.Context, a *app, args []string) (code int) {
	defer func() {
		if p := recover(); p != nil {
			code = a.panicked(p)
		}
	}()
	a.args = args
	root := newRoot(a)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	// What was written before a failure belongs to the output, too.
	if flushed := a.streams.Flush(); err == nil {
		err = flushed
	}
	return a.finish(ctx, err)
}

// panicked reports a bug of ours in one line.
func (a *app) panicked(p any) int {
	a.streams.Talk("exptool: internal error: %v; please report it, with what EXPTOOL_DEBUG=1 adds", p)
	if os.Getenv("EXPTOOL_DEBUG") != "" {
		a.streams.Block(string(debug.Stack()))
	}
	return exitFailure
}
