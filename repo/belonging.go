package repo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/lib/pq"

	"exptool/internal/schema"
)

// Belongs says how many rows of another table refer to a row.
type Belongs struct {
	Word     string // what users call those rows: trials
	Relation string // the relation's name seen from them: participant
	Key      string // the value by which they refer
	Rows     int64
}

// Belonging counts, in one statement, the rows of every table that refer to a
// row, of which values has the columns that are filled. Tables without such
// rows are left out.
func (a *Answer) Belonging(ctx context.Context, s *schema.Schema, t *schema.Table, values map[string]string) (_ []Belongs, err error) {
	var all []Belongs
	var parts []string
	var args []any
	for _, r := range s.RelationsTo(t) {
		key, ok := values[r.RefColumn]
		from := s.Tables[r.Table]
		if !ok || from.View {
			continue
		}
		args = append(args, key)
		parts = append(parts, fmt.Sprintf("SELECT %d, count(*) FROM %s WHERE %s::text = $%d", len(all), quoteTable(from), pq.QuoteIdentifier(r.Column), len(args)))
		if col := from.Column(r.Column); col.Kind == schema.Int {
			// Typed, so that an index on the column serves.
			parts[len(parts)-1] = fmt.Sprintf("SELECT %d, count(*) FROM %s WHERE %s = $%d::bigint", len(all), quoteTable(from), pq.QuoteIdentifier(r.Column), len(args))
		}
		all = append(all, Belongs{Word: s.Called(from), Relation: r.Name, Key: key})
	}
	if len(parts) == 0 {
		return nil, nil
	}
	rows, err := a.tx.Rows(ctx, strings.Join(parts, "\nUNION ALL\n"), args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var found []Belongs
	for rows.Next() {
		i, _ := strconv.Atoi(string(rows.Values()[0]))
		if all[i].Rows, _ = strconv.ParseInt(string(rows.Values()[1]), 10, 64); all[i].Rows > 0 {
			found = append(found, all[i])
		}
	}
	return found, rows.Err()
}
