package report

import (
	"io"
	"slices"

	"exptool/internal/export"
)

// ndjsonSheet writes an object a line. The first has every key of the file, null
// where it has no value, because readers take the columns from it; the others leave
// out keys that not every row has. So the first line waits until the first buffer is
// full or the file ends; where a key comes later, the file is written a second time.
type ndjsonSheet struct {
	*sheetFile
	columns func() []export.Column
	keys    [][]byte // "name":
	always  int      // how many columns every row has
	line    []byte   // the first one, without what it lacks
	has     int      // the columns in it
	first   []byte   // the lines behind it, as long as it is not written
	written int      // its columns as it was written, 0 before
}

// Row is Sheet's.
func (s *ndjsonSheet) Row(cells []export.Cell) error {
	s.know(len(cells))
	switch {
	case s.line == nil:
		s.always = slices.IndexFunc(s.columns(), func(c export.Column) bool { return len(c.Key) > 0 })
		if s.always < 0 {
			s.always = len(cells)
		}
		s.line, s.has = s.object(nil, cells, len(cells)), len(cells)
		return nil
	case s.written > 0:
		_, err := s.w.Write(s.object(s.w.AvailableBuffer(), cells, s.always))
		return err
	}
	if s.first = s.object(s.first, cells, s.always); len(s.first) < sheetBuffer {
		return nil
	}
	return s.begin()
}

// know prepares the keys of the first n columns.
func (s *ndjsonSheet) know(n int) {
	if len(s.keys) >= n {
		return
	}
	for _, c := range s.columns()[len(s.keys):n] {
		s.keys = append(s.keys, append(appendString(nil, []byte(c.Name)), ':'))
	}
}

// object appends a line, with null for cells without a value among the first always.
func (s *ndjsonSheet) object(dst []byte, cells []export.Cell, always int) []byte {
	dst = append(dst, '{')
	comma := false
	for i := range cells {
		c := &cells[i]
		if c.Text == nil && i >= always {
			continue
		}
		if comma {
			dst = append(dst, ',')
		}
		comma = true
		dst = append(dst, s.keys[i]...)
		dst = appendCell(dst, c)
	}
	return append(dst, '}', '\n')
}

// head is the first line with all keys there are.
func (s *ndjsonSheet) head() []byte {
	if s.line == nil {
		return nil
	}
	line := slices.Clone(s.line[:len(s.line)-2])
	columns := len(s.columns())
	s.know(columns)
	for i := s.has; i < columns; i++ {
		if i > 0 {
			line = append(line, ',')
		}
		line = append(append(line, s.keys[i]...), "null"...)
	}
	s.written = columns
	return append(line, '}', '\n')
}

// begin writes the lines that have waited.
func (s *ndjsonSheet) begin() error {
	_, err := s.w.Write(s.head())
	if err == nil {
		_, err = s.w.Write(s.first)
	}
	s.first = nil
	return err
}

// Close is Sheet's.
func (s *ndjsonSheet) Close() (Written, error) {
	if s.written == 0 {
		if err := s.begin(); err != nil {
			return Written{}, err
		}
	}
	if s.line == nil || len(s.columns()) == s.written {
		return s.close()
	}
	before := len(s.line) // of the line as it stands in the file
	for i := s.has; i < s.written; i++ {
		before += len(s.keys[i]) + len(",null")
	}
	in, err := s.rewind()
	if err == nil {
		_, err = s.file.Seek(int64(before), io.SeekStart)
	}
	if err != nil {
		return Written{}, err
	}
	whole, err := createSheet(s.in, s.path+".whole")
	if err != nil {
		return Written{}, err
	}
	defer whole.Discard()
	if _, err := whole.w.Write(s.head()); err != nil {
		return Written{}, err
	}
	if _, err := whole.w.ReadFrom(in); err != nil {
		return Written{}, err
	}
	return whole.replace(s.sheetFile, s.path)
}

// appendCell appends a cell as JSON.
func appendCell(dst []byte, c *export.Cell) []byte {
	if c.Text == nil {
		return append(dst, "null"...)
	}
	switch c.Kind {
	case export.Boolean, export.Integer, export.Big:
		return append(dst, c.Text...)
	case export.Number, export.Decimal:
		if isNumber(c.Text) {
			return append(dst, c.Text...)
		}
	case export.Object, export.Array:
		return appendValid(dst, c.Text)
	case export.Datetime, export.Instant:
		return appendMoment(dst, c.Text)
	}
	return appendString(dst, c.Text)
}
