package repo

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseRecord(t *testing.T) {
	null := []byte(nil)
	tests := []struct {
		text string
		want [][]byte // nil: refused
		n    int
	}{
		{`(1,"a ""b"" \\ c",,"")`, [][]byte{[]byte("1"), []byte(`a "b" \ c`), null, {}}, 4},
		{`()`, [][]byte{}, 0}, {`()`, [][]byte{null}, 1}, {`(,)`, [][]byte{null, null}, 2},
		{`("")`, [][]byte{{}}, 1}, {`("","")`, [][]byte{{}, {}}, 2},
		{`("(,)")`, [][]byte{[]byte("(,)")}, 1}, {`("""")`, [][]byte{[]byte(`"`)}, 1},
		{"(\"a\nb\",é)", [][]byte{[]byte("a\nb"), []byte("é")}, 2},
		{`("""","\\","x")`, [][]byte{[]byte(`"`), []byte(`\`), []byte("x")}, 3},
		{``, nil, 1}, {`(`, nil, 1}, {`(1`, nil, 1}, {`1)`, nil, 1}, {`(1,2)`, nil, 1}, {`(1)`, nil, 2},
		{`(")`, nil, 1}, {`("a)`, nil, 1}, {`("a"b)`, nil, 1}, {`("\")`, nil, 1}, {`("a\b")`, nil, 1}, {`(1)`, nil, 0},
	}
	for _, test := range tests {
		fields := make([][]byte, test.n)
		_, err := parseRecord([]byte(test.text), fields, nil)
		if test.want == nil {
			assert.Error(t, err, test.text)
			continue
		}
		require.NoError(t, err, test.text)
		assert.Equal(t, test.want, fields, test.text)
	}
}

// printRecord prints as Postgres's record_out does.
func printRecord(fields [][]byte) []byte {
	out := []byte{'('}
	for i, f := range fields {
		if i > 0 {
			out = append(out, ',')
		}
		switch {
		case f == nil:
		case len(f) == 0 || bytes.ContainsAny(f, "\"\\(), \t\n\r\v\f"):
			f = bytes.ReplaceAll(bytes.ReplaceAll(f, []byte(`\`), []byte(`\\`)), []byte(`"`), []byte(`""`))
			out = append(append(append(out, '"'), f...), '"')
		default:
			out = append(out, f...)
		}
	}
	return append(out, ')')
}

func FuzzParseRecord(f *testing.F) {
	f.Add([]byte(`(1,"a ""b"" \\ c",,"")`), 4)
	f.Add([]byte(`("","`), 2)
	f.Fuzz(func(t *testing.T, text []byte, n int) {
		if n < 0 || n > 100 {
			return
		}
		fields := make([][]byte, n)
		if _, err := parseRecord(bytes.Clone(text), fields, nil); err == nil && n > 0 {
			again := make([][]byte, n)
			_, err := parseRecord(printRecord(fields), again, nil)
			require.NoError(t, err)
			assert.Equal(t, fields, again)
		}
		// Anything printed is read again; the pieces of the text are as good as any.
		pieces := bytes.SplitN(text, []byte{','}, 8)
		if len(text)%3 == 0 {
			pieces[0] = nil
		}
		again := make([][]byte, len(pieces))
		_, err := parseRecord(printRecord(pieces), again, []byte("leftover"))
		require.NoError(t, err)
		assert.Equal(t, pieces, again)
	})
}

func BenchmarkParseRecord(b *testing.B) {
	text := []byte(`(1234,2026-11-20 12:34:56.789,,f,"{""choices"": [""a"", ""b""], ""n"": 12}",dallinger_experiment.experiment.CustomTrial,"",0.75,"Very much, indeed")`)
	fields := make([][]byte, 9)
	var buf []byte
	var err error
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if buf, err = parseRecord(text, fields, buf); err != nil {
			b.Fatal(err)
		}
	}
}
