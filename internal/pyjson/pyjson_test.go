package pyjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pyjson"
)

func decode(t *testing.T, text string) string {
	t.Helper()
	out, err := pyjson.AppendJSON(nil, []byte(text), pyjson.NaNString)
	require.NoError(t, err, text)
	require.True(t, json.Valid(out), "%s became %s", text, out)
	return string(out)
}

func TestAppendJSON(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"scalars", ` [1, -0, 1.50, 1e5, true, false, null, "a"] `, `[1,-0,1.50,1e5,true,false,null,"a"]`},
		{"long integer", `1152921504606847012345`, `1152921504606847012345`},
		{"empty containers", "{ \"a\" : { } , \"b\":[\n] }", `{"a":{},"b":[]}`},
		{"escapes", `"\u00e9\u2028 \ud83d\ude00 \u0022\u005c\u000a\/\b\u0001"`, "\"é\u2028 😀 \\\"\\\\\\n/\\b\\u0001\""},
		{"what no text holds", `"\u0000 \ud800 \udc00\ud800x \ud800\u0041"`, "\"\uFFFD \uFFFD \uFFFD\uFFFDx \uFFFDA\""},
		{"escaped key", `{"\u00e9": 1}`, `{"é":1}`},
		{"NaN", `{"a": NaN, "b": [Infinity, -Infinity]}`, `{"a":"NaN","b":["Infinity","-Infinity"]}`},
		{"equal keys", `{"a": 1, "a": 2}`, `{"a":1,"a":2}`},
		{"tuple, set", `{"t": {"py/tuple": [1, {"py/set": ["a"]}]}}`, `{"t":[1,["a"]]}`},
		{"bytes", `{"py/b64": "AAE="}`, `"AAE="`},
		{"type, function, module", `[{"py/type": "m.C"}, {"py/function": "m.f"}, {"py/mod": "re/re"}]`, `["m.C","m.f","re"]`},
		{"tag in disguise", `{"p\u0079/tuple": [1]}`, `[1]`},
		{"tag with what it never holds", `{"py/tuple": 1}`, `{"py/tuple":1}`},
		{"tag among values", `["py/tuple"]`, `["py/tuple"]`},
		{"unknown tag", `{"py/new": NaN}`, `{"py/new":"NaN"}`},

		{"datetime", `{"py/object": "datetime.datetime", "__reduce__": [{"py/type": "datetime.datetime"}, ["B+oBAgMEBQAAAA=="]]}`, `"2026-01-02T03:04:05"`},
		{"microseconds", `{"py/object": "datetime.datetime", "__reduce__": [{"py/type": "datetime.datetime"}, ["B+oLFwglCgU0/w=="]]}`, `"2026-11-23T08:37:10.341247"`},
		{"date", `{"py/object": "datetime.date", "__reduce__": [{"py/type": "datetime.date"}, ["B+oBAg=="]]}`, `"2026-01-02"`},
		{"time", `{"py/object": "datetime.time", "__reduce__": [{"py/type": "datetime.time"}, ["AwQFAAAG"]]}`, `"03:04:05.000006"`},
		{"zone", `{"py/object": "datetime.datetime", "__reduce__": [{"py/type": "datetime.datetime"}, ["B+oBAgAAAAAAAA==", {"py/reduce": [{"py/type": "datetime.timezone"}, {"py/tuple": [{"py/reduce": [{"py/type": "datetime.timedelta"}, {"py/tuple": [-1, 70200, 0]}]}]}]}]]}`, `"2026-01-02T00:00:00-04:30"`},
		{"named zone", `{"py/object": "datetime.datetime", "__reduce__": [{"py/type": "datetime.datetime"}, ["B+oBAgAAAAAAAA==", {"py/reduce": [{"py/function": "zoneinfo.ZoneInfo._unpickle"}, {"py/tuple": ["Europe/London", 1]}]}]]}`, `"2026-01-02T00:00:00[Europe/London]"`},
		{"not a datetime", `{"py/object": "datetime.datetime", "__reduce__": [1, ["junk"]]}`, `{"class":"datetime.datetime","__reduce__":[1,["junk"]]}`},
		{"timedelta", `[{"py/reduce": [{"py/type": "datetime.timedelta"}, {"py/tuple": [1, 2, 30]}]}, {"py/reduce": [{"py/type": "datetime.timedelta"}, {"py/tuple": [-1, 86399, 500000]}]}]`, `[86402.00003,-0.5]`},
		{"Decimal", `{"py/reduce": [{"py/type": "decimal.Decimal"}, {"py/tuple": ["1.50"]}]}`, `1.50`},
		{"frozenset", `{"py/reduce": [{"py/type": "builtins.frozenset"}, {"py/tuple": [[1, 2]]}]}`, `[1,2]`},
		{"OrderedDict", `{"py/reduce": [{"py/type": "collections.OrderedDict"}, {"py/tuple": []}, null, null, {"py/tuple": [{"py/tuple": ["a", [1]]}, {"py/tuple": [2, 3]}]}]}`, `{"a":[1],"2":3}`},
		{"defaultdict", `{"py/object": "collections.defaultdict", "a": [1], "default_factory": {"py/type": "builtins.list"}}`, `{"a":[1]}`},
		{"Counter", `{"py/reduce": [{"py/type": "collections.Counter"}, {"py/tuple": [{"a": 2}]}]}`, `{"a":2}`},
		{"deque", `{"py/reduce": [{"py/type": "collections.deque"}, {"py/tuple": [{"py/tuple": []}, 3]}, null, {"py/tuple": [1, [2]]}]}`, `[1,[2]]`},
		{"UUID", `{"py/object": "uuid.UUID", "hex": "0123456789abcdef0123456789abcdef"}`, `"01234567-89ab-cdef-0123-456789abcdef"`},
		{"enum", `{"py/reduce": [{"py/type": "m.Colour"}, {"py/tuple": [1]}]}`, `{"Colour":1}`},
		{"Fraction", `{"py/reduce": [{"py/type": "fractions.Fraction"}, {"py/tuple": [1, 3]}]}`, `{"Fraction":[1,3]}`},
		{"reduce with state", `{"py/reduce": [{"py/function": "copyreg.__newobj__"}, {"py/tuple": [{"py/type": "m.C"}]}, {"x": 1}]}`, `{"class":"m.C","x":1}`},

		{"row", `{"py/object": "psynet.bot.Bot", "identifiers": {"id": 1}}`, `{"Bot":1}`},
		{"row with a composite key", `{"py/object": "m.Link", "identifiers": {"a": 1, "b": "x"}}`, `{"Link":{"a":1,"b":"x"}}`},
		{"object", `{"py/object": "m.C", "a": 1, "b": {"py/tuple": []}}`, `{"class":"m.C","a":1,"b":[]}`},
		{"state", `{"py/object": "m.C", "py/state": {"k": 1}}`, `{"class":"m.C","k":1}`},
		{"slots", `{"py/object": "m.C", "py/state": {"py/tuple": [null, {"k": 1}]}}`, `{"class":"m.C","k":1}`},
		{"other state", `{"py/object": "m.C", "py/state": 5}`, `{"class":"m.C","state":5}`},
		{"namedtuple", `{"py/object": "m.P", "py/newargs": {"py/tuple": [1, 2]}, "py/seq": [1, 2]}`, `[1,2]`},
		{"list with attributes", `{"py/object": "m.L", "x": 1, "py/seq": [1, 2]}`, `{"class":"m.L","x":1,"items":[1,2]}`},
		{"complex", `{"py/object": "builtins.complex", "py/newargs": {"py/tuple": [1.0, 2.0]}}`, `{"class":"builtins.complex","args":[1.0,2.0]}`},
		{"Markup", `{"py/object": "markupsafe.Markup", "bytes": "ccopy_reg\n_reconstructor\np0\n(cmarkupsafe\nMarkup\np1\nc__builtin__\nunicode\np2\nV<b>h\u00e9</b>\\u005c\\u000a\np3\ntp4\nRp5\n."}`, `"<b>hé</b>\\\n"`},
		{"Markup of another make", `{"py/object": "markupsafe.Markup", "bytes": "cos\nsystem\n"}`, `"<Markup>"`},

		{"numpy scalar", `[{"py/object": "numpy.float64", "dtype": "float64", "value": NaN}, {"py/object": "numpy.int32", "dtype": "int32", "value": 3}]`, `["NaN",3]`},
		{"numpy array", `{"py/object": "numpy.ndarray", "dtype": "int64", "values": [[1, 2], [3, 4]]}`, `[[1,2],[3,4]]`},
		{"binary array", `{"py/object": "numpy.ndarray", "values": "eJwdwwkSgBAAAECpiKLr/3+1Y2c2hGkxurq5m8weFqunl83u7ePr5z8AEt4Avw==", "shape": [20], "dtype": "int32", "byteorder": ">"}`, `[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]`},
		{"view", `{"py/object": "numpy.ndarray", "base": {"py/object": "numpy.ndarray", "values": "eJxjYEAGH+yhDAcIxQGlBaC0CJSWgNIyUFoBSitBaRUorQalNaC0FpTWgdJ6UNoAShtCaSMobewAAGCpCA4=", "shape": [20], "dtype": "float64", "byteorder": "<"}, "strides": [8, 40], "shape": [5, 4], "dtype": "float64"}`, `[[0.0,5.0,10.0,15.0],[1.0,6.0,11.0,16.0],[2.0,7.0,12.0,17.0],[3.0,8.0,13.0,18.0],[4.0,9.0,14.0,19.0]]`},
		{"array of strings", `{"py/object": "numpy.ndarray", "values": "eJxLZGBgSALixEFKAwDh7A89", "shape": [20], "dtype": "<U2", "byteorder": "<"}`, `["ab"` + strings.Repeat(`,"ab"`, 19) + `]`},
		{"array we cannot read", `{"py/object": "numpy.ndarray", "values": "AAAA", "shape": [2], "dtype": "int8"}`, `{"class":"numpy.ndarray","values":"AAAA","shape":[2],"dtype":"int8"}`},

		{"keys that are no strings", `{"json://1": 2, "json://{\"py/tuple\": [1, \"x\"]}": 3, "json://null": 4, "json://junk": 5}`, `{"1":2,"[1,\"x\"]":3,"null":4,"json://junk":5}`},

		{"back-reference", `{"choices": ["a"], "labels": {"py/id": 1}}`, `{"choices":["a"],"labels":["a"]}`},
		{"behind a row and a datetime", `{"p": {"py/object": "psynet.bot.Bot", "identifiers": {"id": 5}}, "w": {"py/object": "datetime.datetime", "__reduce__": [{"py/type": "datetime.datetime"}, ["B+oBAgMEBQAAAA=="]]}, "c": ["a"], "d": {"py/id": 3}, "e": {"py/id": 2}}`, `{"p":{"Bot":5},"w":"2026-01-02T03:04:05","c":["a"],"d":["a"],"e":"2026-01-02T03:04:05"}`},
		{"behind what has no number", `[{"py/tuple": [[1]]}, {"py/set": [1]}, {"py/b64": ""}, {"py/type": "m.C"}, [2], {"py/id": 2}]`, `[[[1]],[1],"","m.C",[2],[2]]`},
		{"behind a key with a number", `{"json://{\"py/object\": \"m.C\"}": [1], "b": {"py/id": 2}}`, `{"{\"class\":\"m.C\"}":[1],"b":[1]}`},
		{"cycle", `[[{"py/id": 1}], {"py/id": 0}]`, `[[{"py/id":1}],{"py/id":0}]`},
		{"cycle through others", `[[2, {"py/id": 2}], [1, {"py/id": 1}]]`, `[[2,[1,{"py/id":1}]],[1,[2,{"py/id":2}]]]`},
		{"to nothing", `[{"py/id": 7}, {"py/id": -1}, {"py/id": "x"}, {"py/id": 1.0}]`, `[{"py/id":7},{"py/id":-1},{"py/id":"x"},{"py/id":1.0}]`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, decode(t, c.text))
		})
	}
}

