package report_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/export"
	"exptool/report"
)

// bounded writes texts and numbers over several pages, NaN and a huge text among them.
func bounded(t *testing.T) (*os.File, []export.Column, []string) {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	require.NoError(t, err)
	defer root.Close()
	columns := []export.Column{{Name: "z", Kind: export.Integer}, {Name: "text", Kind: export.String}, {Name: "number", Kind: export.Number}, {Name: "a,b", Kind: export.Datetime}}
	s, err := report.NewSheet("parquet", root, "bounds", "", func() []export.Column { return columns })
	require.NoError(t, err)
	var texts []string
	for i := range 20000 {
		text := fmt.Sprint(i, strings.Repeat("\U0010FFFF", i%4), strings.Repeat("x", i%100))
		switch i {
		case 7:
			text = strings.Repeat("\U0010FFFF", 3)
		case 8:
			text = ""
		case 9:
			text = strings.Repeat("zz", 1<<20)
		}
		texts = append(texts, text)
		number := []string{"1.5", "NaN"}[i%2]
		require.NoError(t, s.Row([]export.Cell{{Text: fmt.Append(nil, i)}, {Text: []byte(text)}, {Text: []byte(number)}}))
	}
	written, err := s.Close()
	require.NoError(t, err)
	file, err := root.Open(written.Path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, file.Close()) })
	return file, columns, texts
}

// TestParquetBounds: what a file tells of its pages holds for every value of them, or
// Spark passes over rows; and it repeats no texts.
func TestParquetBounds(t *testing.T) {
	file, _, texts := bounded(t)
	info, err := file.Stat()
	require.NoError(t, err)
	in, err := parquet.OpenFile(file, info.Size())
	require.NoError(t, err)
	require.Len(t, in.RowGroups(), 1)
	chunks := in.RowGroups()[0].ColumnChunks()
	index := func(i int) parquet.ColumnIndex {
		x, err := chunks[i].ColumnIndex()
		require.NoError(t, err)
		return x
	}
	pages, err := chunks[1].OffsetIndex()
	require.NoError(t, err)
	require.Greater(t, pages.NumPages(), 2)
	page := 0
	for i, text := range texts {
		if page+1 < pages.NumPages() && pages.FirstRowIndex(page+1) == int64(i) {
			page++
		}
		lo, hi := index(1).MinValue(page).ByteArray(), index(1).MaxValue(page).ByteArray()
		require.True(t, string(lo) <= text && text <= string(hi), "row %d", i)
	}
	for i := range index(2).NumPages() {
		assert.True(t, math.IsNaN(index(2).MinValue(i).Double()), "readers ignore it")
		assert.True(t, math.IsNaN(index(2).MaxValue(i).Double()), "readers ignore it")
	}
	for i, known := range []bool{true, false, false, false} {
		_, _, ok := chunks[i].(*parquet.FileColumnChunk).Bounds()
		assert.Equal(t, known, ok, "column %d", i)
	}
	lo, hi, _ := chunks[0].(*parquet.FileColumnChunk).Bounds()
	assert.EqualValues(t, []int64{0, 19999}, []int64{lo.Int64(), hi.Int64()})
	end := make([]byte, 8)
	_, err = file.ReadAt(end, info.Size()-8)
	require.NoError(t, err)
	assert.Less(t, binary.LittleEndian.Uint32(end), uint32(2000), "the footer's size")
}

// Texts come as they are, in the order of columns; a file of other columns is refused.
func TestParquetColumns(t *testing.T) {
	file, columns, texts := bounded(t)
	rows, err := report.EachParquetText(file, columns, func(row int64, column string, text []byte) {
		assert.Equal(t, "text", column)
		assert.Equal(t, texts[row-1], string(text))
	})
	require.NoError(t, err)
	assert.EqualValues(t, len(texts), rows)
	renamed, retyped := append([]export.Column{}, columns...), append([]export.Column{}, columns...)
	renamed[1].Name = "other"
	retyped[0].Kind = export.String
	for _, other := range [][]export.Column{columns[1:], renamed, retyped} {
		_, err := report.EachParquetText(file, other, nil)
		assert.ErrorContains(t, err, "columns of the Parquet file")
	}
}
