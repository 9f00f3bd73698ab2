package report

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"exptool/internal/export"
)

// errParquet is a file that has other columns than were written.
var errParquet = errors.New("the columns of the Parquet file are not those that were written")

// EachParquetText calls visit for every text of a Parquet file that a Sheet with these
// columns has written: as the file has it, not as it was meant. Rows count from 1; how
// many there are is returned.
func EachParquetText(file interface {
	io.ReaderAt
	io.Seeker
}, columns []export.Column, visit func(row int64, column string, text []byte)) (rows int64, err error) {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	in, err := parquet.OpenFile(file, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return 0, err
	}
	if !parquet.EqualNodes(in.Schema(), parquetSchema(columns)) {
		return 0, errParquet
	}
	for _, group := range in.RowGroups() {
		for i, c := range columns {
			if parquetKindOf(c.Kind) != parquetText {
				continue
			}
			n, err := eachText(group.ColumnChunks()[i], func(i int64, text []byte) { visit(rows+i+1, c.Name, text) })
			if err == nil && n != group.NumRows() {
				err = fmt.Errorf("a row group has %d of %d rows", n, group.NumRows())
			}
			if err != nil {
				return rows, fmt.Errorf("%s: %w", c.Name, err)
			}
		}
		rows += group.NumRows()
	}
	return rows, nil
}

// eachText calls visit for the texts of a column in a row group, and counts its rows.
func eachText(chunk parquet.ColumnChunk, visit func(i int64, text []byte)) (rows int64, err error) {
	pages := chunk.Pages()
	defer func() { err = errors.Join(err, pages.Close()) }()
	values := make([]parquet.Value, 64)
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		for in := page.Values(); err == nil; {
			var n int
			n, err = in.ReadValues(values)
			for _, v := range values[:n] {
				if !v.IsNull() {
					visit(rows, v.ByteArray())
				}
				rows++
			}
		}
		parquet.Release(page)
		if !errors.Is(err, io.EOF) {
			return rows, err
		}
	}
}
