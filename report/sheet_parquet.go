package report

import (
	"errors"
	"io"
	"strings"

	"exptool/internal/export"
)

// parquetSheet writes Parquet. Its columns have types, which are known at the end:
// until then the rows are kept as CSV.
type parquetSheet struct {
	*sheetFile
	columns func() []export.Column
	csv     csvEncoder
}

// Row is Sheet's.
func (s *parquetSheet) Row(cells []export.Cell) error {
	_, err := s.w.Write(s.csv.sheetRow(s.w.AvailableBuffer(), cells))
	return err
}

// Close is Sheet's.
func (s *parquetSheet) Close() (Written, error) {
	in, err := s.rewind()
	if err != nil {
		return Written{}, err
	}
	path := strings.TrimSuffix(s.path, ".rows")
	whole, err := createSheet(s.in, path+".whole")
	if err != nil {
		return Written{}, err
	}
	defer whole.Discard()
	w := newParquet(whole.w, s.columns())
	var cells []export.Cell
	for records := (csvRecords{in: in}); ; {
		record, _, err := records.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			cells = split(cells[:0], record)
			err = w.row(cells)
		}
		if err != nil {
			return Written{}, err
		}
	}
	if err := w.w.Close(); err != nil {
		return Written{}, err
	}
	return whole.replace(s.sheetFile, path)
}
