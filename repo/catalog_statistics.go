package repo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/lib/pq"

	"exptool/internal/schema"
)

// Bounds of what is looked at to find out whether a column holds jsonpickle.
const (
	peekRows   = 300  // rows of a table
	peekValues = 40   // values of a column
	peekBytes  = 1000 // bytes of a value
)

// sampled is how many rows ANALYZE looks at for the default statistics target:
// in a table that has no more, it has seen every row.
const sampled = 30000

// statisticsSQL reads what planner statistics know of the type column and of
// doubtful ones. Lists of names are what pg_stats can use: a join makes it judge
// the privileges of every column of the database, which takes ten times as long.
const statisticsSQL = CatalogMark + `
SELECT oid,
       pg_stat_get_mod_since_analyze(oid)
FROM pg_class
WHERE oid IN (%[5]s)
  AND relkind IN ('r', 'm')
  AND current_setting('server_version_num')::int >= 150000
  AND COALESCE(pg_stat_get_last_analyze_time(oid), pg_stat_get_last_autoanalyze_time(oid)) IS NOT NULL;

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

// Classes reads from planner statistics which classes are in the tables, and
// which of the columns that Catalog could not judge hold jsonpickle. It fills
// Table.Classes and completes the tree.
func (tx *Tx) Classes(ctx context.Context, s *schema.Schema) error {
	doubts := s.Doubts()
	index := map[[2]string]schema.Doubt{}
	columns := []string{"type"}
	for _, d := range doubts {
		index[[2]string{d.Table.Key(), d.Column.Name}] = d
		columns = append(columns, d.Column.Name)
	}
	var tables, oids []string
	for _, key := range slices.Sorted(maps.Keys(s.Tables)) {
		if c := s.Tables[key].Column("type"); c != nil && c.Class {
			tables = append(tables, s.Tables[key].Name)
			oids = append(oids, strconv.FormatUint(uint64(s.Tables[key].OID), 10))
		}
	}
	if len(tables) == 0 {
		return nil
	}
	query := fmt.Sprintf(statisticsSQL, peekBytes, peekValues, literals(columns), literals(tables), strings.Join(oids, ", "))
	rows, err := tx.Query(ctx, query)
	if err != nil {
		return fmt.Errorf("read planner statistics: %w", err)
	}
	if err := errors.Join(scanStatistics(rows, s, index), rows.Close()); err != nil {
		return fmt.Errorf("read planner statistics: %w", err)
	}
	s.Observe()
	return nil
}

// scanStatistics takes the result sets of statisticsSQL.
func scanStatistics(rows *Cursor, s *schema.Schema, doubts map[[2]string]schema.Doubt) error {
	changes := map[uint32]int64{} // since a table was analysed, where that is known
	for rows.Next() {
		var oid uint32
		var n int64
		if err := rows.Scan(&oid, &n); err != nil {
			return err
		}
		changes[oid] = n
	}
	if err := rows.Err(); err != nil || !rows.NextResultSet() {
		return err
	}
	for rows.Next() {
		var in, name, column string
		var st statistic
		if err := rows.Scan(&in, &name, &column, &st.nulls, &st.width, &st.distinct, &st.common, &st.freqs, &st.bounds); err != nil {
			return err
		}
		key := (&schema.Table{Schema: in, Name: name}).Key()
		if t := s.Tables[key]; t != nil && column == "type" {
			changed, known := changes[t.OID]
			st.classes(t, known && changed == 0)
		}
		if d, ok := doubts[[2]string{key, column}]; ok {
			d.Judge(append(st.common, st.bounds...), peekBytes)
		}
	}
	return rows.Err()
}

// classes notes the classes that the statistics of a table's type column list;
// fresh says that nothing changed since.
func (st *statistic) classes(t *schema.Table, fresh bool) {
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
	t.ClassesComplete = fresh && t.Rows <= sampled && len(t.Classes) == int(distinct)
}

// peek looks at a few rows of each doubtful column. Columns without a value there
// (or with numbers only) are undecided where the table has more rows than were looked at.
func (tx *Tx) peek(ctx context.Context, doubts []schema.Doubt) (undecided bool, err error) {
	var parts []string
	for i, d := range doubts {
		if !d.Table.View {
			parts = append(parts, fmt.Sprintf(
				"(SELECT %d, left(v, %d) FROM (SELECT %s FROM %s LIMIT %d) t (v) WHERE v IS NOT NULL LIMIT %d)",
				i, peekBytes, pq.QuoteIdentifier(d.Column.Name), quoteTable(d.Table), peekRows, peekValues))
		}
	}
	if len(parts) == 0 {
		return false, nil
	}
	values := map[int][]string{}
	err = tx.eachRow(ctx, CatalogMark+"\n"+strings.Join(parts, "\nUNION ALL\n"), func(scan func(...any) error) error {
		var i int
		var v string
		err := scan(&i, &v)
		values[i] = append(values[i], v)
		return err
	})
	for i, d := range doubts {
		open := d.Judge(values[i], peekBytes)
		undecided = undecided || open && d.Table.Rows > peekRows
	}
	return undecided, err
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
