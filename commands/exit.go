package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"exptool/internal/cli"
	"exptool/internal/filter"
	"exptool/internal/schema"
	"exptool/repo"
)

// The exit codes. exits says what each means.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitSeveral     = 4
	exitConnect     = 5
	exitRefused     = 6
	exitTryAgain    = 7
	exitInterrupted = 130
)

// exit is a row of the table of exit codes.
type exit struct {
	code    int
	meaning string
	is      func(error) bool // errors of lower rooms that end so; nil: none
}

// exits maps errors to exit codes, here and nowhere else; `help exit-codes` and
// the README are made of it. The first row that knows an error has it, except
// that a *failure carries its own code. What no row knows is exitFailure.
func exits() []exit {
	return []exit{
		{exitOK, "done; also when the reader of a pipe went away, as head does", cli.IsBrokenPipe},
		{exitFailure, "failure of any other kind; also a query that took longer than --timeout", sentinel(repo.ErrTimeout)},
		{exitUsage, "wrong usage: a bad flag, expression, value, enum member, amount, configuration", wrongUsage},
		{exitNotFound, "not found: an unknown id, or --one found none", sentinel(repo.ErrNotFound)},
		{exitSeveral, "--one found several, or --expect or --expect-no-errors was missed", nil},
		{exitConnect, "no database, cannot connect, or not allowed", sentinel(cli.ErrNoDatabase, repo.ErrConnect, repo.ErrNotAllowed)},
		{exitRefused, "refused by a rule: not enough dollars, a status that may not change so, verify does not hold", sentinel(repo.ErrConflict, repo.ErrRefused)},
		{exitTryAgain, "try again: a lock was not free in time, or others were changing the same rows", sentinel(repo.ErrTryAgain)},
		{exitInterrupted, "interrupted with Ctrl-C", sentinel(repo.ErrCancelled, context.Canceled)},
	}
}

func sentinel(targets ...error) func(error) bool {
	return func(err error) bool {
		for _, target := range targets {
			if errors.Is(err, target) {
				return true
			}
		}
		return false
	}
}

func wrongUsage(err error) bool {
	var config *cli.ConfigError
	var expression *filter.Error
	var unknown *schema.UnknownError
	var ambiguous *schema.AmbiguousError
	var union *schema.UnionError
	return errors.As(err, &config) || errors.As(err, &expression) || errors.As(err, &unknown) ||
		errors.As(err, &ambiguous) || errors.As(err, &union) || errors.Is(err, repo.ErrUsage) || errors.Is(err, repo.ErrQuery)
}

// codeOf is the exit code of an error.
func codeOf(err error) int {
	if err == nil {
		return exitOK
	}
	var own *failure
	if errors.As(err, &own) {
		return own.code
	}
	for _, e := range exits() {
		if e.is != nil && e.is(err) {
			return e.code
		}
	}
	return exitFailure
}

// finish tells what went wrong and returns the exit code.
func (a *app) finish(ctx context.Context, err error) int {
	code := codeOf(err)
	if err != nil && ctx.Err() != nil && code != exitOK {
		code = exitInterrupted // whatever it was doing failed because of that
	}
	switch code {
	case exitOK:
	case exitInterrupted:
		a.streams.Talk("exptool: interrupted")
	default:
		first, rest, _ := strings.Cut(err.Error(), "\n")
		a.streams.Talk("exptool: %s", first+a.nextThing(err))
		for _, line := range append(nonEmpty(rest), details(err)...) {
			if !strings.Contains(first, line) { // what winding up met is often the same again
				a.streams.Talk("  %s", line)
			}
		}
	}
	return code
}

// nextThing is the hint of failures whose own room does not know our flags.
func (a *app) nextThing(err error) string {
	if unknown := (*schema.UnknownError)(nil); errors.As(err, &unknown) && len(unknown.Suggestions) == 0 {
		return "; exptool tables and exptool classes list what there is"
	}
	if errors.Is(err, repo.ErrTimeout) && !strings.Contains(err.Error(), "--timeout") && a.config != nil {
		return fmt.Sprintf("; give it longer than --timeout %s", a.config.Timeout)
	}
	return ""
}

// details are the lines that an error wants to have under its first one.
func details(err error) []string {
	var detailed interface{ Details() []string }
	if errors.As(err, &detailed) {
		return detailed.Details()
	}
	var database *repo.Error
	if errors.As(err, &database) {
		return nonEmpty(database.Detail)
	}
	return nil
}

func nonEmpty(text string) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return strings.Split(strings.TrimRight(text, "\n"), "\n")
}

// exitCodes is the table for people.
func exitCodes() string {
	var b strings.Builder
	for _, e := range exits() {
		fmt.Fprintf(&b, "%4d  %s\n", e.code, e.meaning)
	}
	return b.String()
}
