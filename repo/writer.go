package repo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lib/pq"

	"exptool/internal/filter"
	"exptool/internal/schema"
)

// Row is a row that a Writer has locked: the values of the columns asked for, as
// Postgres prints them, nil for NULL.
type Row struct {
	Key    string
	Values [][]byte
}

// Field is a column that is written, and how the journal tells what changed in it.
type Field struct {
	Column     string
	Difference func(before, after []byte) filter.Difference
}

// whole are columns that the journal tells as they are.
func whole(t *schema.Table, columns ...string) []Field {
	fields := make([]Field, len(columns))
	for i, name := range columns {
		a := filter.Assignment{Column: t.Column(name)}
		fields[i] = Field{Column: name, Difference: a.Difference}
	}
	return fields
}

// Edit is a row that Lock gave, and the values that the same columns are to have.
type Edit struct {
	Row
	New [][]byte
}

// Lock locks rows by their keys, in the order of keys, and reads columns as they
// are now. The rows come in the order of the table's keys. Where one is missing it
// is an ErrNotFound that names it.
func (w *Writer) Lock(ctx context.Context, t *schema.Table, keys []string, columns []string) ([]Row, error) {
	rows, err := w.lock(ctx, t, keys, columns)
	if err != nil {
		return nil, err
	}
	if len(rows) < len(keys) {
		there := setOf(keysOf(rows))
		return nil, w.missing(t, slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return there[k] }))
	}
	return rows, nil
}

func (w *Writer) lock(ctx context.Context, t *schema.Table, keys []string, columns []string) ([]Row, error) {
	key, err := KeyOf(t)
	if err != nil {
		return nil, err
	}
	cols, names, err := columnsNamed(t, append([]string{key.Name}, columns...))
	if err != nil {
		return nil, err
	}
	found, err := w.Records(ctx, `SELECT ROW(`+strings.Join(names, ", ")+`)
FROM `+quoteTable(t)+`
WHERE `+names[0]+` = ANY($1::`+assignable(key)+`[])
ORDER BY `+names[0]+`
FOR NO KEY UPDATE`, cols, pq.Array(keys))
	if err != nil {
		return nil, err
	}
	return collect(found)
}

// Update writes rows of a table that Lock gave, all in one statement, and notes
// what changed, as the fields say. Rows that are as wished already are left
// alone. Values are in the order of columns.
func (w *Writer) Update(ctx context.Context, t *schema.Table, columns []string, fields []Field, edits []Edit) error {
	var changed []Edit
	for _, e := range edits {
		if !slices.EqualFunc(e.Values, e.New, sameValue) {
			changed = append(changed, e)
		}
	}
	w.out.Same += len(edits) - len(changed)
	if len(changed) == 0 {
		return nil
	}
	now, err := w.update(ctx, t, columns, changed)
	if err != nil {
		return err
	}
	for _, e := range changed {
		stored, ok := now[e.Key]
		if ok && w.noteFields(t, columns, fields, e, stored) {
			continue
		}
		if !ok || string(stored[len(columns)]) != "true" {
			return &Error{Kind: ErrNotAllowed, Message: fmt.Sprintf("%s %s was not written: a rule or a trigger of the database forbids it", w.schema.Singular(t), e.Key)}
		}
		w.out.Same++ // it was so in other words: 1.50 for 1.5
	}
	return nil
}

// noteFields notes the fields of a row that changed, each once: what lies inside
// another one is told by that. It reports whether there are any.
func (w *Writer) noteFields(t *schema.Table, columns []string, fields []Field, e Edit, stored [][]byte) (any bool) {
	all := make([]filter.Difference, len(fields))
	for i, f := range fields {
		at := slices.Index(columns, f.Column)
		all[i] = f.Difference(e.Values[at], stored[at])
	}
	for i, d := range all {
		told := slices.ContainsFunc(all[:i], func(o filter.Difference) bool { return o.Field == d.Field }) ||
			slices.ContainsFunc(all, func(o filter.Difference) bool { return strings.HasPrefix(d.Field, o.Field+".") })
		if told || sameValue(d.Old, d.New) {
			continue
		}
		w.note(Change{Table: t.Key(), Row: e.Key, Kind: Updated, Field: d.Field,
			Old: textOf(d.Old), New: textOf(d.New), OldType: d.OldType, NewType: d.NewType})
		any = true
	}
	return any
}

func (w *Writer) note(c Change) {
	w.out.Changes = append(w.out.Changes, c)
	w.changed[rowKey{c.Table, c.Row}] = true
}

// update runs the statement and returns what is stored now, by key, and behind it
// whether that is what was to be written.
func (w *Writer) update(ctx context.Context, t *schema.Table, columns []string, edits []Edit) (map[string][][]byte, error) {
	key, err := KeyOf(t)
	if err != nil {
		return nil, err
	}
	cols, names, err := columnsNamed(t, append([]string{key.Name}, columns...))
	if err != nil {
		return nil, err
	}
	lists := make([][]*string, len(names)) // a list of values for each column
	for _, e := range edits {
		lists[0] = append(lists[0], &e.Key)
		for i, v := range e.New {
			lists[i+1] = append(lists[i+1], textOf(v))
		}
	}
	var args []any
	set, given, values, returning := []string{}, []string{}, []string{}, []string{"t." + names[0]}
	written := []string{}
	for i, name := range names {
		args = append(args, pq.Array(lists[i]))
		given = append(given, fmt.Sprintf("$%d::text[]", i+1))
		values = append(values, fmt.Sprintf("c%d", i))
		if i > 0 {
			set = append(set, fmt.Sprintf("%s = v.c%d::%s", name, i, assignable(&cols[i])))
			returning = append(returning, "t."+name)
			written = append(written, fmt.Sprintf("t.%s::text IS NOT DISTINCT FROM v.c%d::%s::text", name, i, cols[i].Type))
		}
	}
	rows, err := w.Records(ctx, `UPDATE `+quoteTable(t)+` AS t
SET `+strings.Join(set, ",\n    ")+`
FROM unnest(`+strings.Join(given, ", ")+`) AS v (`+strings.Join(values, ", ")+`)
WHERE t.`+names[0]+` = v.c0::`+assignable(key)+`
RETURNING ROW(`+strings.Join(append(returning, strings.Join(written, " AND ")), ", ")+`)`,
		append(cols, schema.Column{Name: "written", Type: "boolean", Kind: schema.Bool}), args...)
	if err != nil {
		return nil, err
	}
	stored, err := collect(rows)
	if err != nil {
		return nil, err
	}
	byKey := make(map[string][][]byte, len(stored))
	for _, r := range stored {
		byKey[r.Key] = r.Values
	}
	return byKey, nil
}

