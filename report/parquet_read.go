package report

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"exptool/internal/export"
)

// errParquet is a file that is not as parquet writes it.
var errParquet = errors.New("not a Parquet file as exptool writes it")

// EachParquetText calls visit for every text of a Parquet file that a Sheet with these
// columns has written: as the file has it, not as it was meant. Rows count from 1; how
// many there are is returned.
func EachParquetText(file io.ReadSeeker, columns []export.Column, visit func(row int64, column string, text []byte)) (rows int64, err error) {
	in, err := parquetPages(file)
	if err != nil {
		return 0, err
	}
	for {
		var group int64 // rows of the row group
		for i, c := range columns {
			page, n, err := nextPage(in)
			if errors.Is(err, io.EOF) && i == 0 {
				return rows, nil
			}
			if err != nil {
				return rows, fmt.Errorf("%s: %w", c.Name, err)
			}
			group = n
			if parquetKindOf(c.Kind) != parquetText {
				continue
			}
			if err := eachText(page, n, func(i int64, text []byte) { visit(rows+i+1, c.Name, text) }); err != nil {
				return rows, fmt.Errorf("%s: %w", c.Name, err)
			}
		}
		rows += group
	}
}

// parquetPages is what lies between the magic and the footer.
func parquetPages(file io.ReadSeeker) (*bufio.Reader, error) {
	const magic = int64(len(parquetMagic))
	ends := make([]byte, 3*magic) // the beginning; the footer's length and the end
	if _, err := io.ReadFull(file, ends[:magic]); err != nil {
		return nil, errParquet
	}
	end, err := file.Seek(-2*magic, io.SeekEnd)
	if err != nil {
		return nil, errParquet
	}
	if _, err := io.ReadFull(file, ends[magic:]); err != nil {
		return nil, err
	}
	end -= int64(binary.LittleEndian.Uint32(ends[magic:]))
	if string(ends[:magic]) != parquetMagic || string(ends[2*magic:]) != parquetMagic || end < magic {
		return nil, errParquet
	}
	if _, err := file.Seek(magic, io.SeekStart); err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(io.LimitReader(file, end-magic), sheetBuffer), nil
}

// nextPage reads a page: its bytes before they were compressed, and how many rows.
func nextPage(in *bufio.Reader) (page []byte, rows int64, err error) {
	if _, err := in.Peek(1); err != nil {
		return nil, 0, err
	}
	sizes, err := thriftInts(in, 3)
	if err != nil {
		return nil, 0, err
	}
	if kind, err := in.ReadByte(); err != nil || kind&0x0f != thriftStruct {
		return nil, 0, errors.Join(err, errParquet)
	}
	counts, err := thriftInts(in, 4)
	if err != nil {
		return nil, 0, err
	}
	ends := make([]byte, 2) // of both structs
	if _, err := io.ReadFull(in, ends); err != nil || !bytes.Equal(ends, []byte{0, 0}) {
		return nil, 0, errors.Join(err, errParquet)
	}
	packed := io.LimitReader(in, sizes[2])
	zip, err := gzip.NewReader(packed)
	if err != nil {
		return nil, 0, err
	}
	page, err = io.ReadAll(zip)
	if err == nil && int64(len(page)) != sizes[1] {
		err = errParquet
	}
	return page, counts[0], err
}

// thriftInts reads n fields that are numbers.
func thriftInts(in *bufio.Reader, n int) ([]int64, error) {
	values := make([]int64, n)
	for i := range values {
		kind, err := in.ReadByte()
		if err != nil || kind&0x0f != thriftI32 {
			return nil, errors.Join(err, errParquet)
		}
		if values[i], err = binary.ReadVarint(in); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// eachText calls visit for the texts of a page.
func eachText(page []byte, rows int64, visit func(i int64, text []byte)) error {
	if len(page) < 4 || int64(len(page)) < 4+int64(binary.LittleEndian.Uint32(page)) {
		return errParquet
	}
	n := binary.LittleEndian.Uint32(page)
	levels, values := page[4:4+n], page[4+n:]
	head, size := binary.Uvarint(levels)
	if size <= 0 || len(levels) <= size {
		return errParquet
	}
	levels = levels[size:]
	for i := range rows {
		bit := levels[0] // of a run
		if head&1 == 1 {
			bit = levels[i/8] >> (i % 8)
		}
		if bit&1 == 0 {
			continue
		}
		if len(values) < 4 || len(values)-4 < int(binary.LittleEndian.Uint32(values)) {
			return errParquet
		}
		n := binary.LittleEndian.Uint32(values)
		visit(i, values[4:4+n])
		values = values[4+n:]
	}
	return nil
}
