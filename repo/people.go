package repo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/lib/pq"

	"exptool/internal/pyjson"
	embedded "exptool/internal/sample"
	"exptool/internal/schema"
)

// CreatePsyNetTables makes the tables of an empty PsyNet experiment, all or none.
// It is an ErrRefused where the schema public has a table already.
func (db *DB) CreatePsyNetTables(ctx context.Context) error {
	return db.Write(ctx, WriteOptions{}, func(tx *Tx) error {
		// Two at once would both find nothing.
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
			return err
		}
		var there []string
		err := tx.Select(ctx, &there, `SELECT relname
FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY relname`)
		if err != nil {
			return err
		}
		if len(there) > 0 {
			return &Error{Kind: ErrRefused, Message: db.addr.Label() + " has tables already: " + few(there), Hint: "PsyNet's are made in an empty database only"}
		}
		_, err = tx.Exec(ctx, embedded.PsyNet)
		return err
	})
}

// person are the columns that differ between the participants of AddPeople, and
// what they are made of: a word that nobody else has, a name, and the name in
// jsonpickle.
var person = map[string]string{
	"worker_id": "p.word", "assignment_id": "p.word", "unique_id": "p.word || ':' || p.word",
	"name": "p.name", "vars": "p.vars",
}

// AddPeople adds a participant for each name, filled as Add fills one, and returns
// their keys in the order of the names. A name becomes vars.name, and the value of
// a text column name; where there is neither, it goes nowhere. token makes a word
// that nobody else has.
//
// All are added by one statement. They are not noted for the journal, which keeps
// a row for each value: a million participants would be 25 million of those. What
// made them keeps its own record of them.
func (w *Writer) AddPeople(ctx context.Context, t *schema.Table, names []string, token func() string) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	key, err := KeyOf(t)
	if err != nil {
		return nil, err
	}
	words, vars := make([]string, len(names)), make([]string, len(names))
	for i, name := range names {
		words[i] = "exptool-" + token()
		vars[i] = `{"name": ` + string(pyjson.String(name)) + `}`
	}
	row, err := w.template(ctx, t, names[0], vars[0])
	if err != nil {
		return nil, err
	}
	args := []any{pq.Array(words), pq.Array(names), pq.Array(vars)}
	var columns, values []string
	for i := range t.Columns {
		c := &t.Columns[i]
		v, set := row[c.Name]
		if !set {
			continue
		}
		from, varies := person[c.Name]
		if !varies {
			args = append(args, textOf(v))
			from = fmt.Sprintf("$%d::text", len(args))
		}
		columns = append(columns, pq.QuoteIdentifier(c.Name))
		values = append(values, "("+from+")::"+assignable(c))
	}
	into := ""
	if len(columns) > 0 { // else the table's defaults are all there is
		into = " (" + strings.Join(columns, ", ") + ")"
	}
	var ids []string
	err = w.Select(ctx, &ids, `INSERT INTO `+quoteTable(t)+into+`
SELECT `+strings.Join(values, ",\n       ")+`
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS p (word, name, vars, place)
ORDER BY p.place
RETURNING `+pq.QuoteIdentifier(key.Name)+`::text`, args...)
	if err == nil && len(ids) != len(names) {
		err = &Error{Kind: ErrNotAllowed, Message: "not all participants were added: a rule or a trigger of the database forbids it"}
	}
	return ids, err
}

// template is the row that all participants of AddPeople are like: what a
// constructor would fill, with the first one's name.
func (w *Writer) template(ctx context.Context, t *schema.Table, name, vars string) (newRow, error) {
	row := newRow{}
	if c := t.Column("name"); c != nil && c.Kind == schema.Text {
		row["name"] = []byte(name)
	}
	if c := t.Column("vars"); c != nil && (c.Kind == schema.Pickle || c.Kind == schema.Text || c.Kind == schema.JSON) {
		row["vars"] = []byte(vars)
	}
	if t.Column("type") != nil {
		identity, err := w.identity(schema.Entity{Table: t})
		if err != nil {
			return nil, err
		}
		row["type"] = []byte(identity)
	}
	err := w.fillIn(ctx, t, row, func() string { return "" })
	var e *Error
	if errors.As(err, &e) && e.Kind == ErrUsage {
		lacking := *e
		lacking.Message += ", which exptool cannot make up"
		lacking.Hint = "have the experiment make its participants, or: exptool add participants " + strings.TrimPrefix(e.Hint, "add ")
		err = &lacking
	}
	return row, err
}
