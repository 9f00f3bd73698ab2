package repo

import (
	"context"
	"time"
)

// Group is what one command changed, as the journal has it.
type Group struct {
	Number  int64     `db:"group_id"`
	OID     int64     `db:"epoch"`
	Launch  string    `db:"launch"`
	At      time.Time `db:"at"`
	Who     string    `db:"who"`
	Command string    `db:"command"`
	Why     string    `db:"why"`
	Undoes  int64     `db:"undoes"`    // the group it took back; 0: none
	Undone  int64     `db:"undone_by"` // the group that took it back; 0: none
	Rows    int64     `db:"rows"`      // that changed
	Fields  int64     `db:"fields"`
}

// HistoryOptions say which part of the journal is wanted.
type HistoryOptions struct {
	Table, Row string // of that table, of that row; empty: of all
	Group      int64  // 0: of all groups
	Earlier    bool   // also what was changed in earlier launches
	Limit      int    // at most so many groups, the latest; 0: all
}

// History lists the groups of the journal, the latest first, and says whether the
// present launch is not the only one. A database without a journal has none.
func (tx *Tx) History(ctx context.Context, o HistoryOptions) (groups []Group, others bool, err error) {
	panic("to be written")
}

// GroupChanges are the changes of groups, in the order in which they were made.
func (tx *Tx) GroupChanges(ctx context.Context, o HistoryOptions) ([]Change, error) {
	panic("to be written")
}
