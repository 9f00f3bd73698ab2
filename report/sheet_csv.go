package report

import (
	"bytes"
	"errors"
	"io"

	"exptool/internal/export"
)

// csvSheet writes CSV. The header comes when the first buffer is full or the file
// ends: by then nearly every file has all its columns. Where one comes later, the
// file is written a second time, with all names in its header and with what the
// rows before it lack.
type csvSheet struct {
	*sheetFile
	columns func() []export.Column
	csv     csvEncoder
	first   []byte // the rows, as long as the header is not written
	header  int    // how many columns it has; 0 before it is written
}

// Row is Sheet's.
func (s *csvSheet) Row(cells []export.Cell) error {
	if s.header > 0 {
		_, err := s.w.Write(s.csv.sheetRow(s.w.AvailableBuffer(), cells))
		return err
	}
	if s.first = s.csv.sheetRow(s.first, cells); len(s.first) < sheetBuffer {
		return nil
	}
	return s.begin()
}

// begin writes the header and the rows that have waited for it.
func (s *csvSheet) begin() error {
	columns := s.columns()
	s.header = len(columns)
	_, err := s.w.Write(s.csv.names(nil, columns))
	if err == nil {
		err = s.widen(s.w, bytes.NewReader(s.first), false)
	}
	s.first = nil
	return err
}

// Close is Sheet's.
func (s *csvSheet) Close() (Written, error) {
	if s.header == 0 {
		if err := s.begin(); err != nil {
			return Written{}, err
		}
	}
	columns := s.columns()
	if len(columns) == s.header {
		return s.close()
	}
	in, err := s.rewind()
	if err != nil {
		return Written{}, err
	}
	whole, err := createSheet(s.in, s.path+".whole")
	if err != nil {
		return Written{}, err
	}
	defer whole.Discard()
	s.header = len(columns)
	if _, err := whole.w.Write(s.csv.names(nil, columns)); err != nil {
		return Written{}, err
	}
	if err := s.widen(whole.w, in, true); err != nil {
		return Written{}, err
	}
	return whole.replace(s.sheetFile, s.path)
}

// widen copies rows, and adds to each the values that it lacks; named says that the
// first one is a header.
func (s *csvSheet) widen(w io.Writer, in io.Reader, named bool) error {
	missing := append(bytes.Repeat(append([]byte{','}, s.csv.na...), s.header), '\n')
	each := len(s.csv.na) + 1
	records := csvRecords{in: in}
	for {
		record, fields, err := records.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case named:
			named = false
			continue
		case fields < s.header:
			if _, err := w.Write(record[:len(record)-1]); err != nil {
				return err
			}
			record = missing[fields*each:]
		}
		if _, err := w.Write(record); err != nil {
			return err
		}
	}
}

// bare are the kinds of which no value needs quotes.
const bare = export.Boolean | export.Integer | export.Big | export.Number | export.Decimal | export.Date | export.Datetime | export.Instant

// sheetRow appends a row.
func (e *csvEncoder) sheetRow(dst []byte, cells []export.Cell) []byte {
	for i := range cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		switch c := &cells[i]; {
		case c.Text == nil:
			dst = append(dst, e.na...)
		case c.Kind&bare != 0 && len(e.na) == 0:
			dst = append(dst, c.Text...)
		default:
			dst = e.field(dst, c.Text)
		}
	}
	return append(dst, '\n')
}

// names appends a header.
func (e *csvEncoder) names(dst []byte, columns []export.Column) []byte {
	cells := make([]export.Cell, len(columns))
	for i, c := range columns {
		cells[i].Text = []byte(c.Name)
	}
	return e.sheetRow(dst, cells)
}

// csvRecords reads CSV as csvEncoder writes it, a record at a time.
type csvRecords struct {
	in         io.Reader
	buf        []byte
	start, end int // what is not read yet
	over       bool
}

// next is the next record, its newline included, and how many fields it has. It is
// valid until the next call, and may be changed.
func (r *csvRecords) next() (record []byte, fields int, err error) {
	quoted := false
	fields = 1
	for at := r.start; ; at++ {
		if at == r.end {
			behind := at - r.start
			if err := r.fill(); err != nil {
				return nil, 0, err
			}
			at = r.start + behind
		}
		switch c := r.buf[at]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			fields++
		case c == '\n':
			record = r.buf[r.start : at+1]
			r.start = at + 1
			return record, fields, nil
		}
	}
}

// fill reads more behind the record that is under way.
func (r *csvRecords) fill() error {
	if r.over {
		return io.EOF
	}
	if r.start > 0 {
		r.end = copy(r.buf, r.buf[r.start:r.end])
		r.start = 0
	}
	if len(r.buf)-r.end < sheetBuffer {
		r.buf = append(r.buf, make([]byte, max(sheetBuffer, len(r.buf)))...)
	}
	n, err := io.ReadAtLeast(r.in, r.buf[r.end:], 1)
	r.end += n
	if errors.Is(err, io.EOF) {
		r.over = true
	}
	return err
}

// split puts the fields of a record into cells, the text of each being nil where
// there is none, and returns them. The record is changed.
func split(cells []export.Cell, record []byte) []export.Cell {
	record = record[:len(record)-1]
	for {
		var text []byte
		if len(record) > 0 && record[0] == '"' {
			text, record = unquote(record[1:])
		} else {
			end := bytes.IndexByte(record, ',')
			if end < 0 {
				end = len(record)
			}
			if end > 0 {
				text = record[:end]
			}
			record = record[end:]
		}
		cells = append(cells, export.Cell{Text: text})
		if len(record) == 0 {
			return cells
		}
		record = record[1:] // the comma
	}
}

// unquote is the field whose opening quote lies before text, and what follows it.
func unquote(text []byte) (field, rest []byte) {
	to, from := 0, 0
	for {
		i := from + bytes.IndexByte(text[from:], '"')
		to += copy(text[to:], text[from:i])
		if i+1 == len(text) || text[i+1] != '"' {
			return text[:to], text[i+1:]
		}
		text[to] = '"'
		to, from = to+1, i+2
	}
}
