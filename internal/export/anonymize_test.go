package export_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/export"
)

// key is the key of the tests.
var key = []byte("0123456789abcdef0123456789abcdef")

// anonymizer knows the given ids as kind=value.
func anonymizer(tb testing.TB, ids ...string) *export.Anonymizer {
	tb.Helper()
	a, err := export.NewAnonymizer(key, export.AnonymizeOptions{})
	require.NoError(tb, err)
	for _, v := range ids {
		kind, value, _ := strings.Cut(v, "=")
		a.Know(kind, value)
	}
	return a
}

// valueOf is the text of a cell after its treatment.
func valueOf(a *export.Anonymizer, table, column string, text []byte) []byte {
	return a.Apply(a.Treat(table, column), table, column, text)
}

func TestTreat(t *testing.T) {
	a, err := export.NewAnonymizer(key, export.AnonymizeOptions{
		Keep: []string{"vars.name", "error.worker_id", "hit_id", "vars.profile"},
		Drop: []string{"participant.hit_id", "vars.diary", "answer", "vars.profile.street"},
	})
	require.NoError(t, err)
	for _, c := range []struct {
		table, column string
		want          export.Treatment
	}{
		{"participant", "id", export.Scrub},
		{"participant", "type", export.Keep},
		{"participant", "worker_id", export.Drop},
		{"participant", "assignment_id", export.Drop},
		{"participant", "unique_id", export.Replace},
		{"participant", "fingerprint_hash", export.Drop},
		{"participant", "entry_information", export.Drop},
		{"participant", "client_ip_address", export.Drop},
		{"participant", "hit_id", export.Drop},
		{"participant", "vars", export.Scrub},
		{"participant", "vars.name", export.Keep},
		{"participant", "vars.name.first", export.Keep},
		{"participant", "vars.diary", export.Drop},
		{"participant", "vars.diary.monday", export.Drop},
		{"participant", "vars.profile.age", export.Keep},
		{"participant", "vars.profile.street", export.Drop},
		{"participant", "vars.email", export.Drop},
		{"participant", "vars.type", export.Scrub},
		{"pet", "hit_id", export.Keep},
		{"pet", "worker_id", export.Replace},
		{"info", "answer", export.Drop},
		{"info", "answer.text", export.Drop},
		{"info", "definition.worker_id", export.Replace},
		{"error", "worker_id", export.Keep},
		{"error", "traceback", export.Scrub},
		{"response", "client_ip_address", export.Drop},
		{"notification", "assignment_id", export.Replace},
		{"notification", "details", export.Drop},
		{"node", "details", export.Scrub},
		{"request", "unique_id", export.Replace},
		{"request", "params", export.Drop},
		{"request", "params.unique_id", export.Drop},
		{"lucid_rid", "rid", export.Replace},
		{"experiment", "vars.deployment_config", export.Drop},
		{"experiment", "vars.deployment_config.smtp_host", export.Drop},
		{"experiment_status", "extra_info", export.Drop},
		{"asset", "secret", export.Drop},
	} {
		assert.Equal(t, c.want.String(), a.Treat(c.table, c.column).String(), "%s.%s", c.table, c.column)
	}
}

func TestNewAnonymizerRefuses(t *testing.T) {
	for _, c := range []struct {
		key  []byte
		o    export.AnonymizeOptions
		want string
	}{
		{key[:31], export.AnonymizeOptions{}, "the key has 31 bytes, fewer than 32"},
		{key, export.AnonymizeOptions{Keep: []string{"a"}, Drop: []string{"a"}}, "a is to be kept and to be dropped"},
		{key, export.AnonymizeOptions{Drop: []string{""}}, "a column without a name cannot be kept or dropped"},
	} {
		_, err := export.NewAnonymizer(c.key, c.o)
		assert.EqualError(t, err, c.want)
	}
}

// The hashes are written down: an export of next year has to fit one of today.
func TestReplace(t *testing.T) {
	a := anonymizer(t, "unique_id=A1B2C3D4E5F6:30XYZABCDEFGH", "worker_id=A1B2C3D4E5F6", "assignment_id=30XYZABCDEFGH", "worker_id=a:b", "assignment_id=b")
	assert.Equal(t, "x53addb1dc4b43eaa", a.Replace("A1B2C3D4E5F6"))
	assert.Equal(t, a.Replace("A1B2C3D4E5F6")+":"+a.Replace("30XYZABCDEFGH"), a.Replace("A1B2C3D4E5F6:30XYZABCDEFGH"))
	assert.Equal(t, a.Replace("a:b")+":"+a.Replace("b"), a.Replace("a:b:b"))
	assert.Regexp(t, `^x[0-9a-f]{16}$`, a.Replace("a:b"))
	assert.Regexp(t, `^x[0-9a-f]{16}$`, a.Replace("who:knows"))

	visitor := anonymizer(t, "unique_id=A1B2C3D4E5F6:30XYZABCDEFGH")
	assert.Equal(t, a.Replace("A1B2C3D4E5F6:30XYZABCDEFGH"), visitor.Replace("A1B2C3D4E5F6:30XYZABCDEFGH"), "who has only looked")

	other, err := export.NewAnonymizer([]byte(strings.Repeat("k", 32)), export.AnonymizeOptions{})
	require.NoError(t, err)
	assert.NotEqual(t, a.Replace("A1B2C3D4E5F6"), other.Replace("A1B2C3D4E5F6"))
}

