package repo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lib/pq"

	"exptool/internal/filter"
	"exptool/internal/schema"
)

// Undo takes a group of the journal back if the values are still those that the
// group wrote; else it is an ErrRefused whose Detail lists what is otherwise. Of
// JSON only the path that was written counts. A group of an earlier launch, and
// one that moved money, are refused.
func (w *Writer) Undo(ctx context.Context, group int64) error {
	o := HistoryOptions{Group: group}
	groups, err := w.History(ctx, o)
	if err != nil {
		return err
	}
	if len(groups) == 0 {
		return &Error{Kind: ErrNotFound, Message: fmt.Sprintf("the journal has no group %d", group), Hint: "exptool history lists them"}
	}
	if groups[0].Earlier {
		return &Error{Kind: ErrRefused, Message: fmt.Sprintf("group %d belongs to an earlier launch of the experiment", group),
			Hint: "its rows are gone: the same ids mean others now"}
	}
	changes, err := w.Changes(ctx, o)
	if err != nil {
		return err
	}
	u := undo{Writer: w, group: groups[0]}
	for _, key := range tablesOf(changes) {
		t := w.schema.Tables[key]
		if t == nil {
			return &Error{Kind: ErrNotFound, Message: "the table " + key + " is not there any more"}
		}
		if err := u.table(ctx, t, changes); err != nil {
			return u.gone(err)
		}
	}
	return u.refusal()
}

// gone makes a refusal of a row that is not there any more.
func (u *undo) gone(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Kind != ErrNotFound {
		return err
	}
	u.conflicts = []string{e.Message}
	return u.refusal()
}

// tablesOf are the tables of changes, that of the last change first.
func tablesOf(changes []Logged) []string {
	var keys []string
	for _, c := range slices.Backward(changes) {
		if !slices.Contains(keys, c.Table) {
			keys = append(keys, c.Table)
		}
	}
	return keys
}

// undo is a group being taken back.
type undo struct {
	*Writer
	group     Group
	conflicts []string
}

// conflict notes a value that is not the one that was written. Secrets do not go
// into errors.
func (u *undo) conflict(t *schema.Table, key string, column *schema.Column, field string, written *string, now []byte) {
	values := fmt.Sprintf("written was %s, now it is %s", forPeople(written), forPeople(textOf(now)))
	if column.Secret {
		values = "it is not what was written"
	}
	u.conflicts = append(u.conflicts, fmt.Sprintf("%s %s, %s: %s", u.schema.Singular(t), key, field, values))
}

// forPeople shows a value in a line.
func forPeople(value *string) string {
	if value == nil {
		return "nothing"
	}
	if r := []rune(*value); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return *value
}

// refusal is the error about the conflicts, if there are any.
func (u *undo) refusal() error {
	if len(u.conflicts) == 0 {
		return nil
	}
	const most = 20
	e := &Error{Kind: ErrRefused, Message: fmt.Sprintf("group %d cannot be undone: its values were changed since", u.group.Number)}
	if u.group.Undone != 0 {
		e.Message = fmt.Sprintf("group %d cannot be undone: group %d did that already", u.group.Number, u.group.Undone)
	}
	if n := len(u.conflicts); n > most {
		u.conflicts = append(u.conflicts[:most], fmt.Sprintf("and %d more", n-most))
	}
	e.Detail = strings.Join(u.conflicts, "\n")
	return e
}

