package report

import (
	"encoding/binary"
	"time"
)

// thrift is a struct in Thrift's compact protocol, in which Parquet keeps its
// metadata.
type thrift struct {
	b    []byte
	last int // the field before
}

// The types of Thrift that Parquet's metadata need.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftI32    = 5
	thriftI64    = 6
	thriftBinary = 8
	thriftList   = 9
	thriftStruct = 12
)

// field begins a field; ids rise, by 15 at most.
func (t *thrift) field(id int, kind byte) {
	t.b = append(t.b, byte(id-t.last)<<4|kind)
	t.last = id
}

func (t *thrift) i32(id, v int) { t.field(id, thriftI32); t.b = append(t.b, zigzag(int64(v))...) }

func (t *thrift) i64(id int, v int64) { t.field(id, thriftI64); t.b = append(t.b, zigzag(v)...) }

func (t *thrift) text(id int, s string) {
	t.field(id, thriftBinary)
	t.b = append(t.b, thriftString(s)...)
}

func (t *thrift) truth(id int, v bool) {
	if v {
		t.field(id, thriftTrue)
	} else {
		t.field(id, thriftFalse)
	}
}

func (t *thrift) nested(id int, fill func(*thrift)) {
	t.field(id, thriftStruct)
	var inner thrift
	fill(&inner)
	t.b = append(t.b, inner.end()...)
}

func (t *thrift) list(id int, kind byte, elements [][]byte) {
	t.field(id, thriftList)
	if n := len(elements); n < 15 {
		t.b = append(t.b, byte(n)<<4|kind)
	} else {
		t.b = binary.AppendUvarint(append(t.b, 0xf0|kind), uint64(n))
	}
	for _, e := range elements {
		t.b = append(t.b, e...)
	}
}

// end ends the struct.
func (t *thrift) end() []byte { return append(t.b, 0) }

func zigzag(v int64) []byte { return binary.AppendVarint(nil, v) }

func thriftString(s string) []byte {
	return append(binary.AppendUvarint(nil, uint64(len(s))), s...)
}

// physical is the number of the type in which the values are stored.
func (k parquetKind) physical() int {
	switch k {
	case parquetBool:
		return 0
	case parquetDate:
		return 1 // int32
	case parquetInt, parquetMoment, parquetInstant:
		return 2 // int64
	case parquetDouble:
		return 5
	}
	return 6 // bytes
}

// element describes the column in the schema.
func (c *parquetColumn) element() []byte {
	var t thrift
	t.i32(1, c.kind.physical())
	t.i32(3, 1) // optional
	t.text(4, c.name)
	switch c.kind {
	case parquetText:
		t.i32(6, 0) // UTF-8, for readers that know no logical types
		t.nested(10, func(l *thrift) { l.nested(1, func(*thrift) {}) })
	case parquetDate:
		t.i32(6, 6)
		t.nested(10, func(l *thrift) { l.nested(6, func(*thrift) {}) })
	case parquetMoment, parquetInstant:
		t.nested(10, func(l *thrift) {
			l.nested(8, func(m *thrift) {
				m.truth(1, c.kind == parquetInstant)
				m.nested(2, func(unit *thrift) { unit.nested(2, func(*thrift) {}) }) // microseconds
			})
		})
	}
	return t.end()
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
