package repo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
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

// sampled is how many rows ANALYZE looks at for the default statistics target:
// in a table that has no more, it has seen every row.
const sampled = 30000

// statisticsSQL reads what planner statistics know of the type column and of
// doubtful ones. Lists of names are what pg_stats can use: a join makes it judge
// the privileges of every column of the database, which takes ten times as long.
const statisticsSQL = `
SELECT schemaname,
       tablename,
       attname,
       null_frac,
       avg_width,
       n_distinct,
       CASE attname WHEN 'type' THEN most_common_vals::text::text[]
       ELSE ARRAY(SELECT left(v, %[1]d) FROM unnest(most_common_vals::text::text[]) v LIMIT %[2]d) END,
       CASE attname WHEN 'type' THEN most_common_freqs END,
       CASE attname WHEN 'type' THEN histogram_bounds::text::text[]
       ELSE ARRAY(SELECT left(v, %[1]d) FROM unnest(histogram_bounds::text::text[]) v LIMIT %[2]d) END
FROM pg_stats
WHERE attname IN (%[3]s)
  AND tablename IN (%[4]s)`

// statistic is a row of pg_stats.
type statistic struct {
	nulls, distinct float64
	width           int
	common, bounds  pq.StringArray
	freqs           pq.Float64Array
}

// statistics reads from planner statistics which classes are in the tables, and
// which of the doubtful columns hold jsonpickle; for the few columns on which
// they are silent it looks at some rows. changes are the rows changed since a
// table was analysed, where that is known.
func (tx *Tx) statistics(ctx context.Context, s *schema.Schema, changes map[string]int64) error {
	doubts := s.Doubts()
	index := map[[2]string]int{}
	columns := []string{"type"}
	for i, d := range doubts {
		index[[2]string{d.Table.Key(), d.Column.Name}] = i
		columns = append(columns, d.Column.Name)
	}
	var tables []string
	for _, key := range slices.Sorted(maps.Keys(s.Tables)) {
		if c := s.Tables[key].Column("type"); c != nil && c.Class {
			tables = append(tables, s.Tables[key].Name)
		}
	}
	if len(tables) == 0 {
		return nil
	}
	query := fmt.Sprintf(statisticsSQL, peekBytes, peekValues, literals(columns), literals(tables))
	settled := make([]bool, len(doubts))
	err := tx.eachRow(ctx, query, func(scan func(...any) error) error {
		var in, name, column string
		var st statistic
		if err := scan(&in, &name, &column, &st.nulls, &st.width, &st.distinct, &st.common, &st.freqs, &st.bounds); err != nil {
			return err
		}
		key := (&schema.Table{Schema: in, Name: name}).Key()
		if t := s.Tables[key]; t != nil && column == "type" {
			st.classes(t, changes)
		}
		if i, ok := index[[2]string{key, column}]; ok {
			values := append(st.common, st.bounds...)
			doubts[i].Judge(values, peekBytes)
			settled[i] = st.nulls == 1 || doubts[i].Column.Kind == schema.Pickle || len(values) > 0 && st.width <= wideBytes
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.Observe()
	return tx.peek(ctx, doubts, settled)
}

// classes notes the classes that the statistics of a table's type column list.
func (st *statistic) classes(t *schema.Table, changes map[string]int64) {
	if t.Classes != nil {
		return // a parent's statistics with and without its children
	}
	total := float64(max(t.Rows, 0))
	for i, value := range st.common {
		n := int64(1)
		if i < len(st.freqs) {
			n = max(1, int64(math.Round(st.freqs[i]*total)))
		}
		t.Classes = append(t.Classes, schema.ClassCount{Identity: value, Rows: n})
	}
	for _, value := range st.bounds { // the rare ones, where there are few
		t.Classes = append(t.Classes, schema.ClassCount{Identity: value, Rows: 1})
	}
	distinct := st.distinct
	if distinct < 0 {
		distinct = math.Round(-distinct * total)
	}
	changed, known := changes[t.Key()]
	t.ClassesComplete = known && changed == 0 && t.Rows <= sampled && len(t.Classes) == int(distinct)
}

// peek looks at a few rows for the columns that are not settled.
func (tx *Tx) peek(ctx context.Context, doubts []schema.Doubt, settled []bool) error {
	var parts []string
	for i, d := range doubts {
		if settled[i] || d.Table.View {
			continue
		}
		parts = append(parts, fmt.Sprintf(
			"(SELECT %d, left(v, %d) FROM (SELECT %s FROM %s LIMIT %d) t (v) WHERE v IS NOT NULL LIMIT %d)",
			i, peekBytes, pq.QuoteIdentifier(d.Column.Name), quoteTable(d.Table), peekRows, peekValues))
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

// literals lists texts as SQL wants them.
func literals(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = pq.QuoteLiteral(text)
	}
	return strings.Join(quoted, ", ")
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
