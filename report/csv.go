package report

import "bytes"

// csvEncoder writes CSV as COPY … CSV does: lines end in \n, a value is quoted
// only where it must be, NULL is NA (by default nothing) and a value that looks
// like NA is quoted, so that NULL and the empty string ("") stay apart.
type csvEncoder struct {
	cells  *cells
	header bool
	na     []byte
}

// quoted marks the bytes that make a CSV field need quotes.
var quoted = [256]bool{',': true, '"': true, '\n': true, '\r': true}

func (e *csvEncoder) begin(dst []byte) []byte {
	if !e.header {
		return dst
	}
	for i, col := range e.cells.columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.field(dst, []byte(col.Name))
	}
	return append(dst, '\n')
}

func (e *csvEncoder) row(dst []byte, values [][]byte) []byte {
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		if v == nil {
			dst = append(dst, e.na...)
			continue
		}
		if e.cells.shapes[i] != number {
			if v = e.cells.text(i, v); v == nil {
				dst = append(dst, e.na...)
				continue
			}
		}
		dst = e.field(dst, v)
	}
	return append(dst, '\n')
}

func (e *csvEncoder) end(dst []byte) []byte { return dst }

// field appends one value.
func (e *csvEncoder) field(dst, v []byte) []byte {
	need := bytes.Equal(v, e.na)
	for _, b := range v {
		if quoted[b] {
			need = true
			break
		}
	}
	if !need && string(v) != `\.` { // \. alone ends the data for psql's \copy
		return append(dst, v...)
	}
	dst = append(dst, '"')
	for {
		i := bytes.IndexByte(v, '"')
		if i < 0 {
			dst = append(dst, v...)
			return append(dst, '"')
		}
		dst = append(dst, v[:i+1]...)
		dst = append(dst, '"')
		v = v[i+1:]
	}
}
