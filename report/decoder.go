package report

import "exptool/internal/schema"

// Decoder gives values as csv shows them, for a command that goes on with them.
type Decoder struct{ cells *cells }

// NewDecoder makes a decoder for rows of the columns; without reveal it masks
// secrets.
func NewDecoder(columns []schema.Column, reveal bool) *Decoder {
	return &Decoder{newCells(columns, Options{Reveal: reveal}, &Summary{})}
}

// Text is the text of a value of the i-th column, empty for NULL.
func (d *Decoder) Text(i int, value []byte) string { return string(d.cells.text(i, value)) }
