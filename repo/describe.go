package repo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/lib/pq"

	"exptool/internal/schema"
)

// Bounds of what a description looks at.
const (
	describeRows = 5000    // rows of the table
	keyRows      = 500     // values of a JSON column
	keyBytes     = 100_000 // bytes of a value; longer ones are passed over
)

// Description is what a table holds, beyond what the catalog says.
type Description struct {
	Table  *schema.Table // its columns' defaults and its indexes' names and definitions are filled
	Rows   int64         // rows of the entity that were looked at
	Sample bool          // there are rows that were not looked at
	Filled []Filled      // the classes found, those with most rows first
	Keys   map[string]*Keys
}

// Filled says which columns the rows of a class fill, among those looked at.
type Filled struct {
	Identity string // value of the type column, empty for NULL or where there is none
	Rows     int64
	Columns  map[string]int64 // rows in which the column is not NULL, by name
}

// Describe looks into the rows of an entity: which columns each class fills and
// which keys are inside JSON columns. It looks at a bounded sample where the
// table is large, and says so.
func (tx *Tx) Describe(ctx context.Context, e schema.Entity) (*Description, error) {
	d := &Description{Table: e.Table, Keys: map[string]*Keys{}}
	err := tx.definitions(ctx, e.Table)
	if err == nil {
		err = tx.fill(ctx, e, d)
	}
	if err == nil {
		err = tx.keys(ctx, e, d)
	}
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", e.Name, moved(err))
	}
	return d, nil
}

// definitions fills in the texts that the catalog query leaves out, because the
// server takes long to write them.
func (tx *Tx) definitions(ctx context.Context, t *schema.Table) error {
	query := fmt.Sprintf(`
SELECT a.attname,
       CASE WHEN a.attidentity <> '' THEN 'identity' ELSE COALESCE(pg_get_expr(d.adbin, d.adrelid), '') END
FROM pg_attribute a
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %d
  AND a.attnum > 0
  AND NOT a.attisdropped;

SELECT c.relname,
       pg_get_indexdef(i.indexrelid),
       i.indisunique AND i.indpred IS NULL AND i.indisvalid,
       i.indisprimary,
       ARRAY(SELECT COALESCE(a.attname::text, '')
             FROM generate_series(0, i.indnkeyatts - 1) k
             LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k]
             ORDER BY k)
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %d
ORDER BY i.indisprimary DESC, c.relname`, t.OID, t.OID)
	rows, err := tx.Query(ctx, query)
	if err != nil {
		return err
	}
	return errors.Join(scanDefinitions(rows, t), rows.Close())
}

func scanDefinitions(rows *Cursor, t *schema.Table) error {
	for rows.Next() {
		var name, def string
		if err := rows.Scan(&name, &def); err != nil {
			return err
		}
		if c := t.Column(name); c != nil {
			c.Default = def
		}
	}
	if err := rows.Err(); err != nil || !rows.NextResultSet() {
		return err
	}
	t.Indexes = nil
	for rows.Next() {
		var ix schema.Index
		var columns pq.StringArray
		if err := rows.Scan(&ix.Name, &ix.Def, &ix.Unique, &ix.Primary, &columns); err != nil {
			return err
		}
		ix.Columns = columns
		t.Indexes = append(t.Indexes, ix)
	}
	return rows.Err()
}

// fill counts, class by class, in how many rows each column is filled.
func (tx *Tx) fill(ctx context.Context, e schema.Entity, d *Description) error {
	class := "NULL::text"
	if c := e.Table.Column("type"); c != nil && c.Class {
		class = "type::text"
	}
	counts := make([]string, len(e.Table.Columns))
	for i, c := range e.Table.Columns {
		counts[i] = "count(" + pq.QuoteIdentifier(c.Name) + ")"
	}
	from, args := sample(e, d)
	query := "SELECT " + class + ", count(*), ARRAY[" + strings.Join(counts, ", ") + "]::bigint[]\nFROM " + from +
		"\nGROUP BY 1\nORDER BY 2 DESC, 1"
	return tx.eachRow(ctx, query, func(scan func(...any) error) error {
		var identity *string
		var filled pq.Int64Array
		f := Filled{Columns: map[string]int64{}}
		if err := scan(&identity, &f.Rows, &filled); err != nil {
			return err
		}
		if identity != nil {
			f.Identity = *identity
		}
		for i, n := range filled {
			if n > 0 {
				f.Columns[e.Table.Columns[i].Name] = n
			}
		}
		d.Rows += f.Rows
		d.Sample = d.Sample || d.Rows >= describeRows
		d.Filled = append(d.Filled, f)
		return nil
	}, args...)
}

// sample is a FROM item for at most describeRows rows of an entity: all of
// them, or where statistics say that there are many more, pages taken from all
// over the table, which is as quick and not only the oldest rows.
func sample(e schema.Entity, d *Description) (string, []any) {
	t := e.Table
	item := quoteTable(t)
	if t.Rows > 4*describeRows && !t.View {
		percent := min(100, 120*float64(describeRows)/float64(t.Rows))
		item += fmt.Sprintf(" TABLESAMPLE SYSTEM (%.6f) REPEATABLE (1)", percent)
		d.Sample = true
	}
	var where []string
	var args []any
	if e.Identities != nil {
		args = append(args, pq.StringArray(e.Identities))
		where = append(where, fmt.Sprintf("type = ANY($%d)", len(args)))
	}
	if e.Marker != "" {
		args = append(args, pq.StringArray(e.Not))
		where = append(where, pq.QuoteIdentifier(e.Marker)+" IS NOT NULL",
			fmt.Sprintf("(type IS NULL OR type <> ALL($%d))", len(args)))
	}
	if e.Failed != nil {
		where = append(where, fmt.Sprintf("failed = %t", *e.Failed))
	}
	query := "SELECT * FROM " + item
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	return fmt.Sprintf("(%s LIMIT %d) s", query, describeRows), args
}
