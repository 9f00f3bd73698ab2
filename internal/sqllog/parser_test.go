package sqllog

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

var prefixCases = []struct {
	prefix, line string
	want         Entry
}{
	{"%m [%p] ", "2026-11-24 23:14:36.123 UTC [4242] ", Entry{PID: 4242}},
	{"%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ", "2026-11-24 23:14:36 CET [17]: [3-1] user=ann,db=exp,app=my app,client=10.0.0.1 ", Entry{PID: 17, Line: 3, User: "ann", Database: "exp", App: "my app", Remote: "10.0.0.1"}},
	{"%t:%r:%u@%d:[%p]:", "2026-11-24 23:14:36 UTC:10.0.0.1(5432):ann@exp:[17]:", Entry{PID: 17, User: "ann", Database: "exp", Remote: "10.0.0.1(5432)"}},
	{"%m [%p] %q%u@%d ", "2026-11-24 23:14:36.123 +03 [17] a b@c-d ", Entry{PID: 17, User: "a b", Database: "c-d"}},
	{"%m [%p] %q%u@%d ", "2026-11-24 23:14:36.123 UTC [17] ", Entry{PID: 17}},
	{"%n %c %v %x %e %Q %P ", "1764026076.123 6565a1b2.2a 3/14 815 00000 -7 12 ", Entry{PID: 42, Session: "6565a1b2.2a", VirtualID: "3/14", TxID: 815, QueryID: -7}},
	{"%s|%b|%i|%L|100%%|", "2026-11-24 23:14:36 UTC|client backend|idle in transaction|::1|100%|", Entry{Backend: "client backend", Command: "idle in transaction"}},
	{"[%7p][%-7p]%-10u|", "[   4242][4242   ]ann       |", Entry{PID: 4242, User: "ann"}},
	{"%z%m ", "2026-11-24 23:14:36.123 UTC ", Entry{}},
	{"", "", Entry{}},
}

func TestPrefix(t *testing.T) {
	for _, c := range prefixCases {
		t.Run(c.prefix, func(t *testing.T) {
			text := c.line + "LOG:  duration: 1.500 ms  statement: SELECT 1\n\tFROM t\n" + c.line + "ERROR:  no\n" + c.line + "STATEMENT:  SELECT 2\n"
			all := readAll(t, []byte(text), Options{Format: Stderr, Prefix: c.prefix, PrefixKnown: true})
			if len(all) != 2 {
				t.Fatalf("%d entries: %+v", len(all), all)
			}
			e := all[0]
			if e.Statement != "SELECT 1\nFROM t" || e.Duration != 1500*time.Microsecond || all[1].Statement != "SELECT 2" || all[1].Message != "no" {
				t.Errorf("%+v", all)
			}
			if got := (Entry{PID: e.PID, Line: e.Line, User: e.User, Database: e.Database, App: e.App, Remote: e.Remote, Session: e.Session,
				VirtualID: e.VirtualID, TxID: e.TxID, QueryID: e.QueryID, Backend: e.Backend, Command: e.Command}); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%+v, not %+v", got, c.want)
			}
			if again := readAll(t, []byte(text), Options{Format: Stderr}); len(again) != 2 || again[0].Statement != e.Statement {
				t.Errorf("not recognised: %+v", again)
			}
		})
	}
}

func TestTimes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text string
		in   *time.Location
		want string
	}{
		{"2026-11-24 23:14:36.123 UTC", nil, "2026-11-24T23:14:36.123Z"},
		{"2026-11-24 23:14:36 +0530", nil, "2026-11-24T17:44:36Z"},
		{"2026-11-24 23:14:36 -03", nil, "2026-11-25T02:14:36Z"},
		{"2026-07-24 23:14:36 CEST", nil, "2026-07-24T21:14:36Z"},
		{"2026-10-25 02:30:00.500 CEST", berlin, "2026-10-25T00:30:00.5Z"},
		{"2026-10-25 02:30:00.500 CET", berlin, "2026-10-25T01:30:00.5Z"},
	} {
		clock := clock{location: c.in}
		got, _ := clock.read(c.text)
		if s := got.UTC().Format(time.RFC3339Nano); s != c.want {
			t.Errorf("%s: %s, not %s", c.text, s, c.want)
		}
	}
}

