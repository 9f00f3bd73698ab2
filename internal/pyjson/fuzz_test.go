package pyjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"exptool/internal/pyjson"
)

var fuzzSeeds = []string{
	`{"a": [1, NaN, "\u00e9\ud83d\ude00"], "b": {"py/id": 1}}`,
	`{"t": {"py/tuple": [{"py/set": ["a"]}]}, "w": {"py/object": "datetime.datetime", "__reduce__": [{"py/type": "datetime.datetime"}, ["B+oBAgMEBQAAAA=="]]}}`,
	`{"py/object": "m.C", "py/state": {"py/tuple": [null, {"k": {"py/id": 0}}]}, "py/seq": [1], "py/newargs": {"py/tuple": []}}`,
	`{"py/reduce": [{"py/type": "collections.OrderedDict"}, {"py/tuple": []}, null, null, {"py/tuple": [{"py/tuple": ["a", [1]]}]}]}`,
	`[{"py/reduce": [{"py/type": "datetime.timedelta"}, {"py/tuple": [1, 2, 3]}]}, {"py/reduce": ["py/newobj", {"py/tuple": [{"py/type": "m.C"}, 1]}]}]`,
	`{"py/object": "numpy.ndarray", "values": "eJwdwwkSgBAAAECpiKLr/3+1Y2c2hGkxurq5m8weFqunl83u7ePr5z8AEt4Avw==", "shape": [20], "dtype": "int32", "byteorder": ">"}`,
	`{"py/object": "markupsafe.Markup", "bytes": "ccopy_reg\nc__builtin__\nunicode\np2\nV<b>hi</b>\np3\n."}`,
	`{"json://{\"py/tuple\": [1, {\"py/id\": 0}]}": [1], "b": {"py/id": 1}, "json://1": 1}`,
	`{"py/object": "psynet.bot.Bot", "identifiers": {"id": 1}}`,
	`{"py/object": "numpy.float64", "value": {"py/object": "uuid.UUID", "hex": "x"}}`,
	`[[2, {"py/id": 2}], [1, {"py/id": 1}], {"py/id": 0}]`, `1e131072`, `"\u0000"`, `-Infinity`, ``,
}

// FuzzDecode: no panic; what decodes is valid JSON; what is plain is JSON, and
// decodes to the same value in the same words.
func FuzzDecode(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		plain := pyjson.Plain(text)
		out, err := pyjson.AppendJSON(nil, text, pyjson.NaNString)
		_, tapeErr := pyjson.Keys(text)
		if (err == nil) != (tapeErr == nil) {
			t.Fatalf("the drivers disagree: %v, %v", err, tapeErr)
		}
		cell, textErr := pyjson.AppendText(nil, text)
		if (err == nil) != (textErr == nil) {
			t.Fatalf("AppendText: %v, %v", err, textErr)
		}
		if err != nil {
			var wrong *pyjson.Error
			if !errors.As(err, &wrong) || wrong.Offset < 0 || wrong.Offset > len(text) {
				t.Fatalf("%#v", err)
			}
			if plain || json.Valid(text) {
				t.Fatalf("refused JSON: %v", err)
			}
			return
		}
		if !json.Valid(out) {
			t.Fatalf("%s", out)
		}
		if pyjson.IsNull(text) != (string(out) == "null" && len(cell) == 0 && plain) {
			t.Fatal("IsNull")
		}
		if !plain {
			return
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, text); err != nil {
			t.Fatal(err)
		}
		if !bytes.ContainsRune(text, '\\') && compact.String() != string(out) {
			t.Fatalf("%s, not %s", out, compact.Bytes())
		}
	})
}

// FuzzGet: Get finds at every path what AppendJSON wrote there, and nothing
// elsewhere.
func FuzzGet(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add([]byte(s), "a.0")
	}
	f.Fuzz(func(t *testing.T, text []byte, path string) {
		steps := strings.Split(path, ".")
		out, found, err := pyjson.Get(nil, text, steps, pyjson.NaNString)
		if found && (err != nil || !json.Valid(out)) {
			t.Fatalf("%v %s", err, out)
		}
		if !found && len(out) > 0 {
			t.Fatalf("%s", out)
		}
		// encoding/json, which navigates the output, changes invalid UTF-8.
		if err == nil && len(text) < 2000 && utf8.Valid(text) && bytes.Count(text, []byte("py/id")) < 20 {
			checkPaths(t, text)
		}
	})
}
