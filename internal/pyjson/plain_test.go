package pyjson_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"exptool/internal/pyjson"
)

// plainCases were put to Postgres 15: `text::jsonb` takes what is plain here and
// refuses what is refused here. Tags, which jsonb takes, are in TestPlainTags.
var plainCases = []struct {
	text string
	want bool
}{
	{`{"a": [1, -0, 0.5, 1e5, 1E+5, 1.5e-5, true, false, null, "x"]}`, true},
	{" \t\r\n1 \t\r\n", true},
	{"\v1", false}, {"\f1", false}, {"\u00a01", false},
	{``, false}, {`01`, false}, {`1.`, false}, {`.5`, false}, {`+1`, false}, {`1e`, false}, {`-`, false}, {`1a`, false},
	{`NaN`, false}, {`[Infinity]`, false}, {`-Infinity`, false}, {`True`, false}, {`'a'`, false}, {`{a: 1}`, false}, {`[1,]`, false},
	{`"\u0000"`, false}, {`{"\u0000": 1}`, false}, {`"\\u0000"`, true}, {`"\\\u0000"`, false}, {`"\u0001"`, true}, {`"\ufffd"`, true}, {`"\uFFFF"`, true},
	{`"\ud800"`, false}, {`"\udc00"`, false}, {`"\ud83d\ude00"`, true}, {`"\ud83d\ud83d\ude00"`, false}, {`"\ud83dx\ude00"`, false},
	{`"\ud83d\u0041"`, false}, {`"\ud83d\n"`, false}, {`"\udbff\udfff"`, true}, {`"\uD83D\uDE00"`, true},
	{"\"\x01\"", false}, {"\"\t\"", false}, {"\"\x7f\"", true}, {`"\a"`, false}, {`"\/\b\f\n\r\t\"\\"`, true}, {`"\u00G0"`, false},
	{`1e131071`, true}, {`1e131072`, false}, {`9.99e131071`, true}, {`99e131070`, true}, {`99e131071`, false}, {`0.01e131073`, true}, {`0.01e131074`, false},
	{`1e-16383`, true}, {`1e-16384`, false}, {`1.5e-16382`, true}, {`1.5e-16383`, false}, {`-1e131072`, false}, {`1E400`, true}, {`1e-400`, true},
	{`0e131072`, true}, {`0e-16383`, true}, {`0e-16384`, false}, {`0.0e99999`, true}, {`0e1073741822`, true}, {`0e1073741823`, false}, {`0e-1073741823`, false},
	{`0e99999999999999999999`, false}, {`1e00000000000000000000005`, true}, {`1e-0`, true},
	{strings.Repeat("9", 131072), true}, {strings.Repeat("9", 131073), false},
	{"0." + strings.Repeat("1", 16383), true}, {"0." + strings.Repeat("1", 16384), false}, {"0." + strings.Repeat("0", 16384), false},
	{strings.Repeat("9", 131072) + "." + strings.Repeat("1", 16383), true},
	{strings.Repeat("9", 131072) + "e-5", true}, {"0." + strings.Repeat("1", 16383) + "e1", true}, {"0." + strings.Repeat("1", 16384) + "e1", true},
	{strings.Repeat("[", 1000) + strings.Repeat("]", 1000), true},
	{`{"a": 1, "a": 2}`, true}, {`{"": ""}`, true}, {"\"é\u2028😀\"", true},
}

func TestPlain(t *testing.T) {
	for _, c := range plainCases {
		assert.Equal(t, c.want, pyjson.Plain([]byte(c.text)), "%.80q", c.text)
	}
}

func TestPlainTags(t *testing.T) {
	for text, want := range map[string]bool{
		`{"a": [{"py/id": 1}]}`: false, `{"py/tuple": []}`: false, `{"py/new": 1}`: false, `{"json://1": 1}`: false,
		`{"p\u0079/id": 1}`: false, `{"\u0070y/id": 1}`: false, `{"py\/id": 1}`: false, `{"py\\/id": 1}`: true,
		`["py/id"]`: true, `{"py": 1}`: true, `{"pyx": 1}`: true, `{"x py/id": 1}`: true, `{"json": 1, "j": 2, "p": 3}`: true,
	} {
		assert.Equal(t, want, pyjson.Plain([]byte(text)), text)
	}
}