// table takes the changes of one table back.
func (u *undo) table(ctx context.Context, t *schema.Table, changes []Logged) error {
	byRow := map[ChangeKind]map[string][]Logged{Updated: {}, Inserted: {}, Deleted: {}}
	var order []string
	for _, c := range changes {
		if c.Table != t.Key() {
			continue
		}
		rows := byRow[c.Kind]
		if rows[c.Row] == nil {
			order = append(order, c.Row)
		}
		rows[c.Row] = append(rows[c.Row], c)
	}
	if err := u.updated(ctx, t, changes, byRow[Updated]); err != nil {
		return err
	}
	for _, key := range slices.Backward(order) {
		var err error
		switch {
		case byRow[Inserted][key] != nil:
			err = u.inserted(ctx, t, key, byRow[Inserted][key])
		case byRow[Deleted][key] != nil:
			err = u.deleted(ctx, t, byRow[Deleted][key])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// place is a column, and a path inside it, that a change is about.
type place struct {
	column string
	path   []string
}

// updated puts the old values of rows back, all rows in one statement.
func (u *undo) updated(ctx context.Context, t *schema.Table, changes []Logged, rows map[string][]Logged) error {
	if len(rows) == 0 {
		return nil
	}
	places := map[string]place{} // by field
	var columns []string
	var fields []Field
	for _, c := range changes {
		if _, known := places[c.Field]; known || c.Table != t.Key() || c.Kind != Updated {
			continue
		}
		column, path, err := filter.ParseField(u.schema, t, c.Field)
		if err != nil {
			return err
		}
		if isMoney(t, column.Name) {
			return moneyError()
		}
		if !slices.Contains(columns, column.Name) {
			columns = append(columns, column.Name)
		}
		places[c.Field] = place{column.Name, path}
		a := filter.Assignment{Column: column, Path: path}
		fields = append(fields, Field{Column: column.Name, Difference: a.Difference})
	}
	locked, err := u.Lock(ctx, t, slices.Sorted(maps.Keys(rows)), columns)
	if err != nil {
		return err
	}
	edits := make([]Edit, len(locked))
	for i, r := range locked {
		edits[i] = Edit{Row: r, New: slices.Clone(r.Values)}
		for _, c := range slices.Backward(rows[r.Key]) {
			p := places[c.Field]
			at := slices.Index(columns, p.column)
			now, _ := filter.Part(t.Column(p.column), p.path, edits[i].New[at])
			if !sameValue(now, bytesOf(c.New)) {
				u.conflict(t, r.Key, t.Column(p.column), c.Field, c.New, now)
				continue
			}
			if edits[i].New[at], err = filter.PutBack(p.path, edits[i].New[at], bytesOf(c.Old)); err != nil {
				return &Error{Kind: ErrRefused, Message: fmt.Sprintf("%s %s, %s cannot be put back: %s", u.schema.Singular(t), r.Key, c.Field, err), cause: err}
			}
		}
	}
	if len(u.conflicts) > 0 {
		return nil // told at the end
	}
	return u.Update(ctx, t, columns, fields, edits)
}

// inserted removes a row that the group added, if it is as it was added and
// nothing refers to it.
func (u *undo) inserted(ctx context.Context, t *schema.Table, key string, changes []Logged) error {
	rows, err := u.Lock(ctx, t, []string{key}, columnNames(t))
	if err != nil {
		return err
	}
	written := map[string]*string{}
	for _, c := range changes {
		written[c.Field] = c.New
	}
	for i, c := range t.Columns {
		field := filter.FieldName(c.Name)
		switch was, now := written[field], rows[0].Values[i]; {
		case isMoney(t, c.Name) && now != nil:
			return moneyError()
		case !sameValue(bytesOf(was), now):
			u.conflict(t, key, &c, field, was, now)
		}
	}
	if len(u.conflicts) > 0 {
		return nil
	}
	if err := u.Delete(ctx, t, rows[0]); err != nil {
		return err
	}
	// Not before: deleting waits for whoever is adding a row that refers to it.
	return u.unreferred(ctx, t, key)
}

// unreferred makes sure that no other row refers to one that is to go.
func (u *undo) unreferred(ctx context.Context, t *schema.Table, key string) error {
	var parts []string
	for _, r := range u.schema.RelationsTo(t) {
		if from := u.schema.Tables[r.Table]; from != nil && !from.View && !from.Denied {
			parts = append(parts, fmt.Sprintf("SELECT %s::text AS word\nWHERE EXISTS (SELECT FROM %s WHERE %s::text = $1)",
				pq.QuoteLiteral(u.schema.Called(from)), quoteTable(from), pq.QuoteIdentifier(r.Column)))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	var words []string
	if err := u.Select(ctx, &words, strings.Join(parts, "\nUNION\n"), key); err != nil || len(words) == 0 {
		return err
	}
	return &Error{Kind: ErrRefused, Message: fmt.Sprintf("%s %s cannot be removed: %s refer to it", u.schema.Singular(t), key, few(words)),
		Hint: "undo what came after it first"}
}

// deleted adds a row again that the group had removed.
func (u *undo) deleted(ctx context.Context, t *schema.Table, changes []Logged) error {
	was := map[string][]byte{}
	for _, c := range changes {
		column, _, err := filter.ParseField(u.schema, t, c.Field)
		if err != nil {
			return err
		}
		was[column.Name] = bytesOf(c.Old)
	}
	computed, err := u.generated(ctx, t)
	if err != nil {
		return err
	}
	var columns []string
	var values [][]byte
	for _, c := range t.Columns { // what was not noted was NULL, whatever the default
		if !computed[c.Name] {
			columns, values = append(columns, c.Name), append(values, was[c.Name])
		}
	}
	_, err = u.insert(ctx, t, "OVERRIDING SYSTEM VALUE", columns, values)
	var e *Error
	if errors.As(err, &e) && errors.Is(err, ErrConflict) {
		return &Error{Kind: ErrRefused, Message: "the row cannot be added again: " + e.Message, Detail: e.Detail, cause: err}
	}
	return err
}

// bytesOf is textOf the other way round.
func bytesOf(text *string) []byte {
	if text == nil {
		return nil
	}
	return []byte(*text)
}
