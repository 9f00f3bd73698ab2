package commands

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"exptool/internal/cli"
	"exptool/internal/schema"
	"exptool/repo"
)

// answer is a line of a file and what became of it, now or once its ticket says.
type answer struct {
	move
	ticket *repo.Ticket
	result repo.Result
	undone bool // would have been done, had no other line been refused
}

// answers are the rows of the answers, in the order of lines. It goes on to the end
// of them whatever happens: what is committed is told.
type answers struct {
	next     func() (answer, bool)
	stop     func()        // called once there is no going on
	progress *cli.Progress // counts answers; nil where something else does
	dryRun   bool

	values  [][]byte
	failed  error // why reading ended early
	started error // why no line was read; then there are no rows

	lines, given, replayed, refused, locked, working int64
	last                                             int64 // line that was answered
	moved                                            repo.Cents
	broken                                           error // why lines have no answer
	first                                            error // why the first that was refused was
	firstLine                                        int64
}

// answerColumns are the columns of answers.
var answerColumns = slices.Concat([]schema.Column{{Name: "line", Kind: schema.Int}}, moveColumns, []schema.Column{{Name: "reason", Kind: schema.Text}})

// Columns is schema.Rows'.
func (a *answers) Columns() []schema.Column { return answerColumns }

// Next is schema.Rows'.
func (a *answers) Next() bool {
	for {
		one, ok := a.next()
		if !ok {
			return false
		}
		r := one.result
		if one.ticket != nil {
			r = one.ticket.Wait(context.Background()) // a Batcher answers everybody
		}
		if one.ticket != nil && r.Err != nil && !isAnswer(r.Err) {
			if a.broken == nil {
				a.broken = r.Err
				a.stop()
			}
			continue
		}
		a.count(one, r)
		a.fill(one, r)
		return true
	}
}

// countRest counts what could not be written.
func (a *answers) countRest() {
	for a.Next() {
	}
}

// isAnswer reports whether an error says what became of a transfer: it was not
// done. After any other the connection is gone, or somebody has had enough.
func isAnswer(err error) bool {
	for _, kind := range []error{repo.ErrUsage, repo.ErrNotFound, repo.ErrRefused, repo.ErrConflict, repo.ErrTryAgain} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

func (a *answers) count(one answer, r repo.Result) {
	a.lines++
	a.last = one.line
	if a.progress != nil {
		a.progress.Add(1)
	}
	switch {
	case r.Err != nil:
		if a.refused++; a.first == nil {
			a.first, a.firstLine = r.Err, one.line
		}
		if errors.Is(r.Err, repo.ErrTryAgain) {
			a.locked++
		}
	case one.undone:
	case r.Replayed:
		a.replayed++
	default:
		a.given++
		a.moved += r.Sent
		if r.Working {
			a.working++
		}
	}
}

func (a *answers) fill(one answer, r repo.Result) {
	status, reason := statusOf(r), []byte(nil)
	if r.Err != nil {
		reason = []byte(r.Err.Error())
	} else if one.undone {
		status = statusNotDone
	}
	if r.Err != nil || one.undone || a.dryRun && !r.Replayed {
		r.Number = 0
	}
	a.values = moveValues(append(a.values[:0], strconv.AppendInt(nil, one.line, 10)), r, status)
	a.values = append(a.values, reason)
}

// Values is schema.Rows'.
func (a *answers) Values() [][]byte { return a.values }

// Err is schema.Rows'.
func (a *answers) Err() error { return a.started }

// Close is schema.Rows'.
func (a *answers) Close() error { return nil }
