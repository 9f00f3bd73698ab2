package report_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/export"
	"exptool/report"
)

// growing is a file whose n-th row brings a new column wherever n is in late.
type growing struct {
	columns []export.Column
	late    map[int]string
}

// write writes n rows and returns the file's text.
func (g *growing) write(t *testing.T, format, na string, n int, text string) string {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	s, err := report.NewSheet(format, root, "file", na, func() []export.Column { return g.columns })
	require.NoError(t, err)
	for i := range n {
		if name := g.late[i]; name != "" {
			g.columns = append(g.columns, export.Column{Name: name, Source: "vars", Key: []string{name}})
		}
		cells := []export.Cell{{Text: fmt.Append(nil, i), Kind: export.Integer}, {Text: []byte(text), Kind: export.String}, {}}
		for range len(g.columns) - 3 {
			cells = append(cells, export.Cell{Text: fmt.Append(nil, "v", i), Kind: export.String})
		}
		for j, c := range cells {
			g.columns[j].Kind |= c.Kind
		}
		require.NoError(t, s.Row(cells))
	}
	written, err := s.Close()
	require.NoError(t, err)
	assert.Equal(t, "file."+format, written.Path)
	names, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, names, 1, "nothing else is left")
	b, err := os.ReadFile(filepath.Join(dir, written.Path))
	require.NoError(t, err)
	assert.EqualValues(t, len(b), written.Bytes)
	assert.Equal(t, fmt.Sprintf("%x", sha256.Sum256(b)), written.SHA256)
	return string(b)
}

// base are the columns that every row has.
func base() []export.Column {
	return []export.Column{{Name: "id", Source: "id"}, {Name: "text", Source: "text"}, {Name: "none", Source: "none"}}
}

// odd is text that needs quotes in each format.
const odd = "a,\"b\"\nc"

// Columns may come in the first row, before the first buffer is written, and long
// after; the file is as if all had been known.
func TestSheetsGrow(t *testing.T) {
	for _, late := range []map[int]string{
		nil, {0: "x"}, {0: "x", 1: "y"}, {5: "x"}, {15000: "x"}, {1: "x", 14000: "y", 19999: "z\n,"},
	} {
		for _, na := range []string{"", "NA"} {
			g := &growing{columns: base(), late: late}
			const n = 20000
			text := g.write(t, "csv", na, n, odd)
			records, err := csv.NewReader(strings.NewReader(text)).ReadAll() // all as wide as the first
			require.NoError(t, err, "%v", late)
			require.Len(t, records, n+1)
			for i, r := range records[1:] {
				want := []string{fmt.Sprint(i), odd, na}
				for _, c := range g.columns[3:] {
					v := fmt.Sprint("v", i)
					if since := at(late, c.Name); i < since {
						v = na
					}
					want = append(want, v)
				}
				require.Equal(t, want, r, "%v row %d", late, i)
			}
		}
	}
}

// at is the row in which a column came.
func at(late map[int]string, name string) int {
	for i, n := range late {
		if n == name {
			return i
		}
	}
	return -1
}

func TestNDJSONGrows(t *testing.T) {
	for _, late := range []map[int]string{nil, {0: "x"}, {5: "x"}, {15000: "x"}, {1: "x", 14000: "y", 19999: "z\n,"}} {
		g := &growing{columns: base(), late: late}
		lines := strings.Split(strings.TrimSuffix(g.write(t, "ndjson", "", 20000, odd), "\n"), "\n")
		require.Len(t, lines, 20000)
		for i, line := range lines {
			var row map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &row))
			require.EqualValues(t, i, row["id"])
			require.Equal(t, odd, row["text"])
			for _, c := range g.columns[3:] {
				v, has := row[c.Name]
				if i >= at(late, c.Name) {
					require.Equal(t, fmt.Sprint("v", i), v)
				} else {
					require.Equal(t, i == 0, has, "the first line has every key")
				}
			}
		}
	}
}

