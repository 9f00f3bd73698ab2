package repo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"exptool/internal/filter"
)

// Target says which rows a change is about.
type Target struct {
	// Query names the rows: by IDs, all of which must be there, or by anything
	// else that a question can say. Its Columns do not matter.
	Query filter.Query
	If    []string // expressions that every row must fulfil, else nothing is changed
	Zone  string   // as in filter.Options
}

// Rows locks the rows of a target and reads columns as they are now. What the
// target says is asked again of the locked rows: where one was changed meanwhile
// so that it is not meant any more, it is left out.
func (w *Writer) Rows(ctx context.Context, target Target, columns []string) ([]Row, error) {
	q := target.Query
	t := q.Entity.Table
	keys, err := w.keys(ctx, target, q)
	if err != nil {
		return nil, err
	}
	if q.IDs != nil && len(keys) < len(q.IDs) {
		return nil, w.notAmong(ctx, q, keys)
	}
	rows, err := w.lock(ctx, t, keys, columns)
	if err != nil {
		return nil, err
	}
	if rows, err = w.still(ctx, target, q, rows); err != nil {
		return nil, err
	}
	if q.IDs != nil && len(rows) < len(q.IDs) { // removed while we waited
		return nil, w.notAmong(ctx, q, keysOf(rows))
	}
	if len(target.If) == 0 {
		return rows, nil
	}
	q.Where = append(slices.Clone(q.Where), target.If...)
	hold, err := w.still(ctx, target, q, rows)
	if err != nil {
		return nil, err
	}
	if len(hold) < len(rows) {
		return nil, &Error{Kind: ErrRefused,
			Message: fmt.Sprintf("--if %s does not hold for %s %s; nothing was changed", strings.Join(target.If, " and "), w.schema.Singular(t), few(keysOf(lacking(rows, hold))))}
	}
	return rows, nil
}

// still are those of the rows that a query means.
func (w *Writer) still(ctx context.Context, target Target, q filter.Query, rows []Row) ([]Row, error) {
	q.IDs = keysOf(rows)
	keys, err := w.keys(ctx, target, q)
	if err != nil {
		return nil, err
	}
	meant := setOf(keys)
	return slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return !meant[r.Key] }), nil
}

// keys asks for the keys of the rows that a query means. What the question needs
// prepared is undone again: a function of ours must not stay in a session that a
// pooler gives to somebody else.
func (w *Writer) keys(ctx context.Context, target Target, q filter.Query) (keys []string, err error) {
	key, err := KeyOf(q.Entity.Table)
	if err != nil {
		return nil, err
	}
	q.Columns, q.Sort, q.Limit = []string{filter.FieldName(key.Name)}, nil, 0
	plan, err := filter.Compile(w.schema, q, filter.Options{Zone: target.Zone})
	if err != nil {
		return nil, err
	}
	prepare := plan.Prepare()
	if len(prepare) > 0 {
		if _, err := w.Exec(ctx, "SAVEPOINT question; "+strings.Join(prepare, ";\n")); err != nil {
			return nil, err
		}
	}
	err = w.Ask(ctx, plan, func(a *Answer) error {
		for _, j := range a.Junk {
			w.Note("%s is not JSON in %d rows, which count as having no value", j.Column, j.Rows)
		}
		rows, err := a.Rows(ctx)
		if err != nil {
			return err
		}
		found, err := singles(rows)
		for _, k := range found {
			keys = append(keys, *k)
		}
		return err
	})
	if err == nil && len(prepare) > 0 {
		_, err = w.Exec(ctx, "ROLLBACK TO SAVEPOINT question; RELEASE SAVEPOINT question")
	}
	return keys, err
}

// notAmong is the error for ids that no row of the entity has.
func (w *Writer) notAmong(ctx context.Context, q filter.Query, found []string) error {
	t := q.Entity.Table
	there := setOf(found)
	missing := slices.DeleteFunc(slices.Clone(q.IDs), func(id string) bool { return there[id] })
	if q.Entity.Class == nil && q.Entity.Marker == "" {
		return w.missing(t, missing)
	}
	// The row may be there, of another class.
	other, err := w.lock(ctx, t, missing[:1], nil)
	if err == nil && len(other) == 1 {
		return &Error{Kind: ErrNotFound, Message: fmt.Sprintf("row %s of %s is none of %s; nothing was changed", missing[0], t.Key(), q.Entity.Name)}
	}
	return w.missing(t, missing)
}

func keysOf(rows []Row) []string {
	keys := make([]string, len(rows))
	for i, r := range rows {
		keys[i] = r.Key
	}
	return keys
}

func setOf(keys []string) map[string]bool {
	set := make(map[string]bool, len(keys))
	for _, k := range keys {
		set[k] = true
	}
	return set
}

// lacking are the rows that are not among others.
func lacking(rows, others []Row) []Row {
	in := setOf(keysOf(others))
	return slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return in[r.Key] })
}
