package export_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/export"
)

// audit audits a text as a file of that name.
func audit(tb testing.TB, a *export.Anonymizer, name, text string, kept ...string) []export.Finding {
	tb.Helper()
	found, err := a.Audit(tb.Context(), name, func(c string) bool { return slices.Contains(kept, c) }, strings.NewReader(text))
	require.NoError(tb, err)
	return found
}

func TestAuditSaysWhere(t *testing.T) {
	a := anonymizer(t, "worker_id=A1B2C3D4E5F6", "assignment_id=30XYZABCDEFGH", "worker_id=7", "worker_id=alice", "email=me@example.com")
	for _, c := range []struct {
		name, text string
		kept       []string
		want       []string
	}{
		{"a.csv", "id,note\n1,x\n2,\"see \"\"A1B2C3D4E5F6\"\",\nthere\"\n3,A1B2C3D4E5F6\n", nil,
			[]string{"a.csv line 3, byte 10, in note: worker_id A1… of 12 characters, and 1 more"}},
		{"a.csv", "id,A1B2C3D4E5F6\n1,\"a\nb\"\n2,30xyzabcdefgh\n", []string{"id"},
			[]string{"a.csv line 1, byte 4: worker_id A1… of 12 characters", "a.csv line 4, byte 3, in A1B2C3D4E5F6: assignment_id 30… of 13 characters"}},
		{"a.csv", "worker_id,note\nA1B2C3D4E5F6,\nalice,alice\n", []string{"worker_id"},
			[]string{"a.csv line 3, byte 7, in note: worker_id of 5 characters"}},
		{"a.csv", "\"a\"\"b\",\"c,d\"\n1,A1B2C3D4E5F6\nA1B2C3D4E5F6,2\n", []string{"c,d"},
			[]string{`a.csv line 3, byte 1, in a"b: worker_id A1… of 12 characters`}},
		{"a.csv", "id,vars\n1,\"{\"\"worker_id\"\": \"\"7\"\", \"\"x\"\": 7}\"\n", nil,
			[]string{"a.csv line 2, byte 22, in vars: worker_id of 1 characters"}},
		{"a.ndjson", `{"id":1,"note":{"to":["me@example.com"],"x":"y"},"b":"\u00411B2C3D4E5F6"}` + "\n" + `{"id":2,"b":"A1B2C3D4E5F6"}` + "\n", []string{"x"},
			[]string{"a.ndjson line 1, byte 24, in note: email me… of 14 characters", "a.ndjson line 1, byte 55, in b: worker_id A1… of 12 characters, and 1 more"}},
		{"a.ndjson", `{"id":1,"note":{"b":"A1B2C3D4E5F6"},"b":"30XYZABCDEFGH","a\"c":"A1B2C3D4E5F6","A1B2C3D4E5F6":2}` + "\n", []string{"b", `a"c`},
			[]string{"a.ndjson line 1, byte 22, in note: worker_id A1… of 12 characters", "a.ndjson line 1, byte 80: worker_id A1… of 12 characters"}},
		{"datapackage.json", "{\n \"name\": \"x of A1B2C3D4E5F6\"\n}", []string{"name"},
			[]string{"datapackage.json line 2, byte 16: worker_id A1… of 12 characters"}},
		{"a.csv", "id\n7\n17\nalice in\n", nil, nil},
		{"a.csv", "", nil, nil},
	} {
		var got []string
		for _, f := range audit(t, a, c.name, c.text, c.kept...) {
			got = append(got, f.String())
		}
		assert.Equal(t, c.want, got, c.text)
	}
}

func TestAuditCells(t *testing.T) {
	u := anonymizer(t, "worker_id=A1B2C3D4E5F6").NewAuditor("a.parquet", func(c string) bool { return c == "worker_id" })
	u.Cell(0, "worker_id", []byte("worker_id"))
	u.Cell(1, "worker_id", []byte("A1B2C3D4E5F6"))
	u.Cell(1, "note", []byte("nothing"))
	u.Cell(2, "note", []byte(`{"a":"A1B2C3D4E5F6","b":"A1B2C3D4E5F6"}`))
	assert.Equal(t, []export.Finding{{File: "a.parquet", Line: 2, Byte: 7, Field: "note", Kind: "worker_id", Shown: "A1… of 12 characters", Count: 2}}, u.Findings())
}

// strangers are ids of every strength, and of every trouble.
var strangers = []string{
	"A1B2C3D4E5F6", "5f3a9c1b2d4e6f708192a3b4", "0304024c-7855-4af7-8ae4-e86ece7210dc", "bot-0123", "me+you@example.com",
	"203.0.113.43", "2001:db8::8a2e:370:7334", "1234567890", "alice", "W12", "張偉", "Jürgen Müller 12", `quo"te1234567`, `back\slash1234`,
	"new\nline1234567", "semi;colon:12345", "50%41bcdefghijkl", "a,b,c,d,1,2,3,4,5", "日本語の名前テスト識別子", "test worker one",
}

