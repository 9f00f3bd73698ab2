package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"exptool/internal/schema"
)

// both prints one value as text and as JSON. NULL is the text "NULL".
func both(col schema.Column, v string, o Options) (text, json string, sum Summary) {
	c := newCells([]schema.Column{col}, o, &sum)
	text = "NULL"
	if b := c.text(0, []byte(v)); b != nil {
		text = string(b)
	}
	sum = Summary{}
	return text, string(c.json(nil, 0, []byte(v))), sum
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		name       string
		col        schema.Column
		value      string
		text, json string
	}{
		{"int", schema.Column{Kind: schema.Int}, "9007199254740993", "9007199254740993", "9007199254740993"},
		{"float", schema.Column{Kind: schema.Float}, "-1.5e-07", "-1.5e-07", "-1.5e-07"},
		{"NaN", schema.Column{Kind: schema.Float}, "NaN", "NaN", `"NaN"`},
		{"-Infinity", schema.Column{Kind: schema.Numeric}, "-Infinity", "-Infinity", `"-Infinity"`},
		{"numeric", schema.Column{Kind: schema.Numeric}, "0.10", "0.10", "0.10"},
		{"no number", schema.Column{Kind: schema.Int}, "012", "012", `"012"`},
		{"true", schema.Column{Kind: schema.Bool}, "t", "true", "true"},
		{"false", schema.Column{Kind: schema.Bool}, "f", "false", "false"},
		{"true spelt out", schema.Column{Kind: schema.Bool}, "true", "true", "true"},
		{"false spelt out", schema.Column{Kind: schema.Bool}, "false", "false", "false"},
		{"no boolean", schema.Column{Kind: schema.Bool}, "maybe", "maybe", `"maybe"`},
		{"class", schema.Column{Kind: schema.Text, Class: true}, "psynet.bot.Bot", "Bot", `"Bot"`},
		{"timestamp", schema.Column{Kind: schema.Timestamp}, "2026-11-20 10:00:00.5", "2026-11-20 10:00:00.5", `"2026-11-20T10:00:00.5"`},
		{"timestamptz", schema.Column{Kind: schema.TimestampTZ}, "2026-11-20 10:00:00+02", "2026-11-20 10:00:00+02", `"2026-11-20T10:00:00+02:00"`},
		{"half a zone", schema.Column{Kind: schema.TimestampTZ}, "2026-11-20 10:00:00+05:30", "2026-11-20 10:00:00+05:30", `"2026-11-20T10:00:00+05:30"`},
		{"year 10000", schema.Column{Kind: schema.Timestamp}, "10000-01-01 00:00:00", "10000-01-01 00:00:00", `"10000-01-01 00:00:00"`},
		{"string", schema.Column{Kind: schema.Pickle}, `"Very much"`, "Very much", `"Very much"`},
		{"number", schema.Column{Kind: schema.Pickle}, `91`, "91", "91"},
		{"None", schema.Column{Kind: schema.Pickle}, ` null`, "NULL", "null"},
		{"dict", schema.Column{Kind: schema.Pickle}, `{"a": NaN, "b": {"py/tuple": [1]}}`, `{"a":NaN,"b":[1]}`, `{"a":"NaN","b":[1]}`},
		{"junk", schema.Column{Kind: schema.Pickle}, `oh "no`, `oh "no`, `"oh \"no"`},
		{"jsonb", schema.Column{Kind: schema.JSON}, `{"a": [1, "b c"]}`, `{"a":[1,"b c"]}`, `{"a":[1,"b c"]}`},
		{"jsonb string", schema.Column{Kind: schema.JSON}, `"caf\u00e9"`, "café", `"caf\u00e9"`},
		{"jsonb null", schema.Column{Kind: schema.JSON}, `null`, "NULL", "null"},
		{"json over lines", schema.Column{Kind: schema.JSON}, "{\n  \"a\": 1\n}", `{"a":1}`, `{"a":1}`},
		{"no json", schema.Column{Kind: schema.JSON}, "{", "{", `"{"`},
		{"invalid UTF-8", schema.Column{Kind: schema.Text}, "a\xffb", "a\xffb", "\"a\uFFFDb\""},
		{"controls", schema.Column{Kind: schema.Text}, "\x00\x1b\r\u2028", "\x00\x1b\r\u2028", "\"\\u0000\\u001b\\r\u2028\""},
		{"bytes", schema.Column{Kind: schema.Bytes}, `\x00ff`, `\x00ff`, `"\\x00ff"`},

		{"text array", schema.Column{Kind: schema.Array, Type: "text[]"}, `{a,"b, \"c\" \\",NULL,"NULL",""}`, `{a,"b, \"c\" \\",NULL,"NULL",""}`, `["a","b, \"c\" \\",null,"NULL",""]`},
		{"int array", schema.Column{Kind: schema.Array, Type: "integer[]"}, `{{1,2},{3,NULL}}`, `{{1,2},{3,NULL}}`, `[[1,2],[3,null]]`},
		{"bounds", schema.Column{Kind: schema.Array, Type: "bigint[]"}, `[0:1]={1,2}`, `[0:1]={1,2}`, `[1,2]`},
		{"numeric array", schema.Column{Kind: schema.Array, Type: "numeric(10,2)[]"}, `{1.50,NaN}`, `{1.50,NaN}`, `[1.50,"NaN"]`},
		{"bool array", schema.Column{Kind: schema.Array, Type: "boolean[]"}, `{t,f}`, `{t,f}`, `[true,false]`},
		{"jsonb array", schema.Column{Kind: schema.Array, Type: "jsonb[]"}, `{"{\"a\": 1}"}`, `{"{\"a\": 1}"}`, `[{"a":1}]`},
		{"time array", schema.Column{Kind: schema.Array, Type: "timestamp without time zone[]"}, `{"2026-11-20 10:00:00"}`, `{"2026-11-20 10:00:00"}`, `["2026-11-20T10:00:00"]`},
		{"empty array", schema.Column{Kind: schema.Array, Type: "text[]"}, `{}`, `{}`, `[]`},
		{"semicolons", schema.Column{Kind: schema.Array, Type: "text[]"}, `{a;b}`, `{a;b}`, `["a;b"]`},
		{"boxes", schema.Column{Kind: schema.Array, Type: "box[]"}, `{(1,1),(0,0);(2,2),(1,1)}`, `{(1,1),(0,0);(2,2),(1,1)}`, `"{(1,1),(0,0);(2,2),(1,1)}"`},
		{"no array", schema.Column{Kind: schema.Array, Type: "text[]"}, `{a,`, `{a,`, `"{a,"`},
		{"too much array", schema.Column{Kind: schema.Array, Type: "text[]"}, `{a}}`, `{a}}`, `"{a}}"`},
		{"hole", schema.Column{Kind: schema.Array, Type: "text[]"}, `{a,,b}`, `{a,,b}`, `"{a,,b}"`},

		{"secret", schema.Column{Kind: schema.JSON, Secret: true}, `{"a":1}`, "***", `"***"`},
		{"URL", schema.Column{Kind: schema.Text}, "postgres://u:p@h/d", "postgres://***@h/d", `"postgres://***@h/d"`},
		{"URL in pickle", schema.Column{Kind: schema.Pickle}, `["https:\/\/u:p\u0061@h"]`, `["https://***@h"]`, `["https://***@h"]`},
		{"URL in json", schema.Column{Kind: schema.JSON}, `["https:\/\/u:p@h"]`, `["https:\/\/***@h"]`, `["https:\/\/***@h"]`},
		{"URL in array", schema.Column{Kind: schema.Array, Type: "text[]"}, `{http://u:p@h,x}`, `{http://***@h,x}`, `["http://***@h","x"]`},
		{"URL in junk", schema.Column{Kind: schema.Pickle}, `see http://u:p@h`, `see http://***@h`, `"see http://***@h"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, json, sum := both(c.col, c.value, Options{})
			assert.Equal(t, c.text, text)
			assert.Equal(t, c.json, json)
			assert.Equal(t, strings.Contains(c.json, "***"), sum.Masked == 1)
			assert.Equal(t, strings.Contains(c.name, "junk") || c.name == "no json", sum.Junk == 1)

			text, _, sum = both(c.col, c.value, Options{Raw: true, Reveal: true})
			assert.Equal(t, c.value, text, "raw is what is stored")
			assert.Zero(t, sum.Masked)
		})
	}
}

func TestClassNamesFromOutside(t *testing.T) {
	var sum Summary
	calls := 0
	c := newCells([]schema.Column{{Class: true}}, Options{Class: func(id string) string {
		calls++
		return strings.ToUpper(id)
	}}, &sum)
	assert.Equal(t, "BONUS_TRIAL", string(c.text(0, []byte("bonus_trial"))))
	assert.Equal(t, `"BONUS_TRIAL"`, string(c.json(nil, 0, []byte("bonus_trial"))))
	assert.Equal(t, 1, calls)
	for i := range 2 * maxNames {
		c.name([]byte(strings.Repeat("x", i)))
	}
	assert.LessOrEqual(t, len(c.names), maxNames)
}

func TestHoldsURLs(t *testing.T) {
	o := Options{Format: "csv", HoldsURLs: func(c schema.Column) bool { return c.Name != "answer" }}
	out, sum := write(t, rowsOf([]schema.Column{{Name: "answer", Kind: schema.Text}, {Name: "config", Kind: schema.Text}},
		[]string{"http://a:b@c", "http://a:b@c"}), o)
	assert.Equal(t, "http://a:b@c,http://***@c\n", out)
	assert.EqualValues(t, 1, sum.Masked)
}

func TestMaskURLs(t *testing.T) {
	for in, want := range map[string]string{
		"":                                      "",
		"postgres://user:pass@host:5432/db?x=y": "postgres://***@host:5432/db?x=y",
		"a http://u:p@h b ftp://v:q@g":          "a http://***@h b ftp://***@g",
		"postgres://u:p@ss@host/db":             "postgres://***@host/db",
		"postgres://u:@host":                    "postgres://***@host",
		"http://user@host":                      "http://user@host",
		"http://host:80/a@b":                    "http://host:80/a@b",
		"http://host:80/?mail=a@b":              "http://host:80/?mail=a@b",
		"no url: a:b@c":                         "no url: a:b@c",
		"http://h:1 and x@y":                    "http://h:1 and x@y",
		"://u:p@":                               "://***@",
		"::://u:p@h":                            "::://***@h",
	} {
		got, n := MaskURLs(nil, []byte(in))
		assert.Equal(t, want, string(got))
		assert.Equal(t, strings.Count(want, "***"), n)
	}
}

func TestIsNumber(t *testing.T) {
	for _, s := range []string{"0", "-0", "10", "1.5", "-0.25", "1e5", "1E+20", "2.5e-07"} {
		assert.True(t, isNumber([]byte(s)), s)
	}
	for _, s := range []string{"", "-", "01", "1.", ".5", "1e", "1e+", "+1", "0x1", "NaN", "1 ", "--1", "1,000"} {
		assert.False(t, isNumber([]byte(s)), s)
	}
}

func TestDuplicateColumnNames(t *testing.T) {
	var columns []schema.Column
	for _, name := range []string{"a", "a_2", "a", "a", "?column?"} {
		columns = append(columns, schema.Column{Name: name, Kind: schema.Int})
	}
	out, _ := write(t, rowsOf(columns, []string{"1", "2", "3", "4", "5"}), Options{Format: "ndjson"})
	assert.Equal(t, `{"a":1,"a_2":2,"a_3":3,"a_4":4,"?column?":5}`+"\n", out)
}
