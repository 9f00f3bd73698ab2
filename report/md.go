package report

// mdEncoder writes a table of GitHub's Markdown, numbers to the right. It
// streams, so columns are not padded.
type mdEncoder struct {
	cells   *cells
	na      string
	scratch []byte
}

func (e *mdEncoder) begin(dst []byte) []byte {
	for _, col := range e.cells.columns {
		dst = append(dst, "| "...)
		dst = e.cell(dst, []byte(col.Name))
		dst = append(dst, ' ')
	}
	dst = append(dst, "|\n"...)
	for i := range e.cells.columns {
		if e.cells.shapes[i] == number {
			dst = append(dst, "| ---: "...)
		} else {
			dst = append(dst, "| --- "...)
		}
	}
	return append(dst, "|\n"...)
}

func (e *mdEncoder) row(dst []byte, values [][]byte) []byte {
	for i, v := range values {
		dst = append(dst, '|', ' ')
		if v = e.cells.text(i, v); v == nil {
			dst = e.cell(dst, []byte(e.na))
		} else {
			dst = e.cell(dst, v)
		}
		dst = append(dst, ' ')
	}
	return append(dst, "|\n"...)
}

func (e *mdEncoder) end(dst []byte) []byte { return dst }

// cell appends a value in such a way that it is shown as it is: what would end
// the cell, begin HTML or mark text up is escaped, a newline is <br>, other
// control characters are visible.
func (e *mdEncoder) cell(dst, v []byte) []byte {
	from := 0
	for i, b := range v {
		var instead string
		switch b {
		case '|', '\\', '`', '*':
			instead = "\\" + string(rune(b))
		case '<':
			instead = "&lt;"
		case '&':
			instead = "&amp;"
		case '\n':
			instead = "<br>"
		default:
			continue
		}
		dst = appendVisible(dst, v[from:i], 0)
		dst = append(dst, instead...)
		from = i + 1
	}
	return appendVisible(dst, v[from:], 0)
}
