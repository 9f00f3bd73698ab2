package pyjson_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pyjson"
	"exptool/internal/sample"
)

// cell is a value of a fixture: table.column and Postgres's text.
type cell struct {
	column string
	text   []byte
}

// fixtures are all jsonpickle texts of both fixtures: the columns that PsyNet's
// ORM declares as Python objects.
func fixtures(tb testing.TB) []cell {
	tb.Helper()
	static, err := os.Open("../../testdata/fixtures/static.sql.gz")
	require.NoError(tb, err)
	defer static.Close()
	return append(
		copied(tb, static, pickled(tb, "static")),
		copied(tb, bytes.NewReader(sample.Tutorial), pickled(tb, "tutorial"))...)
}

// pickled are the columns that hold jsonpickle, as table.column.
func pickled(tb testing.TB, name string) map[string]bool {
	f, err := os.Open("../../testdata/fixtures/" + name + ".truth.json.gz")
	require.NoError(tb, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(tb, err)
	var truth struct {
		Classes map[string]struct {
			Table   string
			Columns map[string][2]string
		}
	}
	require.NoError(tb, json.NewDecoder(z).Decode(&truth))
	columns := map[string]bool{}
	for _, class := range truth.Classes {
		for _, column := range class.Columns {
			if strings.Contains(column[1], "Python") && column[1] != "PythonClass" {
				columns[class.Table+"."+column[0]] = true
			}
		}
	}
	return columns
}

// copied reads the COPY blocks of a gzipped dump.
func copied(tb testing.TB, gz io.Reader, columns map[string]bool) []cell {
	z, err := gzip.NewReader(gz)
	require.NoError(tb, err)
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 16<<20)
	// COPY's own escapes; the backslashes of JSON are doubled there.
	unescape := strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r", `\b`, "\b", `\f`, "\f", `\v`, "\v")
	var cells []cell
	var names []string
	table := ""
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "COPY public."):
			head, _, _ := strings.Cut(strings.TrimPrefix(line, "COPY public."), ") FROM stdin;")
			name, list, ok := strings.Cut(head, " (")
			require.True(tb, ok, line)
			table, names = strings.Trim(name, `"`), strings.Split(list, ", ")
		case line == `\.`:
			names = nil
		case names != nil:
			for i, field := range strings.Split(line, "\t") {
				column := table + "." + strings.Trim(names[i], `"`)
				if columns[column] && field != `\N` {
					cells = append(cells, cell{column, []byte(unescape.Replace(field))})
				}
			}
		}
	}
	require.NoError(tb, lines.Err())
	return cells
}

func TestFixtures(t *testing.T) {
	cells := fixtures(t)
	require.Greater(t, len(cells), 20_000)
	tags, paths := map[string]int{}, 0
	for _, c := range cells {
		out, err := pyjson.AppendJSON(nil, c.text, pyjson.NaNString)
		require.NoError(t, err, "%s: %s", c.column, c.text)
		require.True(t, json.Valid(out), "%s: %s became %s", c.column, c.text, out)
		require.NotContains(t, string(out), `"py/`, "%s: %s", c.column, c.text)
		for _, tag := range []string{"py/id", "py/tuple", "py/set", "py/object", "NaN"} {
			if bytes.Contains(c.text, []byte(tag)) {
				tags[tag]++
			}
		}
		if pyjson.Plain(c.text) {
			require.True(t, json.Valid(c.text), "%s", c.text)
		}
		if !pyjson.Plain(c.text) && paths < 200 {
			paths++
			checkPaths(t, c.text)
		}
	}
	for tag, n := range tags {
		assert.NotZero(t, n, tag)
	}
	assert.Len(t, tags, 5)
}

// PsyNet's push buttons use one list twice, as choices and as labels.
func TestFixtureBackReferences(t *testing.T) {
	sample := copied(t, bytes.NewReader(sample.Tutorial), map[string]bool{"response.metadata_": true, "info.definition": true, "info.payload": true})
	get := func(c cell, path string) string {
		out, found, err := pyjson.Get(nil, c.text, strings.Split(path, "."), pyjson.NaNString)
		require.NoError(t, err)
		require.True(t, found, "%s in %s", path, c.text)
		return string(out)
	}
	responses, payloads := 0, 0
	for _, c := range sample {
		if bytes.Contains(c.text, []byte(`"labels": {"py/id"`)) {
			responses++
			assert.Equal(t, get(c, "control.choices"), get(c, "control.labels"), "%s", c.text)
		}
		if bytes.Contains(c.text, []byte(`"same_colours": {"py/id"`)) {
			payloads++
			assert.Equal(t, `["red","green","blue"]`, get(c, "same_colours"))
			assert.Equal(t, `"<b>hi</b>"`, get(c, "markup"))
			assert.Equal(t, `"2026-01-02T03:04:05"`, get(c, "when"))
		}
	}
	assert.Equal(t, 257, responses)
	assert.Greater(t, payloads, 300)
}
