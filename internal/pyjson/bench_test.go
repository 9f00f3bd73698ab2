package pyjson_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"exptool/internal/pyjson"
)

const plainVars = `{"my_dict": {"value": 36, "colour": "blue", "deep": {"list": [1, {"x": "y"}]}}, "name": "James", "dollars": 54.0, "big": 1152921504606847012, "nothing": null, "ratio": 12.0, "trial_maker": "custom_trial_maker", "started": true}`

// benchTexts are documents by kind: plain, as vars mostly are; with tags; with
// a back-reference; all texts of the fixtures.
func benchTexts(b *testing.B) map[string][][]byte {
	texts := map[string][][]byte{
		"plain":   {[]byte(plainVars)},
		"long":    {[]byte(`[` + strings.Repeat(plainVars+", ", 1000) + plainVars + `]`)},
		"escaped": {[]byte(`{"name": "Andr\u00e9", "text": "na\u00efve \"quotes\" and\nlines"}`)},
		"tagged":  {[]byte(`{"name": "James", "dollars": 54.0, "when": {"py/object": "datetime.datetime", "__reduce__": [{"py/type": "datetime.datetime"}, ["B+oBAQwAJAAAAA=="]]}, "tuple": {"py/tuple": [36, 37]}, "big": 1152921504606847012}`)},
		"id":      {[]byte(`{"time_taken": 4, "prompt": {}, "control": {"choices": ["First", "Second"], "labels": {"py/id": 3}}}`)},
	}
	for _, c := range fixtures(b) {
		kind := "fixture_tagged"
		if pyjson.Plain(c.text) {
			kind = "fixture_plain"
		}
		texts[kind] = append(texts[kind], c.text)
	}
	return texts
}

func bench(b *testing.B, run func(dst, text []byte) ([]byte, error)) {
	for kind, texts := range benchTexts(b) {
		b.Run(kind, func(b *testing.B) {
			total := 0
			for _, t := range texts {
				total += len(t)
			}
			b.SetBytes(int64(total))
			b.ReportAllocs()
			var dst []byte
			for b.Loop() {
				for _, t := range texts {
					var err error
					if dst, err = run(dst[:0], t); err != nil {
						require.NoError(b, err)
					}
				}
			}
		})
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	bench(b, func(dst, text []byte) ([]byte, error) { return pyjson.AppendJSON(dst, text, pyjson.NaNString) })
}

func BenchmarkPlain(b *testing.B) {
	bench(b, func(dst, text []byte) ([]byte, error) { pyjson.Plain(text); return dst, nil })
}

func BenchmarkGet(b *testing.B) {
	path := []string{"my_dict", "value"}
	bench(b, func(dst, text []byte) ([]byte, error) {
		dst, _, err := pyjson.Get(dst, text, path, pyjson.NaNString)
		return dst, err
	})
}
