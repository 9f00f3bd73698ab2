package repo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lib/pq"

	"exptool/internal/schema"
)

// Bounds of what is looked at to find out whether a column holds jsonpickle.
const (
	peekRows   = 300  // rows of a table
	peekValues = 8    // values of a column
	peekBytes  = 4000 // bytes of a value
	wideBytes  = 500  // average width from which on statistics may leave values out
)

// doubtsSQL reads what planner statistics know of some columns. Lists of names
// are what pg_stats can use: a join makes it judge the privileges of every
// column of the database, which takes ten times as long.
const doubtsSQL = `
SELECT schemaname,
       tablename,
       attname,
       null_frac = 1,
       avg_width,
       ARRAY(SELECT left(v, %d) FROM unnest(most_common_vals::text::text[]) v LIMIT %d)
    || ARRAY(SELECT left(v, %d) FROM unnest(histogram_bounds::text::text[]) v LIMIT %d)
FROM pg_stats
WHERE attname IN (%s)
  AND tablename IN (%s)`

// settle finds out which of the doubtful columns hold jsonpickle: from planner
// statistics, and for the few columns on which they are silent from some rows.
func (tx *Tx) settle(ctx context.Context, s *schema.Schema) error {
	doubts := s.Doubts()
	if len(doubts) == 0 {
		return nil
	}
	index := map[[3]string]int{}
	var columns, tables []string
	for i, d := range doubts {
		index[[3]string{d.Table.Schema, d.Table.Name, d.Column.Name}] = i
		columns = append(columns, pq.QuoteLiteral(d.Column.Name))
		tables = append(tables, pq.QuoteLiteral(d.Table.Name))
	}
	query := fmt.Sprintf(doubtsSQL, peekBytes, peekValues, peekBytes, peekValues,
		strings.Join(columns, ", "), strings.Join(slices.Compact(tables), ", "))
	settled := make([]bool, len(doubts))
	err := tx.eachRow(ctx, query, func(scan func(...any) error) error {
		var at [3]string
		var width int
		var empty bool
		var values pq.StringArray
		if err := scan(&at[0], &at[1], &at[2], &empty, &width, &values); err != nil {
			return err
		}
		i, asked := index[at]
		if !asked {
			return nil
		}
		settled[i] = empty || len(values) > 0 && width <= wideBytes
		doubts[i].Judge(values, peekBytes)
		settled[i] = settled[i] || doubts[i].Column.Kind == schema.Pickle
		return nil
	})
	if err != nil {
		return err
	}
	return tx.peek(ctx, doubts, settled)
}

// peek looks at a few rows for the columns that are not settled.
func (tx *Tx) peek(ctx context.Context, doubts []schema.Doubt, settled []bool) error {
	var parts []string
	for i, d := range doubts {
		if settled[i] || d.Table.View {
			continue
		}
		column := pq.QuoteIdentifier(d.Column.Name)
		parts = append(parts, fmt.Sprintf(
			"(SELECT %d, left(v, %d) FROM (SELECT %s FROM %s LIMIT %d) t (v) WHERE v IS NOT NULL LIMIT %d)",
			i, peekBytes, column, quoteTable(d.Table), peekRows, peekValues))
	}
	if len(parts) == 0 {
		return nil
	}
	values := map[int][]string{}
	err := tx.eachRow(ctx, strings.Join(parts, "\nUNION ALL\n"), func(scan func(...any) error) error {
		var i int
		var v string
		err := scan(&i, &v)
		values[i] = append(values[i], v)
		return err
	})
	for i, v := range values {
		doubts[i].Judge(v, peekBytes)
	}
	return err
}

// quoteTable is a table's name as SQL wants it.
func quoteTable(t *schema.Table) string {
	return pq.QuoteIdentifier(t.Schema) + "." + pq.QuoteIdentifier(t.Name)
}

// eachRow runs a query and hands every row to a function.
func (tx *Tx) eachRow(ctx context.Context, query string, row func(scan func(...any) error) error, args ...any) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}