// scrubbed are texts, and what is left of them: # stands for a hash. ids are known.
var scrubbed = []struct{ ids, text, want string }{
	// Anywhere.
	{"A1B2C3D4E5F6", `{"u":"A1B2C3D4E5F6","v":["xA1B2C3D4E5F6y"]}`, `{"u":"#","v":["x#y"]}`},
	{"A1B2C3D4E5F6", `{"A1B2C3D4E5F6":1}`, `{"#":1}`},
	{"A1B2C3D4E5F6", `/ad?workerId=a1b2c3d4e5f6&x=1`, `/ad?workerId=#&x=1`},
	{"A1B2C3D4E5F6 30XYZABCDEFGH", `A1B2C3D4E5F6:30XYZABCDEFGH`, `#:#`},
	{"A1B2C3D4E5F6 30XYZABCDEFGH", `A1B2C3D4E5F6%3A30XYZABCDEFGH`, `#%3A#`},
	{"A1B2C3D4E5F6", `{"u":"\u00411B2C3D4E5F\u0036!"}`, `{"u":"#!"}`},
	{"A1B2C3D4E5F6", `{"u":"{\"v\":\"\\u00411B2C3D4E5F6\"}"}`, `{"u":"{\"v\":\"#\"}"}`},
	{"https://x.org/me/1", `"https:\/\/x.org\/me\/1"`, `"#"`},
	{"50%41bcdefghijkl", `50%41bcdefghijkl`, `#`},
	// An id in another one, and beside it.
	{"A1B2C3D4E5F6 A1B2C3D4E5F6G7H8", `A1B2C3D4E5F6G7H8 A1B2C3D4E5F6`, `# #`},
	{"A1B2C3D4E5F6 E5F6G7H8I9J0", `A1B2C3D4E5F6G7H8I9J0`, `#`},
	// Between what is no letter or digit.
	{"bot123", `bot123, "bot1234" bot_bot123 xbot123 (BOT123)`, `#, "bot1234" bot_# xbot123 (#)`},
	{"bot123", `{"a":"x\nbot123\n"}`, `{"a":"x\n#\n"}`},
	{"me@example.com", `{"a":"write to Me@example.com.","b":"me%40example.com"}`, `{"a":"write to #.","b":"#"}`},
	{"203.0.113.4", `203.0.113.43 203.0.113.4 1.203.0.113.4`, `203.0.113.43 # 1.203.0.113.4`},
	{"1234567890", `{"a":1234567890,"b":"1234567890","c":0.1234567890,"d":[1234567890],"e":"x: 1234567890, y"}`,
		`{"a":"#","b":"#","c":0.1234567890,"d":["#"],"e":"x: #, y"}`},
	{"127.0.0.1", `http://127.0.0.1:5000/`, `http://127.0.0.1:5000/`},
	// Whole values.
	{"alice", `{"a":"alice","b":"alice in wonderland","c":["alice"]}`, `{"a":"#","b":"alice in wonderland","c":["#"]}`},
	{"W12", `W12`, `#`},
	{"W12", `{"a":"W12","b":"W123","c":"w12"}`, `{"a":"#","b":"W123","c":"w12"}`},
	{"張偉", `{"a":"張偉","b":"\u5f35\u5049","c":"張偉說"}`, `{"a":"#","b":"#","c":"張偉說"}`},
	{"Jürgen_Müller_1", `{"a":"J\u00fcrgen_M\u00fcller_1","b":"J%C3%BCrgen_M%C3%BCller_1"}`, `{"a":"#","b":"#"}`},
	// Behind the name of an id only.
	{"1 yes 2", `{"a":"1","yes":"yes","worker_id":"1","n":{"workerId":2}}`, `{"a":"1","yes":"yes","worker_id":"#","n":{"workerId":"#"}}`},
	{"1 7:8", `?workerId=1&assignmentId=12&unique_id=7:8`, `?workerId=#&assignmentId=12&unique_id=#`},
	{"debug", `{"mode":"debug","x":"{\"hitId\": \"debug\"}"}`, `{"mode":"debug","x":"{\"hitId\": \"#\"}"}`},
	// Quotes, newlines, backslashes.
	{`a"b12345678901`, `{"a":"a\"b12345678901"}`, `{"a":"#"}`},
	{`a"b12345678901`, `a"b12345678901`, `#`},
	{"line1\nline234567", `{"a":"line1\nline234567"}`, `{"a":"#"}`},
	{`back\slash1234`, `{"a":"back\\slash1234"}`, `{"a":"#"}`},
	{`","12345678901`, `["","12345678901"]`, `["","12345678901"]`},
	{`{"answer": "`, `{"answer": "x"}`, `{"answer": "x"}`},
	// Nothing to do, and nothing to break.
	{"A1B2C3D4E5F6", `C:\users\u00 100% \ud83d "" \`, `C:\users\u00 100% \ud83d "" \`},
	{"A1B2C3D4E5F6", ``, ``},
}

func TestScrub(t *testing.T) {
	for _, c := range scrubbed {
		a, err := export.NewAnonymizer(key, export.AnonymizeOptions{})
		require.NoError(t, err)
		var ids []string
		if strings.ContainsAny(c.ids, "\"") {
			ids = []string{c.ids}
		} else {
			ids = strings.Split(c.ids, " ")
		}
		for _, id := range ids {
			a.Know("worker_id", id)
		}
		got := string(a.Scrub([]byte(c.text)))
		for _, id := range ids {
			got = strings.ReplaceAll(got, a.Replace(id), "#")
		}
		assert.Equal(t, c.want, got, "%s in %s", c.ids, c.text)
		assert.Equal(t, json.Valid([]byte(c.text)), json.Valid(a.Scrub([]byte(c.text))), c.text)
	}
}

func TestValue(t *testing.T) {
	a, err := export.NewAnonymizer(key, export.AnonymizeOptions{Drop: []string{"vars.diary", "vars.größe"}, Keep: []string{"note"}})
	require.NoError(t, err)
	a.Know("worker_id", "A1B2C3D4E5F6")
	hash := a.Replace("A1B2C3D4E5F6")
	for _, c := range []struct{ table, column, text, want string }{
		{"participant", "vars", `{"diary":"dear A1B2C3D4E5F6","size":3,"who":"A1B2C3D4E5F6"}`, `{"size":3,"who":"` + hash + `"}`},
		{"participant", "vars", `{"email":"a@b.c","deep":{"client_ip_address":"1.2.3.4","x":1}}`, `{"deep":{"x":1}}`},
		{"participant", "vars", `{"worker_id":"unheard of","größe":1,"unique_id":null}`, `{"worker_id":"` + a.Replace("unheard of") + `","unique_id":null}`},
		{"participant", "unique_id", `A1B2C3D4E5F6`, hash},
		{"participant", "unique_id", ``, ``},
		{"participant", "worker_id", `A1B2C3D4E5F6`, ``},
		{"pet", "note", `A1B2C3D4E5F6`, `A1B2C3D4E5F6`},
		{"experiment", "vars", `{"label":"x","deployment_config":{"smtp_username":"y"}}`, `{"label":"x"}`},
		{"pet", "vars", `{"deployment_config":{"smtp_username":"y"}}`, `{"deployment_config":{"smtp_username":"y"}}`},
		{"pet", "vars", `{"email": no JSON`, `{"email": no JSON`},
	} {
		assert.Equal(t, c.want, string(valueOf(a, c.table, c.column, []byte(c.text))), "%s.%s: %s", c.table, c.column, c.text)
	}
}

func TestJudged(t *testing.T) {
	a := anonymizer(t, "w=A1B2C3D4E5F6", "w=qaYrVnABuWDqZgOWKooqoIsX", "w=bot123", "w=10.1.2.3", "w=alice", "w=W1a", "w=1", "w=12345678", "w=debug", "w=no", "w=127.0.0.1", "w=ASSIGNMENT_ID_NOT_AVAILABLE", "w=")
	everywhere, words, values, names := a.Judged()
	assert.Equal(t, []int{2, 2, 2, 6}, []int{everywhere, words, values, names})
}

// Several goroutines write tables at once.
func TestScrubTogether(t *testing.T) {
	a := anonymizer(t, "worker_id=A1B2C3D4E5F6")
	want := `"` + anonymizer(t).Replace("A1B2C3D4E5F6") + `"`
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				assert.Equal(t, want, string(a.Scrub([]byte(`"\u00411B2C3D4E5F6"`))))
			}
		})
	}
	all.Wait()
}

func ExampleAnonymizer_Scrub() {
	a, _ := export.NewAnonymizer(key, export.AnonymizeOptions{})
	a.Know("worker_id", "A1B2C3D4E5F6")
	a.Know("assignment_id", "30XYZABCDEFGH")
	fmt.Println(string(a.Scrub([]byte(`{"url": "/timeline?unique_id=A1B2C3D4E5F6%3A30XYZABCDEFGH"}`))))
	// Output: {"url": "/timeline?unique_id=x53addb1dc4b43eaa%3Ax75965d63737fc6ac"}
}
