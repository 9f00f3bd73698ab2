package export_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/export"
	"exptool/internal/sample"
)

// table is a table of a fixture: values are Postgres's texts, nil for NULL.
type table struct {
	name    string
	columns []string
	rows    [][][]byte
}

func (t *table) column(name string) int { return slices.Index(t.columns, name) }

// fixture reads a gzipped dump.
func fixture(tb testing.TB, gz io.Reader) (tables []*table) {
	tb.Helper()
	z, err := gzip.NewReader(gz)
	require.NoError(tb, err)
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 16<<20)
	unescape := strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r", `\b`, "\b", `\f`, "\f", `\v`, "\v")
	var t *table
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "COPY public."):
			head, _, _ := strings.Cut(strings.TrimPrefix(line, "COPY public."), ") FROM stdin;")
			name, list, _ := strings.Cut(head, " (")
			t = &table{name: strings.Trim(name, `"`)}
			for c := range strings.SplitSeq(list, ", ") {
				t.columns = append(t.columns, strings.Trim(c, `"`))
			}
			tables = append(tables, t)
		case line == `\.`:
			t = nil
		case t != nil:
			var row [][]byte
			for v := range strings.SplitSeq(line, "\t") {
				if v == `\N` {
					row = append(row, nil)
					continue
				}
				row = append(row, []byte(unescape.Replace(v)))
			}
			t.rows = append(t.rows, row)
		}
	}
	require.NoError(tb, lines.Err())
	return tables
}

// personal are the columns whose values are ids and addresses.
var personal = []string{"worker_id", "assignment_id", "unique_id", "hit_id", "fingerprint_hash", "client_ip_address"}

// knowAll feeds an Anonymizer with the ids of a fixture.
func knowAll(a *export.Anonymizer, tables []*table) {
	for _, t := range tables {
		for i, c := range t.columns {
			for _, row := range t.rows {
				if slices.Contains(personal, c) {
					a.Know(c, string(row[i]))
				}
			}
		}
	}
}

// written is a table as CSV after what treat makes of its values; columns that it
// drops are left out.
func written(tb testing.TB, t *table, treat func(column string, v []byte) []byte, dropped func(column string) bool) string {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	var columns []int
	var header []string
	for i, c := range t.columns {
		if !dropped(c) {
			columns, header = append(columns, i), append(header, c)
		}
	}
	require.NoError(tb, w.Write(header))
	for _, row := range t.rows {
		var record []string
		for _, i := range columns {
			record = append(record, string(treat(t.columns[i], row[i])))
		}
		require.NoError(tb, w.Write(record))
	}
	w.Flush()
	return out.String()
}

// Both fixtures, anonymized, show no id; as they are and as PsyNet's own anonymous
// export has them, the audit finds every one.
func TestFixtures(t *testing.T) {
	static, err := os.Open("../../testdata/fixtures/static.sql.gz")
	require.NoError(t, err)
	defer static.Close()
	for name, dump := range map[string]io.Reader{"static": static, "tutorial": bytes.NewReader(sample.Tutorial)} {
		tables := fixture(t, dump)
		a := anonymizer(t)
		knowAll(a, tables)
		_, _, _, names := a.Judged()
		assert.Equal(t, 1, names, "%s: 127.0.0.1", name)
		for _, table := range tables {
			file := table.name + ".csv"
			treat := func(c string, v []byte) []byte { return valueOf(a, table.name, c, v) }
			text := written(t, table, treat, func(c string) bool { return a.Treat(table.name, c) == export.Drop })
			assert.Empty(t, audit(t, a, file, text), "%s.%s", name, table.name)
		}
		checkAsPsyNet(t, a, tables)
		checkJoins(t, a, tables)
	}
}

// checkAsPsyNet audits what PsyNet 13.3 calls anonymous: worker_id and
// client_ip_address are left out, and nothing else.
func checkAsPsyNet(t *testing.T, a *export.Anonymizer, tables []*table) {
	got := map[string]int64{}
	ids, requests := int64(0), int64(0)
	for _, table := range tables {
		text := written(t, table, func(_ string, v []byte) []byte { return v }, func(c string) bool { return c == "worker_id" || c == "client_ip_address" })
		for _, f := range audit(t, a, table.name+".csv", text) {
			got[table.name+"."+f.Field+" "+f.Kind] = f.Count
		}
		switch table.name {
		case "participant":
			ids = int64(len(table.rows))
		case "request":
			for _, row := range table.rows {
				if row[table.column("unique_id")] != nil {
					requests++
				}
			}
		}
	}
	assert.Equal(t, ids, got["participant.unique_id worker_id"], got)
	assert.Equal(t, requests, got["request.unique_id worker_id"], got)
	assert.Equal(t, requests, got["request.params worker_id"], got)
	assert.Equal(t, ids, got["participant.assignment_id assignment_id"], got)
}

// checkJoins: the files still belong together, and nobody else is in them.
func checkJoins(t *testing.T, a *export.Anonymizer, tables []*table) {
	people := map[string]string{} // by hash
	var assignments []string
	each := func(name, column string, do func(id, hash string)) {
		for _, table := range tables {
			if table.name != name {
				continue
			}
			for _, row := range table.rows {
				if v := row[table.column(column)]; v != nil {
					do(string(v), string(valueOf(a, name, column, v)))
				}
			}
		}
	}
	each("participant", "unique_id", func(id, hash string) {
		assert.Empty(t, people[hash])
		people[hash] = id
		_, assignment, _ := strings.Cut(hash, ":")
		assignments = append(assignments, assignment)
	})
	each("request", "unique_id", func(id, hash string) { assert.Equal(t, id, people[hash]) })
	each("notification", "assignment_id", func(_, hash string) { assert.Contains(t, assignments, hash) })
	assert.NotEmpty(t, people)
}

// An id in every text of the fixtures is found and replaced, and JSON stays JSON.
func TestPlantedInFixtures(t *testing.T) {
	tables := fixture(t, bytes.NewReader(sample.Tutorial))
	const planted = "5f3a9c1b2d4e6f708192a3b4"
	a := anonymizer(t, "worker_id="+planted, "worker_id=bot 1234567", "email=someone@example.org")
	n := 0
	for _, table := range tables {
		for _, row := range table.rows {
			for i, v := range row {
				at := bytes.IndexByte(v, '"') + 1
				if at == 0 || table.columns[i] == "params" || a.Treat(table.name, table.columns[i]) != export.Scrub {
					continue
				}
				text := fmt.Sprintf("%s%s bot 1234567 someone@example.org %s", v[:at], planted, v[at:])
				out := valueOf(a, table.name, table.columns[i], []byte(text))
				require.Equal(t, json.Valid([]byte(text)), json.Valid(out), "%s became %s", text, out)
				u := a.NewAuditor("a.parquet", nil)
				u.Cell(1, "a", out)
				require.Empty(t, u.Findings(), "%s became %s", text, out)
				u.Cell(1, "a", []byte(text))
				require.Len(t, u.Findings(), 2, text)
				n++
			}
		}
	}
	assert.Greater(t, n, 5000)
}
