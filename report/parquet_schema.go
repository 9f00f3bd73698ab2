package report

import (
	"math"
	"strings"

	"github.com/parquet-go/parquet-go"

	"exptool/internal/export"
)

// parquetSchema is the schema of a table, every column of which may be NULL.
func parquetSchema(columns []export.Column) *parquet.Schema {
	var table parquetTable
	for _, c := range columns {
		group := parquet.Group{c.Name: parquet.Optional(parquetKindOf(c.Kind).node())}
		table.fields = append(table.fields, group.Fields()...)
	}
	return parquet.NewSchema("table", table)
}

// parquetTable is a group that keeps its columns' order, where parquet.Group sorts them.
type parquetTable struct {
	parquet.Group
	fields []parquet.Field
}

// Fields is parquet.Node's.
func (t parquetTable) Fields() []parquet.Field { return t.fields }

// node describes a column.
func (k parquetKind) node() parquet.Node {
	switch k {
	case parquetBool:
		return parquet.Leaf(parquet.BooleanType)
	case parquetInt:
		return parquet.Leaf(parquet.Int64Type)
	case parquetDouble:
		nan := parquet.DoubleValue(math.NaN())
		return parquet.Leaf(boundless{parquet.DoubleType, nan, nan})
	case parquetDate:
		return parquet.Date()
	case parquetMoment, parquetInstant:
		return parquet.TimestampAdjusted(parquet.Microsecond, k == parquetInstant)
	}
	// U+10FFFF is no character: no text lies behind it.
	last := strings.Repeat("\U0010FFFF", 4)
	return parquet.Leaf(boundless{parquet.String().Type(), parquet.ValueOf(""), parquet.ValueOf(last)})
}

// boundless is a type whose values have no bounds in the file. The library's would put
// whole texts into the footer, of which pyarrow takes 100 MB, and those of doubles leave
// out NaN, which for DuckDB is above every number: looking for x > 5 it would pass over
// it. Without them (parquet.SkipPageBounds) the library's index of pages still has some,
// empty texts, for which Spark passes over every other one. So the index gets bounds
// that hold for every text, or that readers must ignore: NaN.
type boundless struct {
	parquet.Type
	min, max parquet.Value
}

// NewColumnIndexer is parquet.Type's.
func (b boundless) NewColumnIndexer(limit int) parquet.ColumnIndexer {
	return boundlessIndexer{b.Type.NewColumnIndexer(limit), b}
}

type boundlessIndexer struct {
	parquet.ColumnIndexer
	of boundless
}

// IndexPage is parquet.ColumnIndexer's.
func (x boundlessIndexer) IndexPage(values, nulls int64, min, max parquet.Value) {
	if nulls < values {
		min, max = x.of.min, x.of.max
	}
	x.ColumnIndexer.IndexPage(values, nulls, min, max)
}
