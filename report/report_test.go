package report

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// given are rows in memory.
type given struct {
	columns []schema.Column
	rows    [][][]byte
	at      int
	err     error
}

func (g *given) Columns() []schema.Column { return g.columns }
func (g *given) Next() bool               { g.at++; return g.at <= len(g.rows) }
func (g *given) Values() [][]byte         { return g.rows[g.at-1] }
func (g *given) Err() error               { return g.err }
func (g *given) Close() error             { return nil }

// null is NULL in the rows of tests.
const null = "\x00NULL"

// rowsOf makes rows from text.
func rowsOf(columns []schema.Column, rows ...[]string) *given {
	g := &given{columns: columns}
	for _, row := range rows {
		values := make([][]byte, len(row))
		for i, v := range row {
			if v != null {
				values[i] = []byte(v)
			}
		}
		g.rows = append(g.rows, values)
	}
	return g
}

// write is Write into a string.
func write(t testing.TB, rows schema.Rows, o Options) (string, Summary) {
	t.Helper()
	var out bytes.Buffer
	sum, err := Write(context.Background(), &out, rows, o)
	require.NoError(t, err)
	return out.String(), sum
}

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run with -update to make it")
	assert.Equal(t, string(want), got)
}

func TestCheckFormat(t *testing.T) {
	for _, f := range Formats() {
		assert.NoError(t, CheckFormat(f))
	}
	for bad, want := range map[string]string{
		"jsn":      `unknown format "jsn": did you mean json?`,
		"CSV":      `unknown format "CSV": did you mean csv?`,
		"tabel":    `unknown format "tabel": did you mean table?`,
		"jsonl":    `unknown format "jsonl": did you mean json?`,
		"nd-json":  `unknown format "nd-json": did you mean ndjson?`,
		"markdown": `unknown format "markdown": the formats are table, csv, tsv, json, ndjson, md`,
		"":         `unknown format "": the formats are table, csv, tsv, json, ndjson, md`,
	} {
		assert.EqualError(t, CheckFormat(bad), want)
	}
	_, err := Write(context.Background(), nil, rowsOf(nil), Options{Format: "x"})
	var e *FormatError
	assert.ErrorAs(t, err, &e)
}

func TestErrors(t *testing.T) {
	one := []schema.Column{{Name: "id", Kind: schema.Int}}
	lost := errors.New("connection lost")
	for _, f := range Formats() {
		rows := rowsOf(one, []string{"1"})
		rows.err = lost
		var out bytes.Buffer
		_, err := Write(context.Background(), &out, rows, Options{Format: f, Header: true})
		assert.ErrorIs(t, err, lost)
		assert.Empty(t, out.String(), "%s: nothing of a question that failed", f)

		full := errors.New("disk full")
		_, err = Write(context.Background(), failing{full}, rowsOf(one, []string{"1"}), Options{Format: f})
		assert.ErrorIs(t, err, full, f)

		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err = Write(ctx, &out, rowsOf(one, []string{"1"}), Options{Format: f})
		assert.ErrorIs(t, err, context.Canceled, f)
	}
}