// short writes entries for comparison: kind, statement or message, duration.
func short(all []Entry) string {
	var b strings.Builder
	for _, e := range all {
		text := e.SQL()
		if text == "" {
			text = e.Message
		}
		fmt.Fprintf(&b, "%d %s %s", e.PID, e.Kind, text)
		if e.Timed {
			fmt.Fprintf(&b, " %v", e.Duration)
		}
		if e.Truncated {
			b.WriteString(" cut")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

var pairCases = []struct{ name, log, want string }{
	{"two sessions", `[1] LOG:  statement: SELECT 1
[2] LOG:  execute p/c: SELECT $1
[2] DETAIL:  parameters: $1 = 'it''s'
[1] LOG:  duration: 0.100 ms
[2] LOG:  duration: 0.200 ms
`, "1 statement SELECT 1 100µs\n2 execute SELECT 'it''s' 200µs\n"},
	{"no duration", "[1] LOG:  statement: SELECT 1\n[1] LOG:  statement: SELECT 2\n", "1 statement SELECT 1\n1 statement SELECT 2\n"},
	{"an error ends it", `[1] LOG:  statement: SELECT 1
[1] ERROR:  no
[1] STATEMENT:  SELECT 1
[1] LOG:  duration: 0.100 ms
`, "1 statement SELECT 1\n1 other SELECT 1\n1 duration duration: 0.100 ms 100µs\n"},
	{"a notice does not", `[1] LOG:  statement: SELECT 1
[1] WARNING:  careful
[1] CONTEXT:  here
[1] LOG:  duration: 0.100 ms
`, "1 other careful\n1 statement SELECT 1 100µs\n"},
	{"extended protocol", `[1] LOG:  duration: 0.300 ms  parse <unnamed>: SELECT $1
[1] LOG:  duration: 0.200 ms  bind <unnamed>: SELECT $1
[1] DETAIL:  Parameters: $1 = '5'
[1] LOG:  execute <unnamed>: SELECT $1
[1] DETAIL:  Parameters: $1 = '5'
[1] LOG:  duration: 0.100 ms
`, "1 parse SELECT $1 300µs\n1 bind SELECT '5' 200µs\n1 execute SELECT '5' 100µs\n"},
	{"log_duration", `[1] LOG:  duration: 0.300 ms
[1] LOG:  execute <unnamed>: SELECT $1
[1] LOG:  duration: 0.100 ms
[1] LOG:  duration: 0.200 ms
`, "1 duration duration: 0.300 ms 300µs\n1 execute SELECT $1 100µs\n1 duration duration: 0.200 ms 200µs\n"},
	{"one line", "[1] LOG:  duration: 1234.567 ms  statement: SELECT 1\n", "1 statement SELECT 1 1.234567s\n"},
	{"fetch", "[1] LOG:  duration: 1.000 ms  execute fetch from s/p: SELECT 1\n", "1 fetch SELECT 1 1ms\n"},
	{"error with parameters", `[1] ERROR:  division by zero
[1] CONTEXT:  unnamed portal with parameters: $1 = '0', $2 = NULL
[1] STATEMENT:  SELECT 1/$1, $2
`, "1 other SELECT 1/'0', NULL\n"},
	{"verbose", "[1] LOG:  00000: statement: SELECT 1\n[1] LOCATION:  exec_simple_query, postgres.c:1\n", "1 statement SELECT 1\n"},
	{"cut first line", "SELECT 5\n\tFROM x\n[1] DETAIL:  lost\n[1] LOG:  statement: SELECT 1\n", "1 statement SELECT 1\n"},
	{"cut last line", "[1] LOG:  statement: SELECT 1\n[1] LOG:  statement: SEL", "1 statement SELECT 1\n1 statement SEL cut\n"},
	{"windows", "[1] LOG:  statement: SELECT 1,\r\n\t2\r\n[1] LOG:  duration: 0.100 ms\r\n", "1 statement SELECT 1, 2 100µs\n"},
	{"another program", "[1] LOG:  statement: SELECT 1\nhello\n\tworld\n[1] LOG:  duration: 0.100 ms\n", "1 statement SELECT 1 100µs\n"},
	{"not UTF-8", "[1] LOG:  statement: SELECT '\xff\xfe\x00'\n", "1 statement SELECT '\xff\xfe\x00'\n"},
	{"looks like one", "[1] LOG:  statement: SELECT '\n\t[1] LOG:  duration: 5 ms'\n", "1 statement SELECT E'\\n[1] LOG:  duration: 5 ms'\n"},
	{"not a duration", "[1] LOG:  duration: long\n[1] LOG:  statement\n", "1 other duration: long\n1 other statement\n"},
}

func TestPairs(t *testing.T) {
	for _, c := range pairCases {
		t.Run(c.name, func(t *testing.T) {
			got := short(readAll(t, []byte(c.log), Options{Format: Stderr, Prefix: "[%p] ", PrefixKnown: true}))
			if got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestFlushThenDuration(t *testing.T) {
	p := NewParser(Options{Format: Stderr, Prefix: "[%p] ", PrefixKnown: true})
	var e Entry
	next := func(want bool) {
		t.Helper()
		if got := p.Next(&e); got != want {
			t.Fatalf("Next is %v: %+v", got, e)
		}
	}
	p.Feed([]byte("[1] LOG:  statement: SELECT 1\n[1] LOG:  dura"))
	next(false)
	p.FlushLines()
	next(true)
	if e.Kind != Statement || e.Timed {
		t.Errorf("%+v", e)
	}
	next(false)
	p.Feed([]byte("tion: 0.100 ms\n"))
	p.FlushLines()
	next(true)
	if e.Kind != Duration || e.Statement != "SELECT 1" || e.Duration != 100*time.Microsecond || p.Skipped() != 0 {
		t.Errorf("%+v", e)
	}
	next(false)
}

func TestBrokenTables(t *testing.T) {
	data := realLog(t, "pg15-two.csv")
	whole := readAll(t, data, Options{})
	for _, cut := range []int{1, 100, 3000, 3500, 20000} {
		all := readAll(t, data[cut:], Options{Format: CSV})
		last := func(all []Entry) string { return common(&all[len(all)-5]) }
		if len(all) < len(whole)/2 || last(all) != last(whole) {
			t.Errorf("from byte %d: %d of %d entries", cut, len(all), len(whole))
		}
		// A crash leaves half a record, and the next server goes on in the file.
		all = readAll(t, append(bytes.Clone(data[:cut]), "\n"+string(data)...), Options{Format: CSV})
		if len(all) < len(whole) || last(all) != last(whole) {
			t.Errorf("cut at byte %d: %d of %d entries", cut, len(all), len(whole))
		}
	}
}

func TestHugeStatement(t *testing.T) {
	list := strings.Repeat("123456, ", 700_000)
	for _, text := range []string{
		"[1] LOG:  duration: 1.000 ms  statement: SELECT a IN (" + list + "1)\n[1] LOG:  statement: SELECT 2\n",
		"2026-11-24 23:14:36.123 UTC,\"u\",\"d\",1,,s,1,,,,0,LOG,00000,\"duration: 1.000 ms  statement: SELECT a IN (" + list + "1)\",,,,,,,,,\"app\"\n",
		`{"timestamp":"2026-11-24 23:14:36.123 UTC","pid":1,"error_severity":"LOG","message":"duration: 1.000 ms  statement: SELECT a IN (` + list + `1)"}` + "\n",
	} {
		all := readAll(t, []byte(text), Options{})
		if len(all) == 0 || Normalize(all[0].Statement) != "SELECT a IN (…)" || len(all[0].Statement) < 5_000_000 {
			t.Fatalf("%d entries", len(all))
		}
	}
}

func TestMemoryIsFlat(t *testing.T) {
	line := "[%d] LOG:  statement: SELECT %d FROM t WHERE id = 5\n[%d] LOG:  duration: 0.100 ms\n"
	var block bytes.Buffer
	for k := range 20_000 {
		fmt.Fprintf(&block, line, k%3000+1, k, k%3000+1)
	}
	p, top, runs := NewParser(Options{Format: Stderr, Prefix: "[%p] ", PrefixKnown: true}), NewTop(), NewRuns(RunOptions{})
	var e Entry
	var before, after runtime.MemStats
	for k := range 25 {
		if k == 5 {
			runtime.GC()
			runtime.ReadMemStats(&before)
		}
		p.Feed(block.Bytes())
		for p.Next(&e) {
			top.Add(&e, "")
			runs.Add(&e)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if n := top.Total().Timed; n != 25*20_000-1 { // the last one is not yet complete
		t.Errorf("%d statements", n)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("20 more rounds took %d bytes", grown)
	}
}

func TestDetect(t *testing.T) {
	for _, v := range versions {
		for name, want := range map[string]Format{"-two.log": Stderr, "-one.log": Stderr, "-two.csv": CSV, "-two.json": JSON} {
			data := realLog(t, v+name)
			for _, cut := range []int{0, 1, 50, 300, 5000} {
				if got := Detect(data[cut:]); got != want {
					t.Errorf("%s%s from byte %d: %v", v, name, cut, got)
				}
			}
			// The first record is cut, and it is a large one.
			large := append([]byte("SELECT 5,\n"+strings.Repeat("  a, 'b', \"c\"\n", 100_000)), data...)
			if all := readAll(t, large, Options{}); len(all) < 150 {
				t.Errorf("%s%s: %d entries", v, name, len(all))
			}
		}
	}
	if got := Detect([]byte("hello\nworld\n")); got != Unknown {
		t.Errorf("%v", got)
	}
}

func FuzzParser(f *testing.F) {
	for _, c := range pairCases {
		f.Add([]byte(c.log), uint16(10), byte(Stderr))
	}
	f.Add(realLog(f, "pg15-two.csv")[:4000], uint16(100), byte(CSV))
	f.Add(realLog(f, "pg15-two.json")[:4000], uint16(100), byte(JSON))
	f.Add(realLog(f, "pg18-one.log")[:4000], uint16(100), byte(Unknown))
	f.Fuzz(func(t *testing.T, data []byte, split uint16, format byte) {
		o := Options{Format: Format(format % 4), Prefix: "[%p] ", PrefixKnown: true}
		if o.Format == Unknown { // what is recognised depends on what is there
			readAll(t, data, Options{})
			return
		}
		var e Entry
		var whole, pieces []Entry
		r := NewReader(bytes.NewReader(data), o)
		r.searches = maxSearches // so is a second prefix
		for r.Next(&e) == nil {
			whole = append(whole, e.Clone())
		}
		p := NewParser(o)
		p.searches = maxSearches
		for rest := data; len(rest) > 0; {
			n := min(int(split)+1, len(rest))
			p.Feed(rest[:n])
			rest = rest[n:]
			for p.Next(&e) {
				pieces = append(pieces, e.Clone())
			}
		}
		p.Flush()
		for p.Next(&e) {
			pieces = append(pieces, e.Clone())
		}
		if short(whole) != short(pieces) {
			t.Errorf("whole\n%s\nin pieces\n%s", short(whole), short(pieces))
		}
		for _, e := range whole {
			if e.Offset < 0 || e.End > int64(len(data)) || e.Offset >= e.End {
				t.Errorf("from %d to %d of %d", e.Offset, e.End, len(data))
			}
		}
	})
}
