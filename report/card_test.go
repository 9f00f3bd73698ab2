package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/schema"
)

// participant is the card of a participant.
func participant() []Field {
	g := people()
	var fields []Field
	for i, col := range g.columns {
		fields = append(fields, Field{Column: col, Value: g.rows[0][i], Type: col.Type})
	}
	return append(fields,
		Field{Label: "vars", Column: schema.Column{Kind: schema.Pickle}, Type: "PythonObject",
			Value: []byte(`{"my_dict": {"value": 3}, "words": ["` + strings.Repeat(`one", "`, 30) + `two"]}`)},
		Field{Label: "unbroken", Value: []byte(strings.Repeat("名前x", 40))},
		Field{Label: "lines", Value: []byte("first\r\n  second\x1b[2J\nthird\n")},
		Field{Label: "empty", Value: []byte{}},
		Field{Label: "missing"},
		Field{Label: "trials", Section: "relations", Value: []byte("14 → exptool query trials --participant 5")},
		Field{Label: "evil\nlabel", Section: "relations", Value: []byte("x")},
	)
}

func TestCard(t *testing.T) {
	for name, o := range map[string]Options{
		"card-40":       {Width: 40},
		"card-80":       {Width: 80},
		"card-80-color": {Width: 80, Color: true, NA: "NA"},
		"card-200":      {Width: 200},
		"card-free":     {Raw: true},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			sum, err := Card(&out, participant(), o)
			require.NoError(t, err)
			assert.EqualValues(t, 1, sum.Masked)
			golden(t, name, out.String())
			for line := range strings.SplitSeq(out.String(), "\n") {
				if o.Width >= 80 {
					assert.LessOrEqual(t, screenWidth(line), o.Width)
				}
			}
		})
	}
}

func TestKeyValues(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, KeyValues(&out, []Pair{{"db", "postgres://exp1"}, {"timezone", "a b c d e f g h i j k l m"}, {"名前", ""}}, Options{Width: 30}))
	assert.Equal(t, "db        postgres://exp1\ntimezone  a b c d e f g h i j\n          k l m\n名前\n", out.String())
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 5, []string{""}},
		{"one two three", 0, []string{"one two three"}},
		{"one two three", 7, []string{"one two", "three"}},
		{"one two three", 6, []string{"one", "two", "three"}},
		{"abcdefghij", 4, []string{"abcd", "efgh", "ij"}},
		{"a bcdefghij", 4, []string{"a", "bcde", "fghi", "j"}},
		{"名前名前", 5, []string{"名前", "名前"}},
		{"名前", 1, []string{"名", "前"}},
		{"a\n\nb", 5, []string{"a", "", "b"}},
		{"ab 👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 4, []string{"ab", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦"}},
		{"aaa b名", 5, []string{"aaa", "b名"}},
	} {
		assert.Equal(t, c.want, wrap(c.text, c.width), c.text)
	}
}
