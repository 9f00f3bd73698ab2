package repo

import (
	"context"
	"fmt"
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
	Undoes  int64     `db:"undoes"`    // the group that it took back; 0: none
	Undone  int64     `db:"undone_by"` // the last group that took it back; 0: none
	Rows    int64     `db:"rows"`      // that changed
	Earlier bool      `db:"-"`         // it belongs to an earlier launch
}

// Logged is a Change as the journal has it.
type Logged struct {
	Change
	Group   int64
	At      time.Time
	Who     string
	Earlier bool // it belongs to an earlier launch
}

// HistoryOptions say which part of the journal is wanted.
type HistoryOptions struct {
	Table, Row string // of that table, of that row; empty: of all
	Group      int64  // 0: all groups
	Limit      int    // at most so many, the latest; 0: all
}

// inHistory is the condition of HistoryOptions, with its arguments in the order
// of historyArgs.
const inHistory = `($1::text = '' OR c.table_name = $1)
  AND ($2::text = '' OR c.row_id = $2)
  AND ($3::bigint = 0 OR c.group_id = $3)`

func (o HistoryOptions) args() []any { return []any{o.Table, o.Row, o.Group} }

// limit is LIMIT's clause.
func (o HistoryOptions) limit() string {
	if o.Limit == 0 {
		return ""
	}
	return fmt.Sprintf("\nLIMIT %d", o.Limit)
}

// History lists the groups of the journal, the latest first. A database without
// a journal has none.
func (tx *Tx) History(ctx context.Context, o HistoryOptions) ([]Group, error) {
	there, err := tx.ours(ctx, "change")
	if err != nil || !there {
		return nil, err
	}
	var groups []Group
	err = tx.Select(ctx, &groups, `SELECT c.group_id,
       c.epoch,
       coalesce(c.launch, '') AS launch,
       c.at,
       c.who,
       c.command,
       coalesce(c.why, '') AS why,
       coalesce(c.undoes, 0) AS undoes,
       coalesce((SELECT max(u.group_id) FROM exptool.change AS u WHERE u.undoes = c.group_id), 0) AS undone_by,
       count(DISTINCT (c.table_name, c.row_id)) AS rows
FROM exptool.change AS c
WHERE `+inHistory+`
GROUP BY c.group_id, c.epoch, c.launch, c.at, c.who, c.command, c.why, c.undoes
ORDER BY c.group_id DESC`+o.limit(), o.args()...)
	if err != nil {
		return nil, notOurs(err)
	}
	epoch, err := tx.epoch(ctx)
	for i := range groups {
		groups[i].Earlier = groups[i].OID != epoch.OID || groups[i].Launch != epoch.Launch
	}
	return groups, err
}

// Changes are the changes that the journal has, in the order in which they were
// made; of the latest with a limit.
func (tx *Tx) Changes(ctx context.Context, o HistoryOptions) ([]Logged, error) {
	there, err := tx.ours(ctx, "change")
	if err != nil || !there {
		return nil, err
	}
	var rows []struct {
		Group  int64     `db:"group_id"`
		OID    int64     `db:"epoch"`
		Launch string    `db:"launch"`
		At     time.Time `db:"at"`
		Who    string    `db:"who"`
		Table  string    `db:"table_name"`
		Row    string    `db:"row_id"`
		Kind   string    `db:"kind"`
		Field  string    `db:"field"`
		Old    *string   `db:"old"`
		New    *string   `db:"new"`
	}
	err = tx.Select(ctx, &rows, `SELECT group_id, epoch, launch, at, who, table_name, row_id, kind, field, old, new
FROM (
    SELECT c.id,
           c.group_id,
           c.epoch,
           coalesce(c.launch, '') AS launch,
           c.at,
           c.who,
           c.table_name,
           c.row_id,
           c.kind,
           c.field,
           c.old,
           c.new
    FROM exptool.change AS c
    WHERE `+inHistory+`
    ORDER BY c.id DESC`+o.limit()+`
) AS latest
ORDER BY id`, o.args()...)
	if err != nil {
		return nil, notOurs(err)
	}
	epoch, err := tx.epoch(ctx)
	all := make([]Logged, len(rows))
	for i, r := range rows {
		all[i] = Logged{
			Change: Change{Table: r.Table, Row: r.Row, Kind: ChangeKind(r.Kind), Field: r.Field, Old: r.Old, New: r.New},
			Group:  r.Group, At: r.At, Who: r.Who, Earlier: r.OID != epoch.OID || r.Launch != epoch.Launch,
		}
	}
	return all, err
}
