package report

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/schema"
)

// seeds adds what has broken writers before.
func seeds(f *testing.F) {
	for i, v := range []string{
		"", "a,b", `say "hi"`, "a\nb", "\r\n", "\t", `\.`, "NA", " x ", "\x00", "\xff", "\x1b[31m", "名前", "👩‍👩‍👧‍👦", "\u202e",
		`"Very much"`, `{"py/tuple": [1, NaN]}`, `{"a": [1, {"b": null}]}`, "null", `{1,NULL,"a\"b"}`, `{{1,2},{3}}`, "[0:1]={a}",
		"12", "-0.5e+20", "NaN", "2026-11-20 10:00:00+02", "t", `"\ud800"`, "http://u:p@h", `{"py/id": 1}`, "***",
	} {
		f.Add(v, "x", uint8(i))
	}
}

// fuzzed are two columns of any kind with the values.
func fuzzed(a, b string, kind uint8) *given {
	col := schema.Column{Name: a, Kind: schema.Kind(kind % uint8(schema.Bytes+1)), Type: "integer[]", Class: kind&0x40 != 0, Secret: kind&0x80 != 0}
	return rowsOf([]schema.Column{col, {Name: "b", Kind: schema.Text}}, []string{a, b}, []string{null, a}, []string{b, null})
}

func FuzzCSV(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, a, b string, kind uint8) {
		for _, na := range []string{"", "NA"} {
			out, _ := write(t, fuzzed(a, b, kind), Options{Format: "csv", Header: true, NA: na, Raw: true, Reveal: true})
			got, err := csv.NewReader(strings.NewReader(out)).ReadAll()
			require.NoError(t, err, out)
			crlf := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") } // the reader does that
			assert.Equal(t, [][]string{{crlf(a), "b"}, {crlf(a), crlf(b)}, {na, crlf(a)}, {crlf(b), na}}, got)
			decoded, _ := write(t, fuzzed(a, b, kind), Options{Format: "csv", NA: na})
			_, err = csv.NewReader(strings.NewReader(decoded)).ReadAll()
			require.NoError(t, err, decoded)
		}
	})
}

func FuzzJSON(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, a, b string, kind uint8) {
		for _, raw := range []bool{false, true} {
			out, _ := write(t, fuzzed(a, b, kind), Options{Format: "json", Raw: raw})
			assert.True(t, json.Valid([]byte(out)) && utf8.ValidString(out), out)
			var rows []map[string]any
			require.NoError(t, json.Unmarshal([]byte(out), &rows))
			assert.Len(t, rows, 3)

			lines, _ := write(t, fuzzed(a, b, kind), Options{Format: "ndjson", Raw: raw})
			assert.Equal(t, 3, strings.Count(lines, "\n"), "an object a line")
			assert.Equal(t, out, "[\n"+strings.ReplaceAll(strings.TrimSuffix(lines, "\n"), "\n", ",\n")+"\n]\n")
		}
	})
}

func FuzzScreen(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, a, b string, kind uint8) {
		width := int(kind)
		out, _ := write(t, fuzzed(a, b, kind), Options{Format: "table", Header: true, Width: width, HideColumns: true, Color: true, Reveal: true})
		assert.Equal(t, 5, strings.Count(out, "\n"), "a line a row")
		harmless(t, out)
		out, _ = write(t, fuzzed(a, b, kind), Options{Format: "md", Reveal: true})
		assert.Equal(t, 5, strings.Count(out, "\n"), "a line a row")
		harmless(t, out)
		fields := []Field{{Column: schema.Column{Name: a, Kind: schema.Kind(kind % 16)}, Value: []byte(b), Type: a}, {Label: b, Section: a, Value: []byte(a)}}
		var card bytes.Buffer
		_, err := Card(&card, fields, Options{Width: width, Color: true})
		require.NoError(t, err)
		harmless(t, card.String())
	})
}

// harmless fails where text but for our own colours acts on a terminal.
func harmless(t *testing.T, text string) {
	t.Helper()
	for _, own := range []string{dimOn, boldOn, off} {
		text = strings.ReplaceAll(text, own, "")
	}
	assert.True(t, utf8.ValidString(text))
	for _, r := range text {
		if r != '\n' && (unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069) {
			t.Fatalf("%q in %q", r, text)
		}
	}
}

// sizes remembers how much each Write got.
type sizes struct{ all []int }

func (s *sizes) Write(p []byte) (int, error) { s.all = append(s.all, len(p)); return len(p), nil }

func TestWritesAreLargeAndMemoryIsFlat(t *testing.T) {
	for _, format := range []string{"csv", "tsv", "json", "ndjson", "md"} {
		s := &sizes{}
		_, err := Write(context.Background(), s, trials(2000), Options{Format: format, Raw: true})
		require.NoError(t, err)
		for _, n := range s.all[:len(s.all)-1] {
			assert.GreaterOrEqual(t, n, chunk, format)
		}
		allocs := func(n int) uint64 {
			rows := trials(n)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Write(context.Background(), &counter{}, rows, Options{Format: format, Header: true, Raw: true})
			runtime.ReadMemStats(&after)
			require.NoError(t, err)
			return after.Mallocs - before.Mallocs
		}
		// Less than one a hundred rows: the race detector makes some of its own.
		assert.Less(t, allocs(10_000), allocs(100)+100, "%s: no memory a row", format)
	}
}

func ExampleMaskURLs() {
	text, n := MaskURLs(nil, []byte("postgres://me:secret@host/exp1"))
	fmt.Println(string(text), n)
	// Output: postgres://***@host/exp1 1
}
