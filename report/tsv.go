package report

// tsvEncoder writes one line a row, values separated by tabs. Inside a value a
// tab is written \t, a newline \n, a carriage return \r and a backslash \\, so
// that cut, awk and sort can rely on lines and tabs. NULL is NA, by default
// nothing, and is then not told from the empty string.
type tsvEncoder struct {
	cells  *cells
	header bool
	na     string
}

func (e *tsvEncoder) begin(dst []byte) []byte {
	if !e.header {
		return dst
	}
	for i, col := range e.cells.columns {
		if i > 0 {
			dst = append(dst, '\t')
		}
		dst = appendTSV(dst, []byte(col.Name))
	}
	return append(dst, '\n')
}

func (e *tsvEncoder) row(dst []byte, values [][]byte) []byte {
	for i, v := range values {
		if i > 0 {
			dst = append(dst, '\t')
		}
		if v = e.cells.text(i, v); v == nil {
			dst = append(dst, e.na...)
			continue
		}
		dst = appendTSV(dst, v)
	}
	return append(dst, '\n')
}

func (e *tsvEncoder) end(dst []byte) []byte { return dst }

// appendTSV appends one value.
func appendTSV(dst, v []byte) []byte {
	from := 0
	for i, b := range v {
		var letter byte
		switch b {
		case '\t':
			letter = 't'
		case '\n':
			letter = 'n'
		case '\r':
			letter = 'r'
		case '\\':
			letter = '\\'
		default:
			continue
		}
		dst = append(dst, v[from:i]...)
		dst = append(dst, '\\', letter)
		from = i + 1
	}
	return append(dst, v[from:]...)
}
