package report

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"exptool/internal/export"
)

// parquet writes a Parquet file of one flat table, as format 2.x of
// parquet-format describes it: row groups of some megabytes, a column in one page
// each, plain values behind run-length levels, compressed with gzip, the one codec
// that Go brings along and every reader has.
type parquet struct {
	w       *bufio.Writer
	at      int64 // bytes written
	columns []*parquetColumn
	rows    int64 // of the row group that is collected
	size    int   // bytes of it
	total   int64
	groups  [][]byte // the metadata of the row groups that are written
	zip     *gzip.Writer
	packed  bytes.Buffer
}

// parquetColumn is a column of the row group that is collected.
type parquetColumn struct {
	name    string
	kind    parquetKind
	values  []byte
	count   int    // of values
	bits    byte   // of booleans that do not fill a byte
	present []byte // a bit for each row: whether it has a value
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

const parquetMagic = "PAR1"

func newParquet(w *bufio.Writer, columns []export.Column) (*parquet, error) {
	zip, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	p := &parquet{w: w, zip: zip}
	for _, c := range columns {
		p.columns = append(p.columns, &parquetColumn{name: c.Name, kind: parquetKindOf(c.Kind)})
	}
	return p, errors.Join(err, p.write([]byte(parquetMagic)))
}

func (p *parquet) write(b []byte) error {
	n, err := p.w.Write(b)
	p.at += int64(n)
	return err
}

// row adds a row; cells that it lacks are columns that came later.
func (p *parquet) row(cells []export.Cell) error {
	bit := byte(1) << (p.rows % 8)
	for i, c := range p.columns {
		if p.rows%8 == 0 {
			c.present = append(c.present, 0)
		}
		if i >= len(cells) || cells[i].Text == nil {
			continue
		}
		before := len(c.values)
		if err := c.add(cells[i].Text); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		c.present[len(c.present)-1] |= bit
		p.size += len(c.values) - before
	}
	p.rows++
	if p.size < rowGroup && p.rows < 1<<20 {
		return nil
	}
	return p.flush()
}

// add appends a value in its plain encoding.
func (c *parquetColumn) add(text []byte) error {
	switch c.kind {
	case parquetBool:
		if c.count%8 == 0 {
			c.values = append(c.values, 0)
		}
		if text[0] == 't' {
			c.values[len(c.values)-1] |= 1 << (c.count % 8)
		}
	case parquetInt:
		n, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil {
			return err
		}
		c.values = binary.LittleEndian.AppendUint64(c.values, uint64(n))
	case parquetDouble:
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil && !math.IsInf(f, 0) {
			return err
		}
		c.values = binary.LittleEndian.AppendUint64(c.values, math.Float64bits(f))
	case parquetDate, parquetMoment, parquetInstant:
		t, err := readMoment(text)
		switch {
		case err != nil:
			return err
		case c.kind == parquetDate:
			c.values = binary.LittleEndian.AppendUint32(c.values, uint32(t.Unix()/86400))
		default:
			c.values = binary.LittleEndian.AppendUint64(c.values, uint64(t.UnixMicro()))
		}
	default:
		if !utf8.Valid(text) {
			text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
		}
		c.values = binary.LittleEndian.AppendUint32(c.values, uint32(len(text)))
		c.values = append(c.values, text...)
	}
	c.count++
	return nil
}

// levels are the definition levels of a page: which rows have a value.
func (c *parquetColumn) levels(rows int64) []byte {
	var runs []byte
	switch {
	case c.count == 0, int64(c.count) == rows: // one run
		runs = binary.AppendUvarint(nil, uint64(rows)<<1)
		runs = append(runs, byte(min(c.count, 1)))
	default: // bits, eight rows at a time
		runs = binary.AppendUvarint(nil, uint64(len(c.present))<<1|1)
		runs = append(runs, c.present...)
	}
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(runs))), runs...)
}

// flush writes the row group that was collected.
func (p *parquet) flush() error {
	if p.rows == 0 {
		return nil
	}
	var chunks [][]byte
	var sizes int64
	for _, c := range p.columns {
		chunk, size, err := p.chunk(c)
		if err != nil {
			return err
		}
		chunks = append(chunks, chunk)
		sizes += size
		c.values, c.present, c.count = c.values[:0], c.present[:0], 0
		if cap(c.values) > rowGroup {
			c.values = nil // of a huge value
		}
	}
	var t thrift
	t.list(1, thriftStruct, chunks)
	t.i64(2, sizes)
	t.i64(3, p.rows)
	p.groups = append(p.groups, t.end())
	p.total += p.rows
	p.rows, p.size = 0, 0
	return nil
}

// chunk writes the page of a column and returns its metadata and its size before it
// was compressed.
func (p *parquet) chunk(c *parquetColumn) (metadata []byte, size int64, err error) {
	levels := c.levels(p.rows)
	p.packed.Reset()
	p.zip.Reset(&p.packed)
	_, err = p.zip.Write(levels)
	if err == nil {
		_, err = p.zip.Write(c.values)
	}
	if err = errors.Join(err, p.zip.Close()); err != nil {
		return nil, 0, err
	}
	plain := len(levels) + len(c.values)
	var page thrift
	page.i32(1, 0) // a data page
	page.i32(2, plain)
	page.i32(3, p.packed.Len())
	page.nested(5, func(h *thrift) {
		h.i32(1, int(p.rows))
		h.i32(2, 0) // values: plain
		h.i32(3, 3) // levels: runs
		h.i32(4, 3)
	})
	header := page.end()
	begin := p.at
	if err := errors.Join(p.write(header), p.write(p.packed.Bytes())); err != nil {
		return nil, 0, err
	}
	size = int64(len(header) + plain)
	var t thrift
	t.i64(2, begin)
	t.nested(3, func(m *thrift) {
		m.i32(1, c.kind.physical())
		m.list(2, thriftI32, [][]byte{zigzag(0), zigzag(3)})
		m.list(3, thriftBinary, [][]byte{thriftString(c.name)})
		m.i32(4, 2) // gzip
		m.i64(5, p.rows)
		m.i64(6, size)
		m.i64(7, p.at-begin)
		m.i64(9, begin)
	})
	if p.packed.Cap() > rowGroup {
		p.packed = bytes.Buffer{}
	}
	return t.end(), size, nil
}

// close writes the last row group and the footer.
func (p *parquet) close() error {
	if err := p.flush(); err != nil {
		return err
	}
	var root thrift
	root.text(4, "table")
	root.i32(5, len(p.columns))
	elements := [][]byte{root.end()}
	for _, c := range p.columns {
		elements = append(elements, c.element())
	}
	var t thrift
	t.i32(1, 2)
	t.list(2, thriftStruct, elements)
	t.i64(3, p.total)
	t.list(4, thriftStruct, p.groups)
	t.text(6, "exptool")
	footer := t.end()
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(footer)))
	return p.write(append(footer, parquetMagic...))
}
