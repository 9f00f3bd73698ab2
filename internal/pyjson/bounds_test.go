package pyjson_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pyjson"
)

func TestNesting(t *testing.T) {
	nested := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	for _, inside := range []string{"", `{"py/tuple": [1]}, `} {
		for n, ok := range map[int]bool{9_990: true, 10_001: false, 1_000_000: false} {
			text := append([]byte("["+inside), nested(n-1)...)
			text = append(text, ']')
			for _, run := range []func() error{
				func() error { _, err := pyjson.AppendJSON(nil, text, pyjson.NaNBare); return err },
				func() error { _, err := pyjson.AppendText(nil, text); return err },
				func() error { _, _, err := pyjson.Get(nil, text, []string{"0"}, pyjson.NaNBare); return err },
				func() error { _, err := pyjson.Keys(text); return err },
			} {
				err := run()
				if ok {
					assert.NoError(t, err)
				} else {
					assert.ErrorContains(t, err, "nested deeper than 10000 levels at byte")
				}
			}
		}
	}
	assert.True(t, pyjson.Plain(nested(1000)))
	assert.False(t, pyjson.Plain(nested(1001)))
}

// A few hundred bytes that would decode to gigabytes.
func TestBillionLaughs(t *testing.T) {
	var b strings.Builder
	b.WriteString(`[["lol"]`)
	for i := 1; i <= 40; i++ {
		fmt.Fprintf(&b, `, [{"py/id": %d}%s]`, i, strings.Repeat(fmt.Sprintf(`, {"py/id": %d}`, i), 9))
	}
	b.WriteString("]")
	text := []byte(b.String())
	out, err := pyjson.AppendJSON(nil, text, pyjson.NaNString)
	require.NoError(t, err)
	assert.True(t, json.Valid(out))
	assert.Greater(t, len(out), 1<<20)
	assert.Less(t, len(out), 2<<20)
	assert.Contains(t, string(out), `{"py/id":40}`)

	out, found, err := pyjson.Get(nil, text, []string{"40"}, pyjson.NaNString)
	require.NoError(t, err)
	assert.True(t, found)
	assert.Less(t, len(out), 2<<20)

	b.Reset()
	b.WriteString(`{"0": {"a": 1}`)
	for i := 1; i <= 40; i++ {
		fmt.Fprintf(&b, `, "%d": {"a": {"py/id": %d}, "b": {"py/id": %d}}`, i, i, i)
	}
	b.WriteString("}")
	visits := 0
	require.NoError(t, pyjson.Walk([]byte(b.String()), func([]string, string) bool { visits++; return true }))
	assert.Equal(t, 100_000, visits)
}

// A chain of references nests the targets of one another.
func TestDeepReferences(t *testing.T) {
	var b strings.Builder
	b.WriteString(`[[]`)
	for i := 1; i <= 3000; i++ {
		fmt.Fprintf(&b, `, [{"py/id": %d}]`, i)
	}
	b.WriteString("]")
	out, err := pyjson.AppendJSON(nil, []byte(b.String()), pyjson.NaNString)
	require.NoError(t, err)
	assert.True(t, json.Valid(out))
	assert.Less(t, len(out), 2<<20)
}

// Arrays whose description asks for more than there is.
func TestHostileArrays(t *testing.T) {
	const values = `"values": "eJxjZMQEAADmABU="` // 20 bytes
	for _, rest := range []string{
		`"shape": [21], "dtype": "bool"`,
		`"shape": [1000000000, 0], "dtype": "bool"`,
		`"shape": [1000000, 1000000, 1000000, 1000000], "dtype": "bool"`,
		`"shape": [1000000], "strides": [0], "dtype": "bool"`,
		`"shape": [-1], "dtype": "bool"`,
		`"shape": [1000000], "strides": [0], "dtype": "<U5"`,
		`"shape": [2], "strides": [-8], "dtype": "int64"`,
		`"shape": [2], "offset": -1, "base": {"py/id": 0}, "dtype": "int64"`,
		`"shape": [2], "offset": 9223372036854775807, "dtype": "int64"`,
		`"shape": [1], "dtype": "<U999999999999"`,
		`"shape": [1], "dtype": "int7"`,
		`"shape": [1], "dtype": "object"`,
		`"shape": ["x"], "dtype": "bool"`,
	} {
		text := fmt.Sprintf(`{"py/object": "numpy.ndarray", %s, %s}`, values, rest)
		out, err := pyjson.AppendJSON(nil, []byte(text), pyjson.NaNString)
		require.NoError(t, err, text)
		assert.True(t, json.Valid(out), "%s: %s", text, out)
		assert.Less(t, len(out), 8<<20, text)

		out, err = pyjson.AppendJSON(nil, []byte("["+strings.Repeat(text+", ", 100)+text+"]"), pyjson.NaNString)
		require.NoError(t, err, text)
		assert.Less(t, len(out), 8<<20, text)
	}
}
