package repo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"exptool/internal/schema"
)

// Change is one value of one row, before and after.
type Change struct {
	Table string // key in schema.Schema.Tables
	Row   string // the row's primary key as Postgres prints it
	Kind  ChangeKind
	// Field is a column, or a dotted path into one that holds JSON; Old and New
	// are then the bytes at that path. nil is NULL, or a path to nothing.
	Field    string
	Old, New *string
	// OldType and NewType are the types in words, empty where there is no value.
	// They are for people and not kept.
	OldType, NewType string
}

// ChangeKind says what happened to the row of a Change.
type ChangeKind string

// The kinds of changes. Of an inserted or deleted row each column that is not
// NULL is a Change.
const (
	Updated  ChangeKind = "update"
	Inserted ChangeKind = "insert"
	Deleted  ChangeKind = "delete"
)

// ChangeOptions are how a change is to be made and what the journal says of it.
type ChangeOptions struct {
	WriteOptions
	Command   string // the command line
	Who       string // the user of the operating system; the database's is added
	Why       string
	NoJournal bool
	Undoes    int64 // the group that this one takes back
	// Zone is the time zone of the experiment where it is not the server's.
	Zone string
	// Check, where not nil, sees what is about to be committed and may refuse.
	Check func(*Outcome) error
}

// Outcome is what a change did, or in a dry run would do.
type Outcome struct {
	Changes []Change
	Rows    int      // that changed
	Same    int      // rows that already were as wished
	Group   int64    // in the journal; 0 where nothing is kept
	Notes   []string // what the user should know, a line each
	Warns   []string // what may go wrong with it, a line each
	Epoch   Epoch
}

// Change runs fn in a transaction in which it changes rows, notes in the journal
// what it changed, and commits unless this is a dry run or Check objects. fn may
// run up to three times, see Write. An error says that nothing was changed.
func (db *DB) Change(ctx context.Context, s *schema.Schema, o ChangeOptions, fn func(*Writer) error) (*Outcome, error) {
	var out *Outcome
	watch := db.watchLocks(ctx)
	err := db.Write(ctx, o.WriteOptions, func(tx *Tx) error {
		w := &Writer{Tx: tx, schema: s, out: &Outcome{}, changed: map[rowKey]bool{}}
		out = w.out
		if err := w.begin(ctx, o.Zone, watch); err != nil {
			return err
		}
		if err := fn(w); err != nil {
			return moved(err)
		}
		w.out.Rows = len(w.changed)
		if o.Check != nil {
			if err := o.Check(w.out); err != nil {
				return err
			}
		}
		if o.NoJournal || len(w.out.Changes) == 0 {
			return nil
		}
		return w.journal(ctx, o)
	})
	if err != nil {
		return nil, watch.explain(err)
	}
	watch.stop()
	return out, nil
}

// rowKey names a row.
type rowKey struct{ table, row string }

// Writer changes rows in one transaction and remembers what it changed.
type Writer struct {
	*Tx
	schema  *schema.Schema
	out     *Outcome
	changed map[rowKey]bool
	now     time.Time // when the transaction began, by the experiment's clock
}

// Note adds a line that the user should read, once.
func (w *Writer) Note(format string, args ...any) {
	if note := fmt.Sprintf(format, args...); !slices.Contains(w.out.Notes, note) {
		w.out.Notes = append(w.out.Notes, note)
	}
}

// Now is when the transaction began by the clock of the experiment, without a
// zone: what PsyNet writes as creation_time and time_of_death.
func (w *Writer) Now() time.Time { return w.now }

// begin reads who and where we are.
func (w *Writer) begin(ctx context.Context, zone string, watch *lockWatch) error {
	var first struct {
		PID int       `db:"pid"`
		Now time.Time `db:"now"`
	}
	err := w.Get(ctx, &first, `SELECT pg_backend_pid() AS pid,
       coalesce(now() AT TIME ZONE nullif($1, ''), LOCALTIMESTAMP) AS now`, zone)
	if err != nil {
		return err
	}
	watch.follow(first.PID)
	w.now = first.Now
	if w.out.Epoch, err = w.epoch(ctx); err != nil {
		return err
	}
	if t := w.schema.Tables["participant"]; t != nil && !t.View && int64(t.OID) != w.out.Epoch.OID {
		return &Error{Kind: ErrTryAgain, Message: "the experiment was launched anew a moment ago", Hint: "look again, then try again"}
	}
	return nil
}
