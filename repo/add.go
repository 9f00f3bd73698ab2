package repo

import (
	"context"
	"slices"
	"strings"

	"exptool/internal/filter"
	"exptool/internal/schema"
)

// AddOptions say what row to add.
type AddOptions struct {
	Entity      schema.Entity // its class decides the type column
	Assignments []*filter.Assignment
	Like        string // the key of a row to copy; empty: none
	// Token makes a word that nobody else has, for the ids of a made-up
	// participant.
	Token func() string
}

// Add inserts a row as PsyNet itself would fill it, and returns its key. What it
// refers to must be there: the database has no foreign keys.
func (w *Writer) Add(ctx context.Context, o AddOptions) (string, error) {
	t := o.Entity.Table
	if err := refuseMoney(t, o.Assignments); err != nil {
		return "", err
	}
	row := newRow{}
	if o.Like != "" {
		if err := w.copyRow(ctx, o, row); err != nil {
			return "", err
		}
	}
	if t.Column("type") != nil && (row["type"] == nil || o.Entity.Class != nil) {
		identity, err := w.identity(o.Entity)
		if err != nil {
			return "", err
		}
		row["type"] = []byte(identity)
	}
	for _, a := range o.Assignments {
		now := row[a.Column.Name]
		if now == nil && len(a.Path) > 0 {
			now = []byte("{}")
		}
		next, err := a.Next(now)
		if err != nil {
			return "", err
		}
		row[a.Column.Name] = next
	}
	if err := w.link(ctx, t, row); err != nil {
		return "", err
	}
	if err := w.fillIn(ctx, t, row, o.Token); err != nil {
		return "", err
	}
	var columns []string
	var values [][]byte
	for _, c := range t.Columns {
		if v, set := row[c.Name]; set {
			columns, values = append(columns, c.Name), append(values, v)
		}
	}
	return w.Insert(ctx, t, columns, values)
}

// copyRow takes over another row, but for its key, what must be its own, the time
// at which it was made, and its dollars.
func (w *Writer) copyRow(ctx context.Context, o AddOptions, row newRow) error {
	t := o.Entity.Table
	columns := columnNames(t)
	e := o.Entity
	if e.Class != nil { // the copy may be of another class
		e = schema.Entity{Name: w.schema.Called(t), Table: t}
	}
	rows, err := w.Rows(ctx, Target{Query: filter.Query{Entity: e, IDs: []string{o.Like}}}, columns)
	if err != nil {
		return err
	}
	computed, err := w.generated(ctx, t)
	if err != nil {
		return err
	}
	own := []string{"id", "creation_time"}
	for _, ix := range t.Indexes {
		if ix.Unique {
			own = append(own, ix.Columns...)
		}
	}
	if t.Key() == "participant" {
		own = append(own, "worker_id", "assignment_id", "unique_id")
	}
	for i, name := range columns {
		switch v := rows[0].Values[i]; {
		case isMoney(t, name):
			if v != nil {
				w.Note("the dollars of %s were not copied: they move by the ledger alone", strings.TrimSpace(w.schema.Singular(t)+" "+o.Like))
			}
		case v != nil && !computed[name] && !slices.Contains(own, name):
			row[name] = slices.Clone(v)
		}
	}
	return nil
}
