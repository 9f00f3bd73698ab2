package repo

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// defaultLockTimeout bounds waiting for a lock where nothing is said: reading
// waits only while the experiment relaunches.
const defaultLockTimeout = 5 * time.Second

// ReadOptions are how a read transaction is to be. The zero value is good.
type ReadOptions struct {
	// Timeout bounds each statement's time to its first row, and no more: a
	// long export or a slow reader is not cut off. 0: no bound.
	Timeout     time.Duration
	LockTimeout time.Duration // 5 s where 0
	// Repeatable gives all statements the same snapshot.
	Repeatable bool
	// Snapshot is one that another transaction gave away and still holds; it needs
	// Repeatable.
	Snapshot string
	// Prepare are statements that run before the transaction turns read-only,
	// in the same round trip: CREATE FUNCTION pg_temp.… They cannot run on a
	// replica.
	Prepare []string
}

// WriteOptions are how a writing transaction is to be. The zero value is good.
type WriteOptions struct {
	Timeout     time.Duration // bounds each statement; 0: no bound
	LockTimeout time.Duration // 5 s where 0
	DryRun      bool          // ends in ROLLBACK
	// together sends the BEGIN along with the first statement, which so must have no
	// arguments to gain a round trip. A connection that died in the pool then fails
	// there, and is not replaced.
	together bool
}

// Tx is a transaction on a connection of its own. It is for one goroutine, and
// one result at a time.
type Tx struct {
	db      *DB
	conn    *sqlx.Conn
	timeout time.Duration
	prelude string // sent before the first statement
	open    *call  // the statement whose rows are being read
	broken  bool   // cancelled: nothing more can be sent
	slow    error  // why, where it was the time limit
	ended   bool   // committed already
}

// Read runs fn in a transaction that only reads, begun in one round trip and
// always rolled back.
func (db *DB) Read(ctx context.Context, o ReadOptions, fn func(*Tx) error) error {
	return db.transact(ctx, readBegin(o), o.Timeout, false, "ROLLBACK", fn)
}

// Begin is Read without a function to run: the caller ends the transaction.
func (db *DB) Begin(ctx context.Context, o ReadOptions) (*Tx, error) {
	return db.begin(ctx, readBegin(o), o.Timeout, false)
}

// End rolls a transaction of Begin back.
func (tx *Tx) End(ctx context.Context) {
	tx.rollback(ctx)
	tx.release(ctx)
}

// writeTries is how often a transaction is tried that others were in the way of.
const writeTries = 3

// Write runs fn in a transaction that is committed when fn returns nil and it
// is no dry run. After a deadlock or a serialisation failure it runs fn again, in
// a new transaction, three times in all. Where a server, a database or a role is
// set to read only, it stays so; another isolation than ours is not taken over,
// because what waited for a lock must then see what others have committed.
func (db *DB) Write(ctx context.Context, o WriteOptions, fn func(*Tx) error) error {
	begin := "BEGIN ISOLATION LEVEL READ COMMITTED"
	end := "COMMIT"
	if o.DryRun {
		end = "ROLLBACK"
	}
	for try := 1; ; try++ {
		set := settings(o.LockTimeout)
		if o.together {
			set = ledgerSettings(o.LockTimeout)
		}
		err := db.transact(ctx, begin+";"+set, o.Timeout, o.together, end, fn)
		var e *Error
		if !errors.As(err, &e) || e.Code != "40001" && e.Code != "40P01" || try == writeTries {
			return err
		}
	}
}

func readBegin(o ReadOptions) string {
	var b strings.Builder
	b.WriteString("BEGIN")
	if o.Repeatable {
		b.WriteString(" ISOLATION LEVEL REPEATABLE READ")
	}
	if len(o.Prepare) == 0 {
		b.WriteString(" READ ONLY;")
		if o.Snapshot != "" {
			b.WriteString(" SET TRANSACTION SNAPSHOT " + pq.QuoteLiteral(o.Snapshot) + ";")
		}
	} else {
		b.WriteString(" READ WRITE;")
		for _, s := range o.Prepare {
			b.WriteString("\n" + strings.TrimRight(strings.TrimSpace(s), ";") + ";")
		}
		b.WriteString("\nSET TRANSACTION READ ONLY;")
	}
	b.WriteString(settings(o.LockTimeout))
	return b.String()
}

// settings are what every transaction of ours sets. statement_timeout counts
// until the last row has been sent, so a role's own would cut off long exports;
// our time limit is kept here, by cancelling. A role's or a database's own way to
// print values is not for us: we read them, and a float must come whole.
func settings(lock time.Duration) string {
	return " SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = " + milliseconds(lock) +
		"; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = hex" +
		"; SET LOCAL intervalstyle = postgres; SET LOCAL quote_all_identifiers = off" +
		"; SET LOCAL standard_conforming_strings = on; SET LOCAL array_nulls = on"
}

// milliseconds is a lock timeout as SET takes it; 0 would be none.
func milliseconds(lock time.Duration) string {
	if lock == 0 {
		lock = defaultLockTimeout
	}
	return strconv.FormatInt(max(1, lock.Milliseconds()), 10)
}

// ledgerSettings are those of settings that a batch of the ledger needs; and its
// functions shall not be planned anew because the planner hopes for a better plan
// than that for lists of any length.
func ledgerSettings(lock time.Duration) string {
	return " SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = " + milliseconds(lock) +
		"; SET LOCAL extra_float_digits = 1; SET LOCAL array_nulls = on; SET LOCAL plan_cache_mode = force_generic_plan"
}