// encodings are the ways in which an id may stand in a file.
var encodings = map[string]func(id string) string{
	"csv": func(id string) string {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		_ = w.Write([]string{"1", id, "x"})
		w.Flush()
		return b.String()
	},
	"json":          func(id string) string { return quoted(map[string]any{"a": id}) },
	"json in json":  func(id string) string { return quoted(map[string]any{"a": quoted([]string{id})}) },
	"escaped":       func(id string) string { return `{"a": "` + escaped(id) + `"}` },
	"escaped twice": func(id string) string { return quoted([]string{`{"a": "` + escaped(id) + `"}`}) },
	"percent":       func(id string) string { return "/ad?a=" + url.QueryEscape(id) + "&b=1" },
	"percent in json in csv": func(id string) string {
		return strings.ReplaceAll(quoted([]string{"/ad?a=" + url.PathEscape(id)}), `"`, `""`)
	},
	"json in percent": func(id string) string { return "/ad?a=" + url.QueryEscape(quoted([]string{id})) },
	"key":             func(id string) string { return quoted(map[string]int{id: 1}) },
}

func quoted(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// escaped is a text with every letter as \u.
func escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r > 0xffff {
			r = 0xfffd
		}
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

func TestAuditDecodes(t *testing.T) {
	a := anonymizer(t)
	for _, id := range strangers {
		a.Know("worker_id", id)
	}
	for _, id := range strangers {
		for name, encode := range encodings {
			if strings.Contains(id, " ") && strings.Contains(name, "percent") {
				continue // + for a space is no encoding that is taken off
			}
			text := encode(id)
			assert.NotEmpty(t, audit(t, a, "a.ndjson", text), "%s %s: %s", id, name, text)
			assert.Empty(t, audit(t, a, "a.ndjson", string(a.Scrub([]byte(text)))), "%s %s: %s", id, name, text)
		}
		assert.Empty(t, audit(t, a, "a.csv", "id,a\n1,"+a.Replace(id)+"\n"), id)
	}
}

// An id may lie over the end of what is read at once, whatever reads how much.
func TestAuditAcrossBuffers(t *testing.T) {
	const size = 3 << 20
	a := anonymizer(t, "worker_id=A1B2C3D4E5F6", "worker_id=W12")
	random := rand.New(rand.NewPCG(1, 2))
	filling := []byte("some, words \"\" \\u00e4 \n")
	text := bytes.Repeat(filling, size/len(filling))
	planted := map[int]bool{}
	for _, id := range []string{"A1B2C3D4E5F6", `\u00411B2C3D4E5F6`, `"W12"`, "A1B2C3D4E5F6"} {
		for range 40 {
			at := random.IntN(size - 100)
			if random.IntN(2) == 0 {
				at = (1+random.IntN(2))<<20 + random.IntN(64<<10) - 32<<10
			}
			if planted[at/100] || planted[at/100+1] || planted[at/100-1] {
				continue
			}
			planted[at/100] = true
			copy(text[at-1:], "\n"+id+"\n")
		}
	}
	for name, r := range map[string]io.Reader{"whole": bytes.NewReader(text), "half": iotest.HalfReader(bytes.NewReader(text)), "late": iotest.DataErrReader(bytes.NewReader(text))} {
		found, err := a.Audit(t.Context(), "a.txt", nil, r)
		require.NoError(t, err)
		require.Len(t, found, 1, name)
		assert.EqualValues(t, len(planted), found[0].Count, name)
	}
	slashes := append(bytes.Repeat([]byte(`\\`), size/4), "A1B2C3D4E5F6"...)
	found, err := a.Audit(t.Context(), "a.txt", nil, bytes.NewReader(slashes))
	require.NoError(t, err)
	assert.Equal(t, []string{"a.txt line 1, byte 1572865: worker_id A1… of 12 characters"}, []string{found[0].String()})
}

// Ids of one study begin and end alike: each is found, and none for another one.
func TestAuditOfManyAlike(t *testing.T) {
	a := anonymizer(t)
	var text strings.Builder
	text.WriteString("id\n")
	for i := range 20_000 {
		id := fmt.Sprintf("participant_%06d_of_my_study", 3*i)
		a.Know("worker_id", id)
		fmt.Fprintf(&text, "participant_%06d_of_my_study\n%s\n", 3*i+1, id)
	}
	found := audit(t, a, "a.csv", text.String())
	require.Len(t, found, 1)
	assert.EqualValues(t, 20_000, found[0].Count)
	assert.EqualValues(t, 3, found[0].Line)
}

func TestAuditStops(t *testing.T) {
	a := anonymizer(t, "worker_id=A1B2C3D4E5F6")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := a.Audit(ctx, "a.csv", nil, strings.NewReader("x"))
	require.ErrorIs(t, err, context.Canceled)
	broken := errors.New("broken disk")
	_, err = a.Audit(t.Context(), "a.csv", nil, iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, "a.csv: ")
}

// FuzzScrub: whatever a text is and whatever the ids are, none is left after Scrub,
// JSON stays JSON, and a second time changes nothing.
func FuzzScrub(f *testing.F) {
	for _, c := range scrubbed {
		f.Add(c.ids, "second1id", c.text)
	}
	for _, id := range strangers {
		for _, encode := range encodings {
			f.Add(id, "x"+id, encode(id))
		}
	}
	f.Fuzz(func(t *testing.T, one, two, text string) {
		if strings.ContainsAny(one+two, `"\`) {
			return // may be a part of JSON itself: Scrub spares JSON, and Audit fails
		}
		a := anonymizer(t)
		a.Know("worker_id", one)
		a.Know("assignment_id", two)
		a.Know("unique_id", one+":"+two)
		out := a.Scrub([]byte(text))
		require.Empty(t, audit(t, a, "a.csv", string(out)), "%q became %q", text, out)
		require.Empty(t, audit(t, a, "a.ndjson", string(out)), "%q became %q", text, out)
		require.True(t, !isDocument(text) || isDocument(string(out)), "%q became %q", text, out)
		require.Equal(t, string(out), string(a.Scrub(out)))
	})
}

// isDocument reports whether a text is JSON and more than a number, which is left to
// whoever writes it.
func isDocument(text string) bool {
	return text != "" && strings.Contains(`{["`, text[:1]) && json.Valid([]byte(text))
}

// Texts of few letters, in which ids begin, end and overlap everywhere, encoded in all
// ways around one another.
func TestScrubAtRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	word := func(alphabet string, most int) string {
		var b strings.Builder
		letters := []rune(alphabet)
		for range 1 + random.IntN(most) {
			b.WriteRune(letters[random.IntN(len(letters))])
		}
		return b.String()
	}
	names := slices.Sorted(maps.Keys(encodings))
	left := 0
	for range 5_000 {
		alphabet := []string{"a1", "aB1:", "é1a", "a1%4 ", "1", "ab", "a1,", "A1\n"}[random.IntN(8)]
		a := anonymizer(t)
		var ids []string
		for range 3 {
			ids = append(ids, word(alphabet, 14))
			a.Know("worker_id", ids[len(ids)-1])
		}
		a.Know("unique_id", ids[0]+":"+ids[1])
		text := ""
		for range 4 {
			text += []string{ids[0], ids[1] + "é", ids[2], ids[0] + ":" + ids[1], word(alphabet, 9), `"worker_id": "` + ids[0] + `"`}[random.IntN(6)]
		}
		for range random.IntN(3) {
			text = encodings[names[random.IntN(len(names))]](text)
		}
		out := a.Scrub([]byte(text))
		require.True(t, !isDocument(text) || isDocument(string(out)), "%q: %q became %q", ids, text, out)
		u := a.NewAuditor("a.parquet", nil)
		u.Cell(1, "a", out)
		require.Empty(t, u.Findings(), "%q: %q became %q", ids, text, out)
		if string(out) != text {
			left++
		}
	}
	assert.Greater(t, left, 2_500)
}

// FuzzAudit finds an id wherever it is planted in whatever text, in every encoding.
func FuzzAudit(f *testing.F) {
	for i := range strangers {
		f.Add(i, "before ", " after", "A1b2C3d4")
	}
	f.Fuzz(func(t *testing.T, i int, before, after, salt string) {
		id := strangers[uint(i)%uint(len(strangers))]
		if len(salt) >= 6 && !strings.ContainsFunc(salt, func(r rune) bool { return r < '0' || r > 'z' || r > '9' && r < 'A' || r > 'Z' && r < 'a' }) {
			id += salt + "1"
		}
		a := anonymizer(t)
		a.Know("worker_id", id)
		for name, encode := range encodings {
			if strings.Contains(id, " ") && strings.Contains(name, "percent") {
				continue
			}
			text := before + "\n" + encode(id) + "\n" + after
			require.NotEmpty(t, audit(t, a, "a.csv", text), "%s in %q", name, text)
			require.NotEmpty(t, audit(t, a, "a.ndjson", text), "%s in %q", name, text)
		}
	})
}