// Files without rows have a header where the format has one.
func TestSheetsWithoutRows(t *testing.T) {
	assert.Equal(t, "id,text,none\n", (&growing{columns: base()}).write(t, "csv", "", 0, ""))
	assert.Empty(t, (&growing{columns: base()}).write(t, "ndjson", "", 0, ""))
	assert.True(t, strings.HasPrefix((&growing{columns: base()}).write(t, "parquet", "", 0, ""), "PAR1"))
}

// NULL and the empty string stay apart, and so do NULL and a text that looks like it.
func TestCSVNull(t *testing.T) {
	g := &growing{columns: base()}
	assert.Equal(t, "id,text,none\n0,\"\",\n", g.write(t, "csv", "", 1, ""))
	g = &growing{columns: base()}
	assert.Equal(t, "id,text,none\n0,\"NA\",NA\n", g.write(t, "csv", "NA", 1, "NA"))
}

// TestParquetIsReadBack reads what was written, over several row groups.
func TestParquetIsReadBack(t *testing.T) {
	g := &growing{columns: base(), late: map[int]string{3: "x", 700: "y"}}
	const n = 1000
	text := strings.Repeat(odd, 10000)
	file := strings.NewReader(g.write(t, "parquet", "", n, text))
	seen := map[string]int64{}
	last := map[string]int64{}
	rows, err := report.EachParquetText(file, g.columns, func(row int64, column string, v []byte) {
		seen[column]++
		assert.Less(t, last[column], row)
		last[column] = row
		if want := map[string]string{"text": text}[column]; want != "" {
			assert.Equal(t, want, string(v))
		} else {
			assert.Equal(t, fmt.Sprint("v", row-1), string(v))
		}
	})
	require.NoError(t, err)
	assert.EqualValues(t, n, rows)
	assert.Equal(t, map[string]int64{"text": n, "x": n - 3, "y": n - 700}, seen)
	for _, bad := range []string{"", "PAR1", "PAR1 no such file, but long enough", "PAR1\x00\x00\xff\x00PAR1", "PAR1garbage\x00\x00\x00\x00PAR1"} {
		_, err := report.EachParquetText(strings.NewReader(bad), g.columns, nil)
		assert.Error(t, err, "%q", bad)
	}
}

// Every kind of value is stored as what it is.
func TestParquetKinds(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	require.NoError(t, err)
	defer root.Close()
	var columns []export.Column
	var row []export.Cell
	for _, c := range []export.Cell{
		{Text: []byte("true"), Kind: export.Boolean}, {Text: []byte("-9223372036854775808"), Kind: export.Integer}, {Text: []byte("-Infinity"), Kind: export.Number},
		{Text: []byte("1e400"), Kind: export.Number}, {Text: []byte("2024-02-29"), Kind: export.Date}, {Text: []byte("0001-01-01 00:00:00.5"), Kind: export.Datetime},
		{Text: []byte("2026-11-23T08:37:10.342660"), Kind: export.Datetime}, {Text: []byte("2026-11-20 10:00:00+02"), Kind: export.Instant},
		{Text: []byte("2026-11-20 10:00:00.25-03:30"), Kind: export.Instant}, {Text: []byte("1900-01-01 00:00:00+00:19:32"), Kind: export.Instant},
		{Text: []byte("12345678901234567890"), Kind: export.Big}, {Text: []byte("0.1234567890123456789"), Kind: export.Decimal}, {Text: []byte("\xff"), Kind: export.String},
	} {
		columns = append(columns, export.Column{Name: string(c.Text), Kind: c.Kind})
		row = append(row, c)
	}
	s, err := report.NewSheet("parquet", root, "kinds", "", func() []export.Column { return columns })
	require.NoError(t, err)
	require.NoError(t, s.Row(row))
	written, err := s.Close()
	require.NoError(t, err)
	file, err := root.Open(written.Path)
	require.NoError(t, err)
	defer file.Close()
	var texts []string
	_, err = report.EachParquetText(file, columns, func(_ int64, _ string, v []byte) { texts = append(texts, string(v)) })
	require.NoError(t, err)
	assert.Equal(t, []string{"12345678901234567890", "0.1234567890123456789", "\uFFFD"}, texts)
}