// Insert adds a row and returns its key. What is not among columns gets the
// table's defaults. Each value that is stored and not NULL is noted.
func (w *Writer) Insert(ctx context.Context, t *schema.Table, columns []string, values [][]byte) (string, error) {
	return w.insert(ctx, t, "", columns, values)
}

// insert is Insert with what stands before VALUES.
func (w *Writer) insert(ctx context.Context, t *schema.Table, overriding string, columns []string, values [][]byte) (string, error) {
	key, err := KeyOf(t)
	if err != nil {
		return "", err
	}
	cols, names, err := columnsNamed(t, columns)
	if err != nil {
		return "", err
	}
	into, given := " DEFAULT VALUES", ""
	var args []any
	if len(columns) > 0 {
		places := make([]string, len(cols))
		for i := range cols {
			args = append(args, textOf(values[i]))
			places[i] = fmt.Sprintf("$%d::text::%s", i+1, assignable(&cols[i]))
		}
		into = " (" + strings.Join(names, ", ") + ")"
		given = " " + overriding + "\nVALUES (" + strings.Join(places, ", ") + ")"
	}
	_, all, err := columnsNamed(t, columnNames(t))
	if err != nil {
		return "", err
	}
	rows, err := w.Records(ctx, `INSERT INTO `+quoteTable(t)+into+given+`
RETURNING ROW(`+pq.QuoteIdentifier(key.Name)+", "+strings.Join(all, ", ")+`)`, append([]schema.Column{*key}, t.Columns...), args...)
	if err != nil {
		return "", err
	}
	stored, err := collect(rows)
	if err != nil {
		return "", err
	}
	if len(stored) != 1 {
		return "", &Error{Kind: ErrNotAllowed, Message: "no row was added: a rule or a trigger of the database forbids it"}
	}
	for i, v := range stored[0].Values {
		if c := t.Columns[i]; v != nil {
			w.note(Change{Table: t.Key(), Row: stored[0].Key, Kind: Inserted, Field: filter.FieldName(c.Name), New: textOf(v), NewType: c.Type})
		}
	}
	return stored[0].Key, nil
}

// Delete removes a row that Lock gave with all its columns. Only an undo does.
func (w *Writer) Delete(ctx context.Context, t *schema.Table, row Row) error {
	key, err := KeyOf(t)
	if err != nil {
		return err
	}
	result, err := w.Exec(ctx, `DELETE FROM `+quoteTable(t)+`
WHERE `+pq.QuoteIdentifier(key.Name)+` = $1::text::`+assignable(key), row.Key)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, &Error{Kind: ErrNotAllowed, Message: "the row was not removed: a rule or a trigger of the database forbids it"})
	}
	for i, v := range row.Values {
		if c := t.Columns[i]; v != nil {
			w.note(Change{Table: t.Key(), Row: row.Key, Kind: Deleted, Field: filter.FieldName(c.Name), Old: textOf(v), OldType: c.Type})
		}
	}
	return nil
}

// collect reads rows whose first value is their key.
func collect(rows schema.Rows) ([]Row, error) {
	var all []Row
	for rows.Next() {
		v := rows.Values()
		r := Row{Key: string(v[0]), Values: make([][]byte, len(v)-1)}
		for i := range r.Values {
			r.Values[i] = slices.Clone(v[i+1])
			if v[i+1] != nil && r.Values[i] == nil {
				r.Values[i] = []byte{}
			}
		}
		all = append(all, r)
	}
	return all, errors.Join(rows.Err(), rows.Close())
}

// singles reads rows of one value.
func singles(rows schema.Rows) ([]*string, error) {
	var all []*string
	for rows.Next() {
		all = append(all, textOf(rows.Values()[0]))
	}
	return all, errors.Join(rows.Err(), rows.Close())
}

// textOf is a value as a text, nil for NULL.
func textOf(v []byte) *string {
	if v == nil {
		return nil
	}
	s := string(v)
	return &s
}

// sameValue compares two values, of which nil is NULL.
func sameValue(a, b []byte) bool { return (a == nil) == (b == nil) && string(a) == string(b) }

// missing is the error for rows that are not there.
func (w *Writer) missing(t *schema.Table, keys []string) error {
	if len(keys) == 1 {
		return &Error{Kind: ErrNotFound, Message: fmt.Sprintf("there is no %s %s; nothing was changed", w.schema.Singular(t), keys[0])}
	}
	return &Error{Kind: ErrNotFound, Message: fmt.Sprintf("there are no %s %s; nothing was changed", w.schema.Called(t), few(keys))}
}

// few lists the first of many.
func few(keys []string) string {
	const most = 10
	if len(keys) <= most {
		return strings.Join(keys, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(keys[:most], ", "), len(keys)-most)
}
