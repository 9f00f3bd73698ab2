package pyjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pyjson"
)

// path splits a path that the cases write with dots; "" is the whole value.
func path(dotted string) []string {
	if dotted == "" {
		return nil
	}
	return strings.Split(dotted, ".")
}

func TestReplace(t *testing.T) {
	const when = `{"py/object": "datetime.datetime", "__reduce__": [{"py/type": "datetime.datetime"}, ["B+oBAgMEBQAAAA=="]]}`
	for _, c := range []struct{ text, path, value, want string }{
		{`{"a": 1, "b": NaN}`, "a", `2`, `{"a": 2, "b": NaN}`},
		{`{"a":1 ,  "b" :[ 1,2 ]}`, "b.1", `{"x": null}`, `{"a":1 ,  "b" :[ 1,{"x": null} ]}`},
		{`{"my_dict": {"value": 2}}`, "my_dict.value", ` 3 `, `{"my_dict": {"value": 3}}`},
		{`{}`, "x", `true`, `{"x": true}`},
		{`{ }`, "x", `true`, `{"x": true }`},
		{`{"a": 1}`, "x.y.z", `"s"`, `{"a": 1, "x": {"y": {"z": "s"}}}`},
		{`{"a": 1}`, "é", `1`, `{"a": 1, "\u00e9": 1}`},
		{`{"\u00e9": 1}`, "é", `2`, `{"\u00e9": 2}`},
		{`{"a": 1, "a": 2}`, "a", `3`, `{"a": 1, "a": 3}`},
		{`{"a": 1}`, "", `[1]`, `[1]`},
		{`{"t": {"py/tuple": [1, 2]}}`, "t.1", `3`, `{"t": {"py/tuple": [1, 3]}}`},
		{`{"o": {"py/object": "m.C", "x": 1}}`, "o.x", `2`, `{"o": {"py/object": "m.C", "x": 2}}`},
		{`{"o": {"py/object": "m.C", "x": 1}}`, "o.y", `2`, `{"o": {"py/object": "m.C", "x": 1, "y": 2}}`},
		{`{"o": {"py/object": "m.C", "py/state": {"x": 1}}}`, "o.y", `2`, `{"o": {"py/object": "m.C", "py/state": {"x": 1, "y": 2}}}`},
		{`{"when": ` + when + `, "x": 1}`, "x", `2`, `{"when": ` + when + `, "x": 2}`},
		{`{"when": ` + when + `}`, "when", `null`, `{"when": null}`},
		{`{"json://1": 1, "b": 2}`, "1", `5`, `{"json://1": 5, "b": 2}`},
		// Back-references: 0 the root, 1 the first container, and so on.
		{`{"a": [1], "b": {"py/id": 1}}`, "c", `2`, `{"a": [1], "b": {"py/id": 1}, "c": 2}`},
		{`{"x": 1, "a": [1], "b": {"py/id": 1}}`, "x", `{}`, `{"x": {}, "a": [1], "b": {"py/id": 2}}`},
		{`{"x": [[], []], "a": [1], "b": {"py/id": 4}}`, "x", `1`, `{"x": 1, "a": [1], "b": {"py/id": 1}}`},
		{`{"a": [1], "b": {"py/id": 1}}`, "b.0", `7`, `{"a": [7], "b": {"py/id": 1}}`},
		{`{"a": [1], "b": {"py/id": 1}}`, "b", `7`, `{"a": [1], "b": 7}`},
		{`{"a": [1], "b": 7}`, "b", `{"py/id": 1}`, `{"a": [1], "b": {"py/id": 1}}`},
		{`{"x": {"py/tuple": [1]}, "a": [], "b": {"py/id": 1}}`, "x", `{"py/tuple": []}`, `{"x": {"py/tuple": []}, "a": [], "b": {"py/id": 1}}`},
	} {
		got, err := pyjson.Replace([]byte(c.text), path(c.path), []byte(c.value))
		require.NoError(t, err, c.text)
		assert.Equal(t, c.want, string(got), "%s at %s", c.text, c.path)
	}
}

func TestReplaceRefuses(t *testing.T) {
	for _, c := range []struct{ text, path, value, says string }{
		{`{"a": 1}`, "a.b", `2`, "a is an int, which has nothing inside"},
		{`{"a": "s"}`, "a.b", `2`, "a is a str, which has nothing inside"},
		{`1`, "a", `2`, "the value is an int"},
		{`{"a": null}`, "a.b", `2`, "a is a None"},
		{`{"a": [1]}`, "a.1", `2`, "a is a list without a place 1"},
		{`{"a": [1]}`, "a.-1", `2`, "without a place -1"},
		{`{"a": [1]}`, "a.x", `2`, "without a place x"},
		{`{"s": {"py/set": [1]}}`, "s.0", `2`, "s is a set"},
		{`{"a": 1}`, "py/id", `2`, "jsonpickle gives it a meaning"},
		{`{"a": 1}`, "x.json://1", `2`, "jsonpickle gives it a meaning"},
		{`{"o": {"py/object": "m.C", "x": 1}}`, "o.class", `"D"`, "names the class"},
		{`{"a": 1}`, "a", `2 3`, "not jsonpickle"},
		{`{"a": 1}`, "a", ``, "not jsonpickle"},
		{`{"a": 1`, "a", `2`, "not jsonpickle"},
		{`{"a": [1], "b": {"py/id": 1}}`, "a", `7`, "something else in the text refers to"},
		{`{"a": [[1]], "b": {"py/id": 2}}`, "a", `7`, "something else in the text refers to"},
		{`{"a": 1, "b": []}`, "a", `{"py/id": 2}`, "that is not there"},
		{`{"r": {"py/object": "psynet.bot.Bot", "identifiers": {"id": 1}}}`, "r.x", `2`, "takes no new keys"},
	} {
		_, err := pyjson.Replace([]byte(c.text), path(c.path), []byte(c.value))
		assert.ErrorContains(t, err, c.says, "%s at %s", c.text, c.path)
	}
}

