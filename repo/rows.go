package repo

import (
	"context"
	"database/sql"
	"fmt"

	"exptool/internal/schema"
)

// Rows runs any SELECT and gives its values as the server prints them.
func (tx *Tx) Rows(ctx context.Context, query string, args ...any) (schema.Rows, error) {
	result, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return newValues(result.call, result.Rows.Rows)
}

// values is schema.Rows over rows of any types.
type values struct {
	call    *call
	rows    *sql.Rows
	columns []schema.Column
	cells   []cell
	dest    []any
	fields  [][]byte
	err     error
}

func newValues(c *call, rows *sql.Rows) (*values, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, c.end(err)
	}
	v := &values{
		call: c, rows: rows,
		columns: make([]schema.Column, len(types)), cells: make([]cell, len(types)),
		dest: make([]any, len(types)), fields: make([][]byte, len(types)),
	}
	for i, t := range types {
		name, kind := typeOf(t.DatabaseTypeName())
		v.columns[i] = schema.Column{Name: t.Name(), Type: name, Kind: kind, Nullable: true}
		v.cells[i].driverType = t.DatabaseTypeName()
		v.dest[i] = &v.cells[i]
	}
	return v, nil
}

// Columns is schema.Rows'.
func (v *values) Columns() []schema.Column { return v.columns }

// Next is schema.Rows'.
func (v *values) Next() bool {
	if v.err != nil || !v.call.next() {
		return false
	}
	if err := v.rows.Scan(v.dest...); err != nil {
		v.err = fmt.Errorf("read a row: %w", v.call.translate(err))
		return false
	}
	for i := range v.cells {
		v.fields[i] = v.cells[i].value()
	}
	return true
}

// Values is schema.Rows'.
func (v *values) Values() [][]byte { return v.fields }

// Err is schema.Rows'.
func (v *values) Err() error {
	if v.err != nil {
		return v.err
	}
	return v.call.translate(v.rows.Err())
}

// Close is schema.Rows'.
func (v *values) Close() error { return v.call.close() }

// typeOf gives Postgres's name for a type and its kind, from lib/pq's name. The
// types that lib/pq does not know (enums, extensions' types) have no name here.
func typeOf(driverType string) (string, schema.Kind) {
	switch driverType {
	case "BOOL":
		return "boolean", schema.Bool
	case "INT2":
		return "smallint", schema.Int
	case "INT4":
		return "integer", schema.Int
	case "INT8":
		return "bigint", schema.Int
	case "OID":
		return "oid", schema.Int
	case "FLOAT4":
		return "real", schema.Float
	case "FLOAT8":
		return "double precision", schema.Float
	case "NUMERIC":
		return "numeric", schema.Numeric
	case "TEXT":
		return "text", schema.Text
	case "VARCHAR":
		return "character varying", schema.Text
	case "BPCHAR":
		return "character", schema.Text
	case "CHAR":
		return `"char"`, schema.Text
	case "NAME":
		return "name", schema.Text
	case "UUID":
		return "uuid", schema.Text
	case "UNKNOWN":
		return "text", schema.Text
	case "TIMESTAMP":
		return "timestamp without time zone", schema.Timestamp
	case "TIMESTAMPTZ":
		return "timestamp with time zone", schema.TimestampTZ
	case "DATE":
		return "date", schema.Date
	case "TIME":
		return "time without time zone", schema.Time
	case "TIMETZ":
		return "time with time zone", schema.Time
	case "INTERVAL":
		return "interval", schema.Interval
	case "JSON":
		return "json", schema.JSON
	case "JSONB":
		return "jsonb", schema.JSON
	case "BYTEA":
		return "bytea", schema.Bytes
	}
	return arrayType(driverType)
}

// arrayType is typeOf for arrays, which lib/pq names _INT4 and the like.
func arrayType(driverType string) (string, schema.Kind) {
	if len(driverType) > 1 && driverType[0] == '_' {
		if name, _ := typeOf(driverType[1:]); name != "" {
			return name + "[]", schema.Array
		}
		return driverType, schema.Array
	}
	return lower(driverType), schema.Other
}

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
