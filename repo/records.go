package repo

import (
	"bytes"
	"context"
	"database/sql"
	"errors"

	"exptool/internal/schema"
)

// errRecord is a composite value that is not as Postgres prints one.
var errRecord = errors.New("not a record as Postgres prints it")

// Records runs a query of one composite column, SELECT ROW(a, b, …) FROM …, and
// gives its fields, which columns describe. One composite column through lib/pq
// takes half the time of fifty columns; without a cast to text lib/pq copies a
// row less. Booleans come as true and false.
func (tx *Tx) Records(ctx context.Context, query string, columns []schema.Column, args ...any) (schema.Rows, error) {
	result, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	r := &records{call: result.call, rows: result.Rows.Rows, columns: columns, fields: make([][]byte, len(columns))}
	r.dest = []any{&r.raw}
	for i, c := range columns {
		if c.Kind == schema.Bool {
			r.bools = append(r.bools, i)
		}
	}
	return r, nil
}

// records is schema.Rows over a composite column.
type records struct {
	call    *call
	rows    *sql.Rows
	columns []schema.Column
	bools   []int
	raw     sql.RawBytes
	dest    []any
	fields  [][]byte
	buf     []byte
	err     error
}

// Columns is schema.Rows'.
func (r *records) Columns() []schema.Column { return r.columns }

// Next is schema.Rows'.
func (r *records) Next() bool {
	if r.err != nil || !r.rows.Next() {
		return false
	}
	if r.err = r.call.translate(r.rows.Scan(r.dest...)); r.err != nil {
		return false
	}
	r.buf, r.err = parseRecord(r.raw, r.fields, r.buf)
	if r.err != nil {
		return false
	}
	for _, i := range r.bools {
		r.fields[i] = boolText(r.fields[i])
	}
	return true
}

// Values is schema.Rows'.
func (r *records) Values() [][]byte { return r.fields }

// Err is schema.Rows'.
func (r *records) Err() error {
	if r.err != nil {
		return r.err
	}
	return r.call.translate(r.rows.Err())
}

// Close is schema.Rows'.
func (r *records) Close() error { return r.call.close() }

// Booleans as people and SQL write them; Postgres prints t and f.
var (
	trueText  = []byte("true")
	falseText = []byte("false")
)

func boolText(b []byte) []byte {
	switch {
	case len(b) != 1:
		return b
	case b[0] == 't':
		return trueText
	case b[0] == 'f':
		return falseText
	}
	return b
}

// parseRecord splits a composite value in Postgres's text form into fields: nil
// is NULL, "" the empty string. Fields lie in text or in buf, which is returned
// for the next call; nothing is allocated once buf is large enough.
func parseRecord(text []byte, fields [][]byte, buf []byte) ([]byte, error) {
	n := len(text)
	if n < 2 || text[0] != '(' || text[n-1] != ')' {
		return buf, errRecord
	}
	if cap(buf) < n { // grown now, so that no field moves later
		buf = make([]byte, 0, n+n/4)
	}
	buf = buf[:0]
	if len(fields) == 0 {
		if n != 2 {
			return buf, errRecord
		}
		return buf, nil
	}
	text, pos := text[:n-1], 1
	for i := range fields {
		if i > 0 {
			if pos >= len(text) || text[pos] != ',' {
				return buf, errRecord
			}
			pos++
		}
		if pos < len(text) && text[pos] == '"' {
			var ok bool
			fields[i], pos, buf, ok = quotedField(text, pos+1, buf)
			if !ok {
				return buf, errRecord
			}
			continue
		}
		end := bytes.IndexByte(text[pos:], ',')
		if end < 0 {
			end = len(text) - pos
		}
		fields[i] = text[pos : pos+end : pos+end]
		if end == 0 {
			fields[i] = nil
		}
		pos += end
	}
	if pos != len(text) {
		return buf, errRecord
	}
	return buf, nil
}

// quotedField reads a field whose opening quote lies before pos. Inside, a
// quote and a backslash are doubled.
func quotedField(text []byte, pos int, buf []byte) (field []byte, next int, out []byte, ok bool) {
	start := len(buf)
	for {
		// In JSON nearly every special byte is a doubled quote.
		i := pos
		for i < len(text) && text[i] != '"' && text[i] != '\\' {
			i++
		}
		if i >= len(text) {
			return nil, 0, buf, false
		}
		doubled := i+1 < len(text) && text[i+1] == text[i]
		switch {
		case doubled:
			buf = append(buf, text[pos:i+1]...)
			pos = i + 2
		case text[i] == '\\':
			return nil, 0, buf, false
		case len(buf) == start: // nothing was doubled: no copy
			return text[pos:i:i], i + 1, buf, true
		default:
			buf = append(buf, text[pos:i]...)
			return buf[start:len(buf):len(buf)], i + 1, buf, true
		}
	}
}
