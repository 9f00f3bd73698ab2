package repo

import (
	"context"
	"fmt"
	"slices"

	"exptool/internal/filter"
	"exptool/internal/schema"
)

// Set assigns to fields of the target's rows.
func (w *Writer) Set(ctx context.Context, target Target, assignments []*filter.Assignment) error {
	t := target.Query.Entity.Table
	if err := refuseMoney(t, assignments); err != nil {
		return err
	}
	key, err := KeyOf(t)
	if err != nil {
		return err
	}
	var columns []string
	fields := make([]Field, len(assignments))
	for i, a := range assignments {
		if a.Column.Name == key.Name {
			return &Error{Kind: ErrUsage, Message: key.Name + " names the row: it cannot be changed"}
		}
		if !slices.Contains(columns, a.Column.Name) {
			columns = append(columns, a.Column.Name)
		}
		fields[i] = Field{Column: a.Column.Name, Difference: a.Difference}
	}
	rows, err := w.Rows(ctx, target, columns)
	if err != nil {
		return err
	}
	edits := make([]Edit, len(rows))
	for i, r := range rows {
		edits[i] = Edit{Row: r, New: slices.Clone(r.Values)}
		for _, a := range assignments {
			at := slices.Index(columns, a.Column.Name)
			if edits[i].New[at], err = a.Next(edits[i].New[at]); err != nil {
				return inRow(err, w.schema.Singular(t), r.Key, len(rows))
			}
		}
	}
	if err := w.Update(ctx, t, columns, fields, edits); err != nil {
		return err
	}
	return w.noteWorking(ctx, t)
}

// inRow says in which of several rows a value does not fit.
func inRow(err error, what, key string, rows int) error {
	if rows == 1 {
		return err
	}
	return fmt.Errorf("%s %s: %w", what, key, err)
}

// moneyColumn is what the ledger alone changes.
const moneyColumn = "dollars"

func refuseMoney(t *schema.Table, assignments []*filter.Assignment) error {
	for _, a := range assignments {
		if isMoney(t, a.Column.Name) {
			return moneyError()
		}
	}
	return nil
}

func isMoney(t *schema.Table, column string) bool {
	return t.Key() == "participant" && column == moneyColumn
}

func moneyError() error {
	return &Error{Kind: ErrRefused, Message: "dollars move by the ledger alone", Hint: "give them with exptool donate; where the column was changed by other means, exptool verify --adopt takes it over"}
}

// noteWorking warns where the live experiment may have a copy of a changed
// participant, which it would write over ours.
func (w *Writer) noteWorking(ctx context.Context, t *schema.Table) error {
	status := t.Column("status")
	if t.Key() != "participant" || status == nil || !slices.Contains(status.Enum, "working") {
		return nil
	}
	var keys []string
	for k := range w.changed {
		if k.table == t.Key() {
			keys = append(keys, k.row)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	rows, err := w.lock(ctx, t, keys, []string{"status"})
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r Row) bool { return string(r.Values[0]) != "working" })
	if len(rows) == 0 {
		return nil
	}
	w.out.Warns = append(w.out.Warns, participants(rows)+": working; the live experiment may write its own copy over this")
	return nil
}

// participants names some: participant 5; 2 participants (5, 6).
func participants(rows []Row) string {
	if len(rows) == 1 {
		return "participant " + rows[0].Key
	}
	return fmt.Sprintf("%d participants (%s)", len(rows), few(keysOf(rows)))
}
