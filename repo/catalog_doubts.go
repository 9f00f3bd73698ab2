package repo

import (
	"context"
	"errors"
	"fmt"
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

// doubtsSQL reads what planner statistics know of some columns.
const doubtsSQL = `/* exptool */
SELECT d.i,
       s.null_frac = 1,
       s.avg_width,
       ARRAY(SELECT left(v, %d) FROM unnest(s.most_common_vals::text::text[]) v LIMIT %d)
    || ARRAY(SELECT left(v, %d) FROM unnest(s.histogram_bounds::text::text[]) v LIMIT %d)
FROM (VALUES %s) d (i, s, t, c)
JOIN pg_stats s ON s.schemaname = d.s AND s.tablename = d.t AND s.attname = d.c`

// settle finds out which of the doubtful columns hold jsonpickle: from planner
// statistics, and for the few columns on which they are silent from some rows.
func settle(ctx context.Context, q queryer, s *schema.Schema) error {
	doubts := s.Doubts()
	if len(doubts) == 0 {
		return nil
	}
	var of []string
	for i, d := range doubts {
		of = append(of, fmt.Sprintf("(%d, %s, %s, %s)", i, pq.QuoteLiteral(d.Table.Schema),
			pq.QuoteLiteral(d.Table.Name), pq.QuoteLiteral(d.Column.Name)))
	}
	query := fmt.Sprintf(doubtsSQL, peekBytes, peekValues, peekBytes, peekValues, strings.Join(of, ", "))
	settled := make([]bool, len(doubts))
	err := eachRow(ctx, q, query, func(scan func(...any) error) error {
		var i, width int
		var empty bool
		var values pq.StringArray
		if err := scan(&i, &empty, &width, &values); err != nil {
			return err
		}
		settled[i] = empty || len(values) > 0 && width <= wideBytes
		doubts[i].Judge(values, peekBytes)
		settled[i] = settled[i] || doubts[i].Column.Kind == schema.Pickle
		return nil
	})
	if err != nil {
		return err
	}
	return peek(ctx, q, doubts, settled)
}

// peek looks at a few rows for the columns that are not settled.
func peek(ctx context.Context, q queryer, doubts []schema.Doubt, settled []bool) error {
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
	err := eachRow(ctx, q, "/* exptool */\n"+strings.Join(parts, "\nUNION ALL\n"), func(scan func(...any) error) error {
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
func eachRow(ctx context.Context, q queryer, query string, row func(scan func(...any) error) error, args ...any) error {
	rows, err := q.QueryxContext(ctx, query, args...)
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