func TestNaNModes(t *testing.T) {
	for _, text := range []string{`[NaN, -Infinity]`, `{"py/tuple": [NaN, -Infinity]}`} {
		for nan, want := range map[pyjson.NaN]string{
			pyjson.NaNBare:   `[NaN,-Infinity]`,
			pyjson.NaNString: `["NaN","-Infinity"]`,
			pyjson.NaNTagged: `[{"py/float":"NaN"},{"py/float":"-Infinity"}]`,
		} {
			out, err := pyjson.AppendJSON([]byte("x"), []byte(text), nan)
			require.NoError(t, err)
			assert.Equal(t, "x"+want, string(out))
		}
	}
}

func TestJunk(t *testing.T) {
	cases := []struct {
		text   string
		offset int
	}{
		{``, 0}, {`  `, 2}, {`hello`, 0}, {`nul`, 3}, {`nulL`, 3}, {`[1,]`, 3}, {`[1 2]`, 3}, {`{"a" 1}`, 5},
		{`{"a":1,}`, 7}, {`{a:1}`, 1}, {`01`, 1}, {`1.`, 2}, {`1e`, 2}, {`-`, 1}, {`+1`, 0}, {`.5`, 0}, {`-NaN`, 1},
		{`"a`, 2}, {"\"a\nb\"", 2}, {`"\x"`, 2}, {`"\u12g4"`, 5}, {`"\u12`, 5}, {`[`, 1}, {`{`, 1}, {`[]]`, 2},
		{`1 2`, 2}, {`'a'`, 0}, {`{"py/tuple": [1}`, 15}, {`{"py/tuple": [1]} x`, 18}, {"\"\x1f\"", 1},
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			var wrong *pyjson.Error
			dst := []byte("before")
			out, err := pyjson.AppendJSON(dst, []byte(c.text), pyjson.NaNBare)
			require.ErrorAs(t, err, &wrong)
			assert.Equal(t, c.offset, wrong.Offset, err)
			assert.Equal(t, "before", string(out))

			out, err = pyjson.AppendText(dst, []byte(c.text))
			require.ErrorAs(t, err, &wrong)
			assert.Equal(t, "before", string(out))

			out, found, err := pyjson.Get(dst, []byte(c.text), nil, pyjson.NaNBare)
			require.ErrorAs(t, err, &wrong)
			assert.Equal(t, c.offset, wrong.Offset, "the two drivers agree")
			assert.False(t, found)
			assert.Equal(t, "before", string(out))
			assert.False(t, pyjson.Plain([]byte(c.text)))
		})
	}
}