// failing is a writer that cannot.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// people are rows with everything that breaks tables.
func people() *given {
	return rowsOf([]schema.Column{
		{Name: "id", Kind: schema.Int, Type: "integer"},
		{Name: "name", Kind: schema.Text, Type: "character varying"},
		{Name: "type", Kind: schema.Text, Class: true},
		{Name: "reward", Kind: schema.Float, Type: "double precision"},
		{Name: "failed", Kind: schema.Bool, Type: "boolean"},
		{Name: "created", Kind: schema.Timestamp},
		{Name: "answer", Kind: schema.Pickle, Type: "character varying"},
		{Name: "details", Kind: schema.JSON, Type: "jsonb"},
		{Name: "tags", Kind: schema.Array, Type: "text[]"},
		{Name: "password", Kind: schema.Text, Secret: true},
	},
		[]string{"1", "名前 太郎", "dallinger_experiment.experiment.CustomTrial", "1.2652000000000003", "t", "2026-11-20 10:00:00.25", `"Very much"`, `{"a": [1, 2]}`, `{a,"b c",NULL}`, "hunter2"},
		[]string{"20", "Édouard", "psynet.bot.Bot", "-0.5", "f", "2026-11-20 10:00:01", `91`, `"text"`, `{}`, null},
		[]string{"300", "👩‍👩‍👧‍👦 family 🇨🇭", "bonus_trial", "NaN", null, null, `{"py/tuple": [1, NaN]}`, `null`, `{{1,2},{3,4}}`, "x"},
		[]string{"4000", "שלום עולם", null, "Infinity", "t", "infinity", `not json`, `[]`, null, ""},
		[]string{"50000", "tab\there\nline \"quoted\" a,b|c \\ \x1b[31mred", "", null, "f", "2026-11-20 10:00:02", "null", null, `{"say \"hi\"","back\\slash",""}`, null},
		[]string{"6", "", "a.B", "1e+20", "f", "0044-03-15 12:00:00 BC", `"caf\u00e9 \ud83d\ude00"`, `{"url": "postgres://me:secret@host/db"}`, `{NULL}`, "p"},
		[]string{"7", strings.Repeat("very long ", 30), "a.b.C", "0", "t", "2026-11-20 10:00:03", `{"k": "` + strings.Repeat("x", 100) + `"}`, `1`, `[0:1]={1,2}`, "p"},
	)
}

func TestGolden(t *testing.T) {
	wide := func() *given {
		g := &given{}
		row := make([][]byte, 60)
		for i := range 60 {
			g.columns = append(g.columns, schema.Column{Name: "column_" + strings.Repeat("x", i%5), Kind: schema.Text})
			row[i] = []byte(strings.Repeat("v", i%12))
		}
		g.rows = [][][]byte{row, row}
		return g
	}
	none := func() *given { g := people(); g.rows = nil; return g }
	single := func() *given {
		return rowsOf([]schema.Column{{Name: "forename", Kind: schema.Text}}, []string{"James"}, []string{null}, []string{""}, []string{"名前"})
	}
	for name, c := range map[string]struct {
		rows func() *given
		o    Options
	}{
		"people-40":        {people, Options{Format: "table", Header: true, Width: 40}},
		"people-40-hide":   {people, Options{Format: "table", Header: true, Width: 40, HideColumns: true}},
		"people-80":        {people, Options{Format: "table", Header: true, Width: 80}},
		"people-80-hide":   {people, Options{Format: "table", Header: true, Width: 80, HideColumns: true}},
		"people-120-color": {people, Options{Format: "table", Header: true, Width: 120, Color: true, NA: "NA"}},
		"people-200":       {people, Options{Format: "table", Header: true, Width: 200}},
		"people-free":      {people, Options{Format: "table", Header: true}},
		"people-raw":       {people, Options{Format: "table", Width: 200, Raw: true, Reveal: true}},
		"people.csv":       {people, Options{Format: "csv", Header: true}},
		"people-na.csv":    {people, Options{Format: "csv", Header: true, NA: "NA"}},
		"people-raw.csv":   {people, Options{Format: "csv", Raw: true, Reveal: true}},
		"people.tsv":       {people, Options{Format: "tsv", Header: true}},
		"people.json":      {people, Options{Format: "json"}},
		"people-raw.json":  {people, Options{Format: "json", Raw: true, Reveal: true}},
		"people.ndjson":    {people, Options{Format: "ndjson"}},
		"people.md":        {people, Options{Format: "md"}},
		"wide-80":          {wide, Options{Format: "table", Header: true, Width: 80}},
		"wide-80-hide":     {wide, Options{Format: "table", Header: true, Width: 80, HideColumns: true}},
		"wide.json":        {wide, Options{Format: "ndjson"}},
		"none-80":          {none, Options{Format: "table", Header: true, Width: 80}},
		"none.csv":         {none, Options{Format: "csv", Header: true}},
		"none.json":        {none, Options{Format: "json"}},
		"none.md":          {none, Options{Format: "md"}},
		"single-40":        {single, Options{Format: "table", Header: true, Width: 40}},
		"single.csv":       {single, Options{Format: "csv", Header: true}},
		"single.md":        {single, Options{Format: "md"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, sum := write(t, c.rows(), c.o)
			golden(t, name, out)
			assert.EqualValues(t, len(c.rows().rows), sum.Rows)
		})
	}
}