func TestAppendAndRemove(t *testing.T) {
	for _, c := range []struct{ text, path, value, want string }{
		{`{"a": [1, 2]}`, "a", `3`, `{"a": [1, 2, 3]}`},
		{`{"a": []}`, "a", `3`, `{"a": [3]}`},
		{`[1]`, "", `{"x": 1}`, `[1, {"x": 1}]`},
		{`{"a": [1], "b": {"py/id": 1}}`, "b", `2`, `{"a": [1, 2], "b": {"py/id": 1}}`},
		{`{"a": [1], "c": [], "b": {"py/id": 2}}`, "a", `[]`, `{"a": [1, []], "c": [], "b": {"py/id": 3}}`},
	} {
		got, err := pyjson.Append([]byte(c.text), path(c.path), []byte(c.value))
		require.NoError(t, err, c.text)
		assert.Equal(t, c.want, string(got))
	}
	for _, c := range []struct{ text, path, says string }{
		{`{"a": 1}`, "a", "a is an int, not a list"},
		{`{"a": {"py/tuple": [1]}}`, "a", "a is a tuple, not a list"},
		{`{"a": 1}`, "b", "there is no b"},
	} {
		_, err := pyjson.Append([]byte(c.text), path(c.path), []byte(`1`))
		assert.ErrorContains(t, err, c.says)
	}
	for _, c := range []struct{ text, path, want string }{
		{`{"a": 1, "b": 2, "c": 3}`, "a", `{"b": 2, "c": 3}`},
		{`{"a": 1, "b": 2, "c": 3}`, "b", `{"a": 1, "c": 3}`},
		{`{"a": 1, "b": 2, "c": 3}`, "c", `{"a": 1, "b": 2}`},
		{`{"a": 1}`, "a", `{}`},
		{`{"a": 1}`, "x", `{"a": 1}`},
		{`{"a": 1}`, "x.y", `{"a": 1}`},
		{`{"a": [1, 2]}`, "a.0", `{"a": [2]}`},
		{`{"x": [], "a": [1], "b": {"py/id": 2}}`, "x", `{"a": [1], "b": {"py/id": 1}}`},
	} {
		got, err := pyjson.Remove([]byte(c.text), path(c.path))
		require.NoError(t, err, c.text)
		assert.Equal(t, c.want, string(got))
	}
	for _, c := range []struct{ text, path, says string }{
		{`{"a": {"py/tuple": [1]}}`, "a.0", "it is in a tuple"},
		{`{"a": 1, "a": 2}`, "a", "the key is there twice"},
		{`{"a": [1], "b": {"py/id": 1}}`, "a", "something else in the text refers to"},
		{`{"a": 1}`, "", "the whole value"},
	} {
		_, err := pyjson.Remove([]byte(c.text), path(c.path))
		assert.ErrorContains(t, err, c.says)
	}
}

func TestString(t *testing.T) {
	for _, s := range []string{"", "abc", "é€😀\"\\/\n\t\x01\x7f\u2028'", "\xff"} {
		want, err := json.Marshal(s)
		require.NoError(t, err)
		var a, b string
		require.NoError(t, json.Unmarshal(want, &a))
		require.NoError(t, json.Unmarshal(pyjson.String(s), &b))
		assert.Equal(t, a, b)
		for _, c := range pyjson.String(s) {
			assert.True(t, c >= ' ' && c <= '~', "ASCII only, as jsonpickle writes")
		}
	}
	assert.Equal(t, `"\u00e9\ud83d\ude00\u007f"`, string(pyjson.String("é😀\x7f")))
}

// paths are all paths of a value as people see it.
func paths(t *testing.T, text []byte) [][]string {
	t.Helper()
	out, err := pyjson.AppendJSON(nil, text, pyjson.NaNString)
	require.NoError(t, err)
	var v any
	require.NoError(t, json.Unmarshal(out, &v))
	var all [][]string
	var walk func(at []string, v any)
	walk = func(at []string, v any) {
		if len(at) > 0 {
			all = append(all, append([]string(nil), at...))
		}
		switch v := v.(type) {
		case []any:
			for i, e := range v {
				walk(append(at, strconv.Itoa(i)), e)
			}
		case map[string]any:
			for k, e := range v {
				walk(append(at, k), e)
			}
		}
	}
	walk(nil, v)
	return all
}

