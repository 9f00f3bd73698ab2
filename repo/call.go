package repo

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"reflect"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// drainTime is how long the rest of an abandoned result is read before the
// statement is cancelled: a few rows end at once and the transaction lives on,
// an export into a closed pipe would go on for minutes.
const drainTime = 50 * time.Millisecond

// errSlow is the cause of a context that our time limit ended, errAbandoned of
// one whose rows nobody wants any more.
var (
	errSlow      = errors.New("no row in time")
	errAbandoned = errors.New("rows not wanted")
)

// call is one statement under way.
type call struct {
	tx      *Tx
	sql     string
	prefix  int // characters of ours before the caller's statement
	args    []any
	parent  context.Context
	ctx     context.Context
	cancel  context.CancelCauseFunc
	timer   *time.Timer
	begun   time.Time
	cancels int
	rows    *sql.Rows
	stmt    *sql.Stmt // closed after rows; nil without one
	read    bool      // there are no more rows
	ended   bool
	err     error
}

// start makes a statement ready to be sent: marked, bounded and cancellable.
func (tx *Tx) start(ctx context.Context, query string, args []any) (*call, error) {
	if ctx.Err() != nil {
		return nil, translate(ctx.Err(), tx.db.addr, 0)
	}
	if tx.broken {
		return nil, cmp.Or(tx.slow, error(&Error{Kind: ErrCancelled, Message: "the transaction has ended"}))
	}
	if len(args) > 0 { // they go with one statement only
		if err := tx.sendPrelude(ctx); err != nil {
			return nil, err
		}
	}
	prelude := tx.prelude
	tx.prelude = ""
	c := &call{tx: tx, sql: query, args: args, parent: ctx, begun: time.Now(), cancels: tx.db.dial.cancels()}
	if !strings.HasPrefix(query, mark) {
		c.sql, c.prefix = mark+prelude+query, len(mark)+len(prelude)
	}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	if tx.timeout > 0 {
		c.timer = time.AfterFunc(tx.timeout, func() { c.cancel(errSlow) })
	}
	return c, nil
}

// sendPrelude sends what was to go along with the first statement.
func (tx *Tx) sendPrelude(ctx context.Context) error {
	prelude := tx.prelude
	if tx.prelude = ""; prelude == "" {
		return nil
	}
	_, err := tx.Exec(ctx, prelude)
	return err
}

// answered is to be called when the first row, the end or an error is there:
// lib/pq returns no earlier.
func (c *call) answered(err error) {
	if c.timer != nil {
		c.timer.Stop()
	}
	if c.tx.db.show != nil {
		c.tx.db.show(Statement{SQL: c.sql, Args: c.args, Duration: time.Since(c.begun), Err: err})
	}
}

// end releases the statement and says what became of it.
func (c *call) end(err error) error {
	if c.ended {
		return c.err
	}
	c.ended = true
	if c.tx.open == c {
		c.tx.open = nil
	}
	if c.ctx.Err() != nil {
		c.tx.broken = true
		if errors.Is(context.Cause(c.ctx), errSlow) { // perhaps after a whole answer
			c.tx.slow = c.translate(errSlow)
		}
		c.tx.db.dial.waitCancelled(c.cancels)
	}
	c.err = c.translate(err)
	c.cancel(nil)
	return c.err
}

func (c *call) translate(err error) error {
	if err == nil {
		return nil
	}
	switch {
	case c.parent.Err() != nil:
		return &Error{Kind: ErrCancelled, Message: "interrupted", cause: c.parent.Err()}
	case errors.Is(context.Cause(c.ctx), errSlow):
		return &Error{
			Kind: ErrTimeout, cause: err,
			Message: "no answer within " + c.tx.timeout.String(),
			Hint:    "ask for less, or give it longer with --timeout",
		}
	}
	return translate(err, c.tx.db.addr, c.prefix)
}

// next goes to the next row.
func (c *call) next() bool {
	c.read = !c.rows.Next()
	return !c.read
}

// close ends the reading of rows. Where many are left it cancels the statement,
// because lib/pq would read them all; the transaction then is over. Where none is
// left nothing is cancelled, however slow this machine is.
func (c *call) close() error {
	if c.ended {
		return c.err
	}
	var timer *time.Timer
	if !c.read {
		timer = time.AfterFunc(drainTime, func() { c.cancel(errAbandoned) })
	}
	err := c.rows.Err() // what ended the reading; Close does not repeat it
	if closing := c.rows.Close(); err == nil {
		err = closing
	}
	if timer != nil {
		timer.Stop()
	}
	if c.stmt != nil && c.ctx.Err() == nil {
		_ = c.stmt.Close() // a name on the server, which goes with the connection at the latest
	}
	if errors.Is(context.Cause(c.ctx), errAbandoned) {
		err = nil
	}
	return c.end(err)
}

// Cursor is the rows of a statement, to be closed by whoever asked for them.
type Cursor struct {
	*sqlx.Rows
	call *call
}

// Next goes to the next row.
func (r *Cursor) Next() bool { return r.call.next() }

// Close ends the reading. Closing before the end is cheap, but ends the
// transaction too where much was left to read.
func (r *Cursor) Close() error { return r.call.close() }

// Scan reads the row. What ended the reading meanwhile is an *Error: a bare
// context.Canceled would pass for Ctrl-C.
func (r *Cursor) Scan(dest ...any) error { return r.call.translate(r.Rows.Scan(dest...)) }

// StructScan is Scan into a struct with db tags.
func (r *Cursor) StructScan(dest any) error { return r.call.translate(r.Rows.StructScan(dest)) }

// Err is what ended the reading early, as an *Error.
func (r *Cursor) Err() error { return r.call.translate(r.Rows.Err()) }

// scalar reports whether dest takes one value rather than a struct's fields.
func scalar(dest any) bool {
	if _, ok := dest.(sql.Scanner); ok {
		return true
	}
	t := reflect.TypeOf(dest)
	if t.Kind() != reflect.Pointer {
		return true
	}
	return t.Elem().Kind() != reflect.Struct || t.Elem() == reflect.TypeFor[time.Time]()
}
