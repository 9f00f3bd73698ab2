package report

import "exptool/internal/export"

// ndjsonSheet writes an object a line. Keys without a value are null where every row
// of the file has them, and left out otherwise: a column may have come later.
type ndjsonSheet struct {
	*sheetFile
	columns func() []export.Column
	keys    [][]byte // "name":
	always  int      // how many columns every row has
}

// Row is Sheet's.
func (s *ndjsonSheet) Row(cells []export.Cell) error {
	if len(s.keys) < len(cells) {
		first := s.keys == nil
		for _, c := range s.columns()[len(s.keys):] {
			s.keys = append(s.keys, append(appendString(nil, []byte(c.Name)), ':'))
			if first && len(c.Key) == 0 {
				s.always = len(s.keys)
			}
		}
	}
	dst := append(s.w.AvailableBuffer(), '{')
	for i := range cells {
		c := &cells[i]
		if c.Text == nil && i >= s.always {
			continue
		}
		if len(dst) > 1 {
			dst = append(dst, ',')
		}
		dst = append(dst, s.keys[i]...)
		dst = appendCell(dst, c)
	}
	_, err := s.w.Write(append(dst, '}', '\n'))
	return err
}

// Close is Sheet's.
func (s *ndjsonSheet) Close() (Written, error) { return s.close() }

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