// newValues are what edits put into a text.
var newValues = []string{`1`, `"x"`, `null`, `{}`, `[[], {"k": []}]`, `NaN`, `{"py/tuple": [[], 1]}`}

// TestEditAndPutBack edits every jsonpickle text of the fixtures at a path, and
// puts the bytes back.
func TestEditAndPutBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	done, refused := 0, 0
	for i, c := range fixtures(t) {
		if i%3 != 0 || len(c.text) > 20_000 {
			continue // enough
		}
		all := paths(t, c.text)
		if len(all) == 0 {
			continue
		}
		at := all[rng.IntN(len(all))]
		old, found, err := pyjson.Raw(c.text, at)
		require.NoError(t, err)
		if !found {
			continue // not a value of the text: the name of a class
		}
		value := newValues[rng.IntN(len(newValues))]
		edited, err := pyjson.Replace(c.text, at, []byte(value))
		if e := (*pyjson.EditError)(nil); errors.As(err, &e) {
			refused++
			continue
		}
		require.NoError(t, err)
		now, found, err := pyjson.Raw(edited, at)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, value, string(now))
		back, err := pyjson.Replace(edited, at, old)
		require.NoError(t, err, "%s: %s at %q", c.column, c.text, at)
		require.Equal(t, string(c.text), string(back))
		done++
	}
	t.Logf("%d edited, %d refused", done, refused)
	assert.Greater(t, done, 3*refused)
	assert.Greater(t, done, 1000)
}

// edit is a line for jsonpickle_oracle.py --edits.
type edit struct {
	Before string   `json:"before"`
	After  string   `json:"after"`
	Path   []string `json:"path"`
	Op     string   `json:"op"`
}

// TestOracleEdits edits texts that the real jsonpickle wrote, and has it compare
// what it reads before and after: everything but the path is equal, and the same
// parts are shared.
func TestOracleEdits(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var edits []edit
	var stdin bytes.Buffer
	shared := 0
	for _, g := range generate(t, "3000", "4") {
		text := []byte(g.Text)
		all := paths(t, text)
		if len(all) == 0 {
			continue
		}
		e := edit{Before: g.Text, Path: all[rng.IntN(len(all))], Op: "replace"}
		value := []byte(newValues[rng.IntN(len(newValues))])
		var after []byte
		var err error
		switch rng.IntN(4) {
		case 0:
			e.Op = "remove"
			after, err = pyjson.Remove(text, e.Path)
		case 1:
			e.Op, e.Path = "add", append(e.Path, "new key")
			after, err = pyjson.Replace(text, e.Path, value)
		default:
			after, err = pyjson.Replace(text, e.Path, value)
		}
		if err != nil {
			require.ErrorAs(t, err, new(*pyjson.EditError))
			continue
		}
		if e.After = string(after); e.After == e.Before {
			continue
		}
		if strings.Contains(e.After, "py/id") {
			shared++
		}
		edits = append(edits, e)
		require.NoError(t, json.NewEncoder(&stdin).Encode(e))
	}
	assert.Greater(t, len(edits), 1000)
	assert.Greater(t, shared, 150, "texts with back-references")
	i := 0
	for line := range bytes.Lines(oracle(t, stdin.Bytes(), "--edits")) {
		require.Equal(t, "same\n", string(line), "%+v", edits[i])
		i++
	}
	require.Equal(t, len(edits), i)
}

// FuzzEdit: no panic, and what an edit gives is jsonpickle with the value in it.
func FuzzEdit(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add([]byte(s), "a", []byte(`{"x": [{"py/id": 0}]}`))
		f.Add([]byte(s), "b.0", []byte(`1`))
	}
	f.Fuzz(func(t *testing.T, text []byte, dotted string, value []byte) {
		at := path(dotted)
		kind, err := pyjson.KindOf(text)
		if err == nil && kind == "" {
			t.Fatal("a value without a kind")
		}
		before, there, _ := pyjson.Raw(text, at)
		before = bytes.Clone(before)
		if out, err := pyjson.Replace(text, at, value); err == nil {
			if _, err := pyjson.KindOf(out); err != nil {
				t.Fatalf("%q is no jsonpickle: %v", out, err)
			}
			if there && len(at) > 0 {
				if back, err := pyjson.Replace(out, at, before); err == nil && !bytes.Equal(back, text) {
					t.Fatalf("put back: %q, not %q", back, text)
				}
			}
		}
		if out, err := pyjson.Append(text, at, value); err == nil {
			if _, err := pyjson.KindOf(out); err != nil {
				t.Fatalf("%q is no jsonpickle: %v", out, err)
			}
		}
		if out, err := pyjson.Remove(text, at); err == nil {
			if _, err := pyjson.KindOf(out); err != nil {
				t.Fatalf("%q is no jsonpickle: %v", out, err)
			}
		}
	})
}
