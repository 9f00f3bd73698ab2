// Package report writes what people look at: rows as tables, CSV, TSV, JSON,
// NDJSON and Markdown, and a single row as a card. It is handed rows and never
// fetches them. All formats stream: memory does not grow with the rows.
//
// Data stay data in csv, tsv, json and ndjson: a value that holds terminal
// escape sequences is written as it is. In table, md and cards every control
// character is made visible, so that no value can act on a terminal.
package report

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"exptool/internal/schema"
)

// Formats are the names of the formats, in the order in which help lists them.
func Formats() []string {
	return []string{"table", "csv", "tsv", "json", "ndjson", "md"}
}

// Options say how rows are written. The zero value of all but Format is usable.
type Options struct {
	Format string // one of Formats
	Header bool   // table, csv, tsv: write the names of the columns first; md always does
	NA     string // what NULL prints as in table, csv, tsv and md
	Raw    bool   // values as stored: no decoding, full class names
	Reveal bool   // print secrets

	Width       int  // of the terminal in cells; 0 cuts nothing
	Color       bool // for tables and cards
	HideColumns bool // a table may leave out columns on the right that do not fit
	KeepFirst   bool // a table never cuts its first column: names to copy
	Round       bool // a table shows fractions with six digits that matter

	// Class gives the short name of a class by its identity; nil is schema.Short.
	Class func(identity string) string
	// HoldsURLs says whether passwords inside URLs are masked in a column's
	// values; nil is every column that can hold text.
	HoldsURLs func(schema.Column) bool
}

// Summary says what became of the rows, for the line on standard error.
type Summary struct {
	Rows   int64
	Masked int64    // values that were masked, wholly or in part
	Junk   int64    // values of jsonpickle or JSON columns that are neither; written as they stand
	Cut    int64    // cells of a table that end in …
	Hidden []string // columns that a table left out
}

// FormatError is the error for an unknown format.
type FormatError struct {
	Format string
	Near   string // the format that was probably meant, or empty
}

// Error names the formats there are.
func (e *FormatError) Error() string {
	if e.Near != "" {
		return fmt.Sprintf("unknown format %q: did you mean %s?", e.Format, e.Near)
	}
	return fmt.Sprintf("unknown format %q: the formats are %s", e.Format, strings.Join(Formats(), ", "))
}

// CheckFormat returns a *FormatError if there is no format of that name.
func CheckFormat(name string) error {
	if slices.Contains(Formats(), name) {
		return nil
	}
	e := &FormatError{Format: name}
	best := 3 // further away it was something else
	for _, f := range Formats() {
		if d := distance(strings.ToLower(name), f); d < best && d < len(f) {
			best, e.Near = d, f
		}
	}
	return e
}

// distance is the number of letters to insert, delete or replace to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := corner
			if a[i] != b[j] {
				replace++
			}
			corner = row[j+1]
			row[j+1] = min(replace, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// encoder turns rows into the bytes of one format. Each method appends to dst
// and returns it; a row's values are valid only during the call.
type encoder interface {
	begin(dst []byte) []byte
	row(dst []byte, values [][]byte) []byte
	end(dst []byte) []byte
}

// chunk is how many bytes are collected before they are written.
const chunk = 64 << 10

// Write writes all rows to w and says what became of them, also on an error.
// Errors of rows are returned as they are; nothing is written after one, so a
// question that fails at once leaves the output empty.
func Write(ctx context.Context, w io.Writer, rows schema.Rows, o Options) (Summary, error) {
	var sum Summary
	if err := CheckFormat(o.Format); err != nil {
		return sum, err
	}
	enc := newEncoder(rows.Columns(), o, &sum)
	err := stream(ctx, w, rows, enc, &sum)
	return sum, err
}

// newEncoder makes the encoder of a format that CheckFormat has accepted.
func newEncoder(columns []schema.Column, o Options, sum *Summary) encoder {
	cells := newCells(columns, o, sum)
	switch o.Format {
	case "csv":
		return &csvEncoder{cells: cells, header: o.Header, na: []byte(o.NA)}
	case "tsv":
		return &tsvEncoder{cells: cells, header: o.Header, na: o.NA}
	case "json":
		return &jsonEncoder{cells: cells, array: true}
	case "ndjson":
		return &jsonEncoder{cells: cells}
	case "md":
		return &mdEncoder{cells: cells, na: o.NA}
	}
	return newTable(cells, o, sum)
}

// stream moves the rows through the encoder to w.
func stream(ctx context.Context, w io.Writer, rows schema.Rows, enc encoder, sum *Summary) error {
	buf := enc.begin(make([]byte, 0, chunk+chunk/4))
	for rows.Next() {
		sum.Rows++
		buf = enc.row(buf, rows.Values())
		if len(buf) >= chunk {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := flush(w, buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return flush(w, enc.end(buf))
}

// flush writes buf.
func flush(w io.Writer, buf []byte) error {
	if len(buf) == 0 {
		return nil
	}
	if _, err := w.Write(buf); err != nil {
		return fmt.Errorf("writing the rows: %w", err)
	}
	return nil
}