func (db *DB) transact(ctx context.Context, begin string, timeout time.Duration, together bool, end string, fn func(*Tx) error) error {
	tx, err := db.begin(ctx, begin, timeout, together)
	if err != nil {
		return err
	}
	committed := false
	defer func() {
		if !committed { // fn failed or panicked
			tx.rollback(ctx)
		}
		tx.release(ctx)
	}()
	if err := fn(tx); err != nil {
		return err
	}
	if tx.ended {
		committed = true
		return nil
	}
	if end == "ROLLBACK" {
		return nil
	}
	if tx.broken {
		return cmp.Or(tx.slow, error(&Error{Kind: ErrCancelled, Message: "interrupted, nothing was changed"}))
	}
	if _, err := tx.Exec(ctx, end); err != nil {
		return inDoubt(err)
	}
	committed = true
	return nil
}

// inDoubt is the error of a COMMIT whose answer did not arrive.
func inDoubt(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Kind != ErrConnect && e.Kind != ErrCancelled {
		return err
	}
	return &Error{Kind: e.Kind, Code: e.Code, cause: err,
		Message: "it is not known whether it was changed: " + e.Message + " while it was committed", Hint: "look with exptool history, or with exptool verify where it is about dollars"}
}

// begin opens the transaction, or with together leaves it to the first statement. A
// connection that died while it lay in the pool shows now, and is replaced.
func (db *DB) begin(ctx context.Context, begin string, timeout time.Duration, together bool) (*Tx, error) {
	for attempt := 0; ; attempt++ {
		conn, err := db.connect(ctx)
		if err != nil {
			return nil, err
		}
		tx := &Tx{db: db, conn: conn, timeout: timeout}
		if together {
			tx.prelude = begin + ";\n"
			return tx, nil
		}
		_, err = tx.Exec(ctx, begin)
		if err == nil {
			return tx, nil
		}
		tx.broken = true
		tx.release(ctx)
		if !errors.Is(err, driver.ErrBadConn) || attempt >= 4 {
			return nil, err
		}
	}
}

// rollback ends the transaction where the connection still works.
func (tx *Tx) rollback(ctx context.Context) {
	tx.closeOpen()
	if tx.broken || ctx.Err() != nil {
		tx.broken = true
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if _, err := tx.Exec(ctx, "ROLLBACK"); err != nil {
		tx.broken = true
	}
}

// release gives the connection back to the pool, or closes it where it may hold
// a half-done statement.
func (tx *Tx) release(context.Context) {
	tx.closeOpen()
	if tx.broken {
		_ = tx.conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	_ = tx.conn.Close() // nothing is lost with it
}

func (tx *Tx) closeOpen() {
	if tx.open != nil {
		_ = tx.open.close() // whoever opened it has heard of its error or given up
	}
}

// Exec runs a statement that returns no rows, or whose rows do not matter.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	c, err := tx.start(ctx, query, args)
	if err != nil {
		return nil, err
	}
	result, err := tx.conn.ExecContext(c.ctx, c.sql, args...)
	c.answered(err)
	return result, c.end(err)
}

// Query runs a statement and returns its rows, which the caller must close. One
// result can be open at a time.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*Cursor, error) {
	c, err := tx.start(ctx, query, args)
	if err != nil {
		return nil, err
	}
	rows, err := tx.conn.QueryxContext(c.ctx, c.sql, args...)
	c.answered(err)
	if err != nil {
		return nil, c.end(err)
	}
	c.rows = rows.Rows
	tx.open = c
	return &Cursor{Rows: rows, call: c}, nil
}

// Get reads the first row into dest, a struct with db tags or a scalar;
// ErrNotFound without one.
func (tx *Tx) Get(ctx context.Context, dest any, query string, args ...any) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return &Error{Kind: ErrNotFound, Message: "no such row"}
	}
	if scalar(dest) {
		err = rows.Scan(dest)
	} else {
		err = rows.StructScan(dest)
	}
	if err != nil {
		return err
	}
	rows.Next() // the end, mostly
	return rows.Close()
}

// getAndCommit is Get of a statement without arguments, with the COMMIT sent along:
// it is the last one of its transaction.
func (tx *Tx) getAndCommit(ctx context.Context, dest any, query string) error {
	rows, err := tx.Query(ctx, query+";\nCOMMIT")
	if err != nil {
		return inDoubt(err)
	}
	if rows.Next() {
		err = rows.Scan(dest)
	}
	for rows.NextResultSet() { // the answer to COMMIT
	}
	if err = errors.Join(err, rows.Close()); err != nil {
		return inDoubt(translate(err, tx.db.addr, 0))
	}
	tx.ended = true
	return nil
}

// Select reads all rows into dest, a pointer to a slice of structs with db tags
// or of scalars.
func (tx *Tx) Select(ctx context.Context, dest any, query string, args ...any) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if err := sqlx.SelectContext(ctx, ready{rows: rows.Rows}, dest, ""); err != nil {
		return rows.call.translate(err)
	}
	rows.call.read = true
	return rows.Close()
}

// ready hands sqlx a result that is there already: it has no other way to scan
// a slice of scalars.
type ready struct {
	sqlx.QueryerContext
	rows *sqlx.Rows
}

// QueryxContext is sqlx.QueryerContext's.
func (r ready) QueryxContext(context.Context, string, ...any) (*sqlx.Rows, error) { return r.rows, nil }
