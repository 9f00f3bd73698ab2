package report

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"

	"exptool/internal/export"
)

// parquetFile writes a Parquet file of one flat table: row groups of some megabytes,
// whose values are plain behind their levels, compressed with zstd.
type parquetFile struct {
	w       *parquet.GenericWriter[any]
	columns []export.Column
	kinds   []parquetKind
	rows    []parquet.Row // the one that is written
	size    int           // bytes of the texts of the row group, and of its other values
	count   int           // rows of it
}

// parquetKind is how the values of a column are stored.
type parquetKind uint8

const (
	parquetText parquetKind = iota
	parquetBool
	parquetInt
	parquetDouble
	parquetDate
	parquetMoment  // microseconds, without a zone
	parquetInstant // microseconds, UTC
)

// parquetKindOf chooses it. What no number of 64 bits holds is text.
func parquetKindOf(k export.Kind) parquetKind {
	switch {
	case k.Only(export.Boolean):
		return parquetBool
	case k.Only(export.Integer):
		return parquetInt
	case k.Only(export.Integer | export.Number):
		return parquetDouble
	case k.Only(export.Date):
		return parquetDate
	case k.Only(export.Datetime):
		return parquetMoment
	case k.Only(export.Instant):
		return parquetInstant
	}
	return parquetText
}

// rowGroup is how many bytes of values a row group has: memory is a small multiple.
const rowGroup = 16 << 20

func newParquet(w io.Writer, columns []export.Column) *parquetFile {
	p := &parquetFile{columns: columns, rows: []parquet.Row{make(parquet.Row, len(columns))}}
	options := []parquet.WriterOption{
		parquet.Compression(&parquet.Zstd),
		parquet.PageBufferSize(sheetBuffer), // each column has one
		parquet.DefaultEncoding(&parquet.Plain),
		parquet.DataPageVersion(1), // every reader has it
		parquet.DataPageStatistics(false),
	}
	for _, c := range columns {
		kind := parquetKindOf(c.Kind)
		p.kinds = append(p.kinds, kind)
		if kind == parquetText || kind == parquetDouble {
			options = append(options, parquet.SkipPageBounds(c.Name))
		}
	}
	p.w = parquet.NewGenericWriter[any](w, append(options, parquetSchema(columns))...)
	return p
}

// row adds a row; cells that it lacks are columns that came later.
func (p *parquetFile) row(cells []export.Cell) error {
	row := p.rows[0]
	for i, kind := range p.kinds {
		if i >= len(cells) || cells[i].Text == nil {
			row[i] = parquet.NullValue().Level(0, 0, i)
			continue
		}
		v, err := kind.value(cells[i].Text)
		if err != nil {
			return fmt.Errorf("%s: %w", p.columns[i].Name, err)
		}
		row[i] = v.Level(0, 1, i)
		p.size += len(cells[i].Text)
	}
	if _, err := p.w.WriteRows(p.rows); err != nil {
		return err
	}
	if p.count++; p.size < rowGroup && p.count < 1<<20 {
		return nil
	}
	p.size, p.count = 0, 0
	return p.w.Flush()
}

// value reads a text as what the column stores.
func (k parquetKind) value(text []byte) (parquet.Value, error) {
	switch k {
	case parquetBool:
		return parquet.BooleanValue(text[0] == 't'), nil
	case parquetInt:
		n, err := strconv.ParseInt(string(text), 10, 64)
		return parquet.Int64Value(n), err
	case parquetDouble:
		f, err := strconv.ParseFloat(string(text), 64)
		if math.IsInf(f, 0) {
			err = nil // of 1e400
		}
		return parquet.DoubleValue(f), err
	case parquetDate:
		t, err := readMoment(text)
		return parquet.Int32Value(int32(t.Unix() / 86400)), err
	case parquetMoment, parquetInstant:
		t, err := readMoment(text)
		return parquet.Int64Value(t.UnixMicro()), err
	}
	if !utf8.Valid(text) {
		text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	}
	return parquet.ByteArrayValue(text), nil
}

// readMoment reads a date or a time as Postgres or Python's isoformat writes it.
func readMoment(text []byte) (time.Time, error) {
	layout := time.DateOnly
	switch n := len(text); {
	case n > len(time.DateOnly) && text[len(time.DateOnly)] == 'T':
		layout = "2006-01-02T15:04:05.999999"
	case n > len(time.DateTime) && (text[n-3] == '+' || text[n-3] == '-'):
		layout = "2006-01-02 15:04:05.999999-07"
	case n > len(time.DateTime) && (text[n-6] == '+' || text[n-6] == '-'):
		layout = "2006-01-02 15:04:05.999999-07:00"
	case n > len(time.DateTime) && (text[n-9] == '+' || text[n-9] == '-'):
		layout = "2006-01-02 15:04:05.999999-07:00:00"
	case n >= len(time.DateTime):
		layout = "2006-01-02 15:04:05.999999"
	}
	return time.Parse(layout, string(text))
}
