package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"exptool/internal/schema"
)

// Buffered are rows held in memory: small results that are looked at before
// they are written.
type Buffered struct {
	columns []schema.Column
	rows    [][][]byte
	next    int
}

// Buffer reads rows to their end and closes them.
func Buffer(rows schema.Rows) (*Buffered, error) {
	b := &Buffered{columns: rows.Columns()}
	for rows.Next() {
		row := make([][]byte, len(rows.Values()))
		for i, v := range rows.Values() {
			row[i] = bytes.Clone(v)
		}
		b.rows = append(b.rows, row)
	}
	return b, errors.Join(rows.Err(), rows.Close())
}

// Texts makes rows of texts, an empty one being NULL.
func Texts(columns []schema.Column, rows [][]string) *Buffered {
	b := &Buffered{columns: columns}
	for _, r := range rows {
		row := make([][]byte, len(r))
		for i, v := range r {
			if v != "" {
				row[i] = []byte(v)
			}
		}
		b.rows = append(b.rows, row)
	}
	return b
}

// Len is the number of rows.
func (b *Buffered) Len() int { return len(b.rows) }

// Truncate keeps the first n rows; 0 keeps all.
func (b *Buffered) Truncate(n int) {
	if n > 0 && n < len(b.rows) {
		b.rows = b.rows[:n]
	}
}

// LeaveOut drops the columns named in usual whose every value is the usual one
// given there, the empty one being NULL.
func (b *Buffered) LeaveOut(usual map[string]string) {
	for i := len(b.columns) - 1; i >= 0; i-- {
		value, named := usual[b.columns[i].Name]
		if !named || slices.ContainsFunc(b.rows, func(row [][]byte) bool { return string(row[i]) != value }) {
			continue
		}
		b.columns = slices.Delete(slices.Clone(b.columns), i, i+1)
		for r := range b.rows {
			b.rows[r] = slices.Delete(b.rows[r], i, i+1)
		}
	}
}

// Row is the i-th row's values, nil for NULL.
func (b *Buffered) Row(i int) [][]byte { return b.rows[i] }

// Lines are the first rows in a line each, for an error message: the first
// four columns that have a value, as o prints it.
func (b *Buffered) Lines(most int, o Options) []string {
	var lines []string
	cells := newCells(b.columns, o, &Summary{})
	for _, row := range b.rows[:min(most, len(b.rows))] {
		var parts []string
		for i, v := range row {
			if len(parts) == 4 {
				break
			}
			if v = cells.text(i, v); v != nil {
				parts = append(parts, fmt.Sprintf("%s=%.60s", b.columns[i].Name, v))
			}
		}
		lines = append(lines, strings.Join(parts, " "))
	}
	return lines
}

// WriteValues writes the first column of rows and nothing else, a value a line
// and without quotes, for $(exptool …). It closes the rows.
func WriteValues(w io.Writer, rows schema.Rows, o Options) (sum Summary, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	cells := newCells(rows.Columns(), o, &sum)
	for rows.Next() {
		v := cells.text(0, rows.Values()[0])
		if v == nil {
			v = []byte(o.NA)
		}
		sum.Rows++
		if _, err := w.Write(append(bytes.Clone(v), '\n')); err != nil {
			return sum, err
		}
	}
	return sum, rows.Err()
}

// Columns is schema.Rows'.
func (b *Buffered) Columns() []schema.Column { return b.columns }

// Next is schema.Rows'.
func (b *Buffered) Next() bool {
	b.next++
	return b.next <= len(b.rows)
}

// Values is schema.Rows'.
func (b *Buffered) Values() [][]byte { return b.rows[b.next-1] }

// Err is schema.Rows'.
func (b *Buffered) Err() error { return nil }

// Close is schema.Rows'.
func (b *Buffered) Close() error { return nil }

// Wide turns the last of the grouping columns into columns: a row for each
// combination of the others, a column for each value of the last and each
// aggregate. Combinations that do not occur are NULL. Columns are named by the
// values as o prints them.
func Wide(rows schema.Rows, by int, o Options) (*Buffered, error) {
	long, err := Buffer(rows)
	if err != nil {
		return nil, err
	}
	w := &Buffered{columns: append([]schema.Column{}, long.columns[:by-1]...)}
	values := long.columns[by:]
	cells := newCells(long.columns, o, &Summary{})
	places := map[string]int{} // of a value of the last grouping column: its first new column
	lines := map[string][][]byte{}
	var order []string
	for _, row := range long.rows {
		name := "NULL"
		if v := cells.text(by-1, row[by-1]); v != nil {
			name = string(v)
		}
		if _, ok := places[name]; !ok {
			places[name] = len(w.columns)
			for _, v := range values {
				if v.Name = name + "_" + v.Name; len(values) == 1 {
					v.Name = name
				}
				w.columns = append(w.columns, v)
			}
		}
		key := fmt.Sprintf("%q", row[:by-1])
		if _, ok := lines[key]; !ok {
			order = append(order, key)
			lines[key] = append([][]byte{}, row[:by-1]...)
		}
		line := lines[key]
		for len(line) < len(w.columns) {
			line = append(line, nil)
		}
		copy(line[places[name]:], row[by:])
		lines[key] = line
	}
	for _, key := range order {
		line := lines[key]
		for len(line) < len(w.columns) {
			line = append(line, nil)
		}
		w.rows = append(w.rows, line)
	}
	return w, nil
}

// Bytes writes a size for people: 13 MB. A negative one is not known: empty.
func Bytes(n int64) string {
	switch {
	case n < 0:
		return ""
	case n < 10_000:
		return fmt.Sprintf("%d B", n)
	case n < 10_000_000:
		return fmt.Sprintf("%d kB", (n+500)/1000)
	case n < 10_000_000_000:
		return fmt.Sprintf("%d MB", (n+500_000)/1_000_000)
	}
	return fmt.Sprintf("%d GB", (n+500_000_000)/1_000_000_000)
}

// Values makes rows of values, nil being NULL.
func Values(columns []schema.Column, rows [][][]byte) *Buffered {
	return &Buffered{columns: columns, rows: rows}
}
