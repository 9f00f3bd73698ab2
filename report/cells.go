package report

import (
	"bytes"
	"encoding/json"
	"strings"

	"exptool/internal/pyjson"
	"exptool/internal/schema"
)

// shape is how the values of one column are printed.
type shape uint8

const (
	plain    shape = iota // the stored text
	number                // the stored text, a number in JSON
	boolean               // t and f: true and false
	moment                // a time: in JSON with a T, as to_json() writes it
	pickle                // jsonpickle
	document              // json, jsonb
	array                 // '{1,2}', an array in JSON
	class                 // the identity of a class: its short name
	secret                // ***
)

// hidden is what a masked value prints as.
const hidden = "***"

// words are what booleans print as, by Postgres's letter.
type words struct{ t, f []byte }

// of is the word for Postgres's t or f; anything else is itself.
func (w *words) of(v []byte) []byte {
	if len(v) == 1 && v[0] == 't' {
		return w.t
	}
	if len(v) == 1 && v[0] == 'f' {
		return w.f
	}
	return v
}

// cells decodes the values of rows, column by column. It serves one goroutine:
// a slice that it returns is valid until the next call.
type cells struct {
	columns  []schema.Column
	shapes   []shape
	elements []shape // of arrays
	urls     []bool  // passwords in URLs are masked
	raw      bool
	sum      *Summary
	short    func(identity string) string
	names    map[string][]byte // short names by identity
	words    words
	hidden   []byte
	scratch  []byte
	masked   []byte
	compact  bytes.Buffer
}

// newCells prepares to print values of the columns.
func newCells(columns []schema.Column, o Options, sum *Summary) *cells {
	c := &cells{
		columns:  columns,
		shapes:   make([]shape, len(columns)),
		elements: make([]shape, len(columns)),
		urls:     make([]bool, len(columns)),
		raw:      o.Raw,
		sum:      sum,
		short:    o.Class,
		names:    map[string][]byte{},
		words:    words{t: []byte("true"), f: []byte("false")},
		hidden:   []byte(hidden),
	}
	if c.short == nil {
		c.short = schema.Short
	}
	for i, col := range columns {
		c.shapes[i] = shapeOf(col, o)
		c.elements[i] = elementOf(col, o)
		c.urls[i] = !o.Reveal && holdsText(col.Kind) && (o.HoldsURLs == nil || o.HoldsURLs(col))
	}
	return c
}

// shapeOf chooses how the values of a column are printed.
func shapeOf(col schema.Column, o Options) shape {
	switch {
	case col.Secret && !o.Reveal:
		return secret
	case o.Raw && (col.Class || col.Kind == schema.Pickle || col.Kind == schema.Timestamp || col.Kind == schema.TimestampTZ):
		return plain
	case col.Class:
		return class
	}
	switch col.Kind {
	case schema.Int, schema.Float, schema.Numeric:
		return number
	case schema.Bool:
		return boolean
	case schema.Timestamp, schema.TimestampTZ:
		return moment
	case schema.Pickle:
		return pickle
	case schema.JSON:
		return document
	case schema.Array:
		if col.Type != "box[]" { // the one type whose arrays are not separated by commas
			return array
		}
	}
	return plain
}

// elementOf is the shape of the elements of an array column.
func elementOf(col schema.Column, o Options) shape {
	if col.Kind != schema.Array {
		return plain
	}
	base, _, _ := strings.Cut(strings.TrimSuffix(col.Type, "[]"), "(")
	switch strings.TrimSpace(base) {
	case "smallint", "integer", "bigint", "real", "double precision", "numeric", "oid":
		return number
	case "boolean":
		return boolean
	case "json", "jsonb":
		return document
	}
	if strings.HasPrefix(base, "timestamp") && !o.Raw {
		return moment
	}
	return plain
}

// holdsText reports whether values of the kind can contain a URL.
func holdsText(kind schema.Kind) bool {
	switch kind {
	case schema.Text, schema.Other, schema.JSON, schema.Pickle, schema.Array:
		return true
	}
	return false
}

// text is what a cell of csv, tsv, md and table shows; nil for NULL. None in a
// jsonpickle column and null in a jsonb column are NULL, as they are in Python.
func (c *cells) text(i int, v []byte) []byte {
	if v == nil {
		return nil
	}
	out := v
	switch c.shapes[i] {
	case secret:
		c.sum.Masked++
		return c.hidden
	case class:
		return c.name(v)
	case pickle:
		if pyjson.IsNull(v) {
			return nil
		}
		decoded, err := pyjson.AppendText(c.scratch[:0], v)
		if err != nil {
			c.sum.Junk++
			break
		}
		c.scratch = decoded
		out = decoded
	case boolean:
		if !c.raw {
			out = c.words.of(v)
		}
	case document:
		if !c.raw {
			if out = c.documentText(v); out == nil {
				return nil
			}
		}
	}
	if c.urls[i] {
		return c.mask(out)
	}
	return out
}

// documentText is the compact text of a JSON document, a string without its
// quotes, nil for null.
func (c *cells) documentText(v []byte) []byte {
	doc, ok := c.condense(v)
	switch {
	case !ok:
		c.sum.Junk++
		return v
	case string(doc) == "null":
		return nil
	case doc[0] != '"':
		return doc
	}
	var s string
	if err := json.Unmarshal(doc, &s); err != nil {
		return doc // condense has read it: cannot happen
	}
	c.scratch = append(c.scratch[:0], s...)
	return c.scratch
}

// condense removes the whitespace between the tokens of a JSON document; false
// where it is none.
func (c *cells) condense(v []byte) ([]byte, bool) {
	c.compact.Reset()
	if err := json.Compact(&c.compact, v); err != nil {
		return nil, false
	}
	return c.compact.Bytes(), true
}

// name is the short name of a class. There are few, so they are kept.
func (c *cells) name(identity []byte) []byte {
	if short, ok := c.names[string(identity)]; ok {
		return short
	}
	short := []byte(c.short(string(identity)))
	if len(c.names) < maxNames {
		c.names[string(identity)] = short
	}
	return short
}

// maxNames bounds the memory of name where a column is no type column after all.
const maxNames = 4096