func TestAppendText(t *testing.T) {
	cases := []struct{ text, want string }{
		{`"Very \"much\"\n\u00e9"`, "Very \"much\"\né"},
		{` "a\u0000" `, "a\uFFFD"},
		{`91`, `91`},
		{`null`, ``},
		{`NaN`, `NaN`},
		{`{"a": NaN}`, `{"a":NaN}`},
		{`{"py/type": "m.C"}`, `m.C`},
		{`{"py/object": "datetime.date", "__reduce__": [1, ["B+oBAg=="]]}`, `2026-01-02`},
		{`{"py/tuple": ["a"]}`, `["a"]`},
	}
	for _, c := range cases {
		out, err := pyjson.AppendText([]byte("x"), []byte(c.text))
		require.NoError(t, err, c.text)
		assert.Equal(t, "x"+c.want, string(out))
	}
}

func TestIsNull(t *testing.T) {
	for text, want := range map[string]bool{"null": true, " null\n": true, "nulls": false, "": false, `"null"`: false, "NaN": false} {
		assert.Equal(t, want, pyjson.IsNull([]byte(text)), text)
	}
}

func TestGet(t *testing.T) {
	const text = `{"a": {"b": [1, {"py/tuple": ["x", null]}]}, "a.b": 1, "d": 1, "d": {"e": 2},
		"o": {"py/object": "m.C", "x": 1, "py/state": {"y": NaN}}, "r": {"py/object": "m.Bot", "identifiers": {"id": 5}},
		"id": {"py/id": 2}, "up": {"py/id": 0}, "json://7": "seven", "\u00e9": "\u00e9",
		"t": {"py/object": "datetime.date", "__reduce__": [1, ["B+oBAg=="]]}}`
	cases := []struct {
		path  string // with / between the steps
		want  string
		found bool
	}{
		{"a/b/0", `1`, true},
		{"a/b/1/0", `"x"`, true},
		{"a/b/1/1", `null`, true},
		{"a/b/1", `["x",null]`, true},
		{"a/b/1/2", ``, false},
		{"a/b/01", ``, false},
		{"a/b/-1", ``, false},
		{"a/b/0/0", ``, false},
		{"a/x", ``, false},
		{"a.b", `1`, true},
		{"d/e", `2`, true},
		{"o/x", `1`, true},
		{"o/y", `"NaN"`, true},
		{"o/class", `"m.C"`, true},
		{"o/class/x", ``, false},
		{"r/Bot", `5`, true},
		{"id/1/0", `"x"`, true},
		{"7", `"seven"`, true},
		{"é", `"é"`, true},
		{"t", `"2026-01-02"`, true},
		{"t/0", ``, false},
	}
	for _, c := range cases {
		out, found, err := pyjson.Get([]byte("x"), []byte(text), strings.Split(c.path, "/"), pyjson.NaNString)
		require.NoError(t, err)
		assert.Equal(t, c.found, found, c.path)
		assert.Equal(t, "x"+c.want, string(out), c.path)
	}
}

func TestKeys(t *testing.T) {
	const text = `{"i": 1, "f": 1.5, "n": NaN, "s": "", "b": true, "z": null, "l": [], "d": {"x": {"y": 1}}, "t": {"py/tuple": []}, "e": {"py/set": []},
		"w": {"py/object": "datetime.datetime", "__reduce__": [1, ["B+oBAgMEBQAAAA=="]]}, "o": {"py/object": "m.C", "x": 1},
		"r": {"py/object": "psynet.bot.Bot", "identifiers": {"id": 5}}, "p": {"py/b64": ""}, "ref": {"py/id": 1}, "json://2": 2,
		"np": {"py/object": "numpy.float64", "dtype": "float64", "value": 1.5}}`
	keys, err := pyjson.Keys([]byte(text))
	require.NoError(t, err)
	assert.Equal(t, []pyjson.Key{{"i", "int"}, {"f", "float"}, {"n", "float"}, {"s", "str"}, {"b", "bool"}, {"z", "None"}, {"l", "list"},
		{"d", "dict"}, {"t", "tuple"}, {"e", "set"}, {"w", "datetime"}, {"o", "C"}, {"r", "Bot"}, {"p", "bytes"}, {"ref", "list"}, {"2", "int"},
		{"np", "float64"}}, keys)

	var paths []string
	require.NoError(t, pyjson.Walk([]byte(text), func(path []string, kind string) bool {
		paths = append(paths, strings.Join(path, ".")+" "+kind)
		return true
	}))
	assert.Contains(t, paths, " dict")
	assert.Contains(t, paths, "d.x.y int")
	assert.Contains(t, paths, "o.x int")
	keys, err = pyjson.Keys([]byte(`[1]`))
	assert.NoError(t, err)
	assert.Empty(t, keys)
	_, err = pyjson.Keys([]byte(`[1`))
	assert.Error(t, err)
}
