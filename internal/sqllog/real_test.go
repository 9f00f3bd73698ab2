package sqllog

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// realLog is a log that a server wrote: testdata/pg15-two.log.gz and its like.
// "two" was logged with log_statement = all and log_min_duration_statement = 0,
// "one" with the latter alone, "dur" with log_statement = all and log_duration,
// "plan" with auto_explain; psql, SQLAlchemy by psycopg2 (values in the text)
// and by pg8000 (bound) ran the statements.
func realLog(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name+".gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readAll(t testing.TB, data []byte, o Options) []Entry {
	t.Helper()
	var all []Entry
	r := NewReader(bytes.NewReader(data), o)
	for {
		var e Entry
		err := r.Next(&e)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
}

// firstPrefix is the log_line_prefix that most of the logs begin with; it
// changes in them, to one with nearly all escapes.
const firstPrefix = "%m [%p] %q%u@%d "

var versions = []string{"pg15", "pg18"}

// common is what every format has.
func common(e *Entry) string {
	return fmt.Sprintf("%s %d %s %s %v %v %q %q %q %q %q %q", e.Time.Format(time.RFC3339Nano), e.PID, e.Kind, e.Severity,
		e.Timed, e.Duration, e.Prepared, e.Statement, e.ParamText, e.Detail, e.Hint, e.Context)
}

func TestFormatsAgree(t *testing.T) {
	for _, v := range versions {
		text := readAll(t, realLog(t, v+"-two.log"), Options{Prefix: firstPrefix, PrefixKnown: true})
		table := readAll(t, realLog(t, v+"-two.csv"), Options{})
		object := readAll(t, realLog(t, v+"-two.json"), Options{})
		if len(text) < 300 || len(table) != len(object) || len(text) != len(table) {
			t.Fatalf("%s: %d, %d and %d entries", v, len(text), len(table), len(object))
		}
		for k := range table {
			a, b, c := common(&text[k]), common(&table[k]), common(&object[k])
			// The prefix changes in the last lines, and has no milliseconds there.
			if a != b && text[k].Time.Nanosecond() != 0 || b != c {
				t.Errorf("%s, entry %d:\n%s\n%s\n%s", v, k, a, b, c)
			}
			x, y := table[k], object[k]
			if x.Session != y.Session || x.User != y.User || x.Database != y.Database || x.App != y.App || x.VirtualID != y.VirtualID ||
				x.TxID != y.TxID || x.SQLState != y.SQLState || x.Backend != y.Backend || x.Line != y.Line || x.Command != y.Command || x.QueryID != y.QueryID {
				t.Errorf("%s, entry %d: csvlog %+v jsonlog %+v", v, k, x, y)
			}
		}
	}
}

func TestPrefixIsRecognised(t *testing.T) {
	for _, v := range versions {
		for _, name := range []string{"-two.log", "-one.log", "-dur.log", "-plan.log"} {
			data := realLog(t, v+name)
			r := NewReader(bytes.NewReader(data), Options{})
			var e Entry
			n := 0
			for ; r.Next(&e) == nil; n++ {
				if e.Time.IsZero() || e.PID == 0 || e.Severity == UnknownSeverity {
					t.Errorf("%s%s: %+v", v, name, e)
				}
			}
			if r.Skipped() != 0 || n < 5 || r.Format() != Stderr {
				t.Errorf("%s%s: %d entries, %d bytes skipped, %v", v, name, n, r.Skipped(), r.Format())
			}
		}
	}
}

// find is the first entry that begins so.
func find(t *testing.T, all []Entry, statement string, ok func(*Entry) bool) *Entry {
	t.Helper()
	for k := range all {
		if strings.HasPrefix(all[k].Statement, statement) && ok(&all[k]) {
			return &all[k]
		}
	}
	t.Fatalf("no such entry: %s", statement)
	return nil
}

func TestRealStatements(t *testing.T) {
	for _, v := range versions {
		for _, name := range []string{"-two.log", "-two.csv", "-two.json", "-one.log"} {
			t.Run(v+name, func(t *testing.T) {
				all := readAll(t, realLog(t, v+name), Options{})
				ran := func(e *Entry) bool { return e.Ran() && e.Timed }
				e := find(t, all, "SELECT 'grün'", ran)
				want := `SELECT 'grün', E'tab\there', U&'d\0061t', E'dollar ''quoted''\nwith	two lines', B'01' /* a comment */ , /* another /* nested */ */ '\xdeadbeef'::bytea;`
				if e.SQL() != want || e.User != "postgres" || e.Database != "play" || e.Kind != Statement {
					t.Errorf("%s\n%+v", e.SQL(), e)
				}
				e = find(t, all, "INSERT INTO participant (id, name, blob) VALUES ($1", ran)
				want = `INSERT INTO participant (id, name, blob) VALUES ('1', E'Zoë 1 ''q'' \\ 日本 🎲\nline two', '\x00ff275c0a')`
				if e.SQL() != want || e.Kind != Execute || e.Prepared != "" || len(e.Params()) != 3 || e.Params()[1].Value != "Zoë 1 'q' \\ 日本 🎲\nline two" {
					t.Errorf("%s\n%+v", e.SQL(), e)
				}
				e = find(t, all, "SELECT 1/$1 FROM nowhere", func(e *Entry) bool { return e.Severity == Error })
				if !strings.Contains(e.Message, "nowhere") || !strings.Contains(e.Statement, "\n") || e.Ran() || e.Timed {
					t.Errorf("%+v", e)
				}
				e = find(t, all, "/* exptool */ SELECT 1", ran)
				if !e.Own() || all[0].Own() {
					t.Errorf("own: %+v", e)
				}
				e = find(t, all, "DECLARE", ran)
				if e.Own() {
					t.Errorf("not own: %+v", e)
				}
			})
		}
	}
}

func TestPieceByPiece(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, v := range versions {
		for _, name := range []string{"-two.log", "-two.csv", "-two.json", "-dur.log", "-plan.json"} {
			data := realLog(t, v+name)
			whole := readAll(t, data, Options{})
			o := Options{}
			if strings.HasSuffix(name, ".log") {
				o = Options{PrefixKnown: true, Prefix: firstPrefix}
			}
			for _, most := range []int{1, 7, 4096} {
				p := NewParser(o)
				var e Entry
				n := 0
				check := func() {
					for p.Next(&e) {
						if n >= len(whole) || common(&e) != common(&whole[n]) || e.Offset != whole[n].Offset || e.End != whole[n].End {
							t.Fatalf("%s%s by %d: entry %d is another: %s", v, name, most, n, common(&e))
						}
						n++
					}
				}
				for rest := data; len(rest) > 0; {
					k := min(1+rng.IntN(most), len(rest))
					p.Feed(rest[:k])
					rest = rest[k:]
					check()
				}
				p.Flush()
				check()
				if n != len(whole) {
					t.Errorf("%s%s by %d: %d entries, not %d", v, name, most, n, len(whole))
				}
			}
		}
	}
}

func TestPlansGiveRows(t *testing.T) {
	for _, v := range versions {
		for _, name := range []string{"-plan.log", "-plan.json"} {
			all := readAll(t, realLog(t, v+name), Options{})
			e := find(t, all, "select * from participant", func(e *Entry) bool { return e.Ran() })
			if !e.Counted || e.Rows != 5 || e.Kind != Statement || !e.Timed {
				t.Errorf("%s%s: %+v", v, name, e)
			}
			e = find(t, all, "update participant", func(e *Entry) bool { return e.Ran() })
			if e.Counted {
				t.Errorf("%s%s: rows of an UPDATE: %+v", v, name, e)
			}
		}
	}
}

func TestRealRuns(t *testing.T) {
	for _, v := range versions {
		for _, name := range []string{"-two.log", "-two.csv", "-two.json", "-one.log"} {
			runs := NewRuns(RunOptions{})
			for _, e := range readAll(t, realLog(t, v+name), Options{}) {
				runs.Add(&e)
			}
			codes := map[string]int{}
			for _, r := range runs.Find() {
				if strings.Contains(r.Statement, " IN (") { // the one-query version
					t.Errorf("%s%s: %s", v, name, r.Statement)
				}
				codes[r.Advice.Code]++
				codes[r.Advice.Or]++
				if r.Count != 12 || r.Lost <= 0 || r.Lost >= r.Total {
					t.Errorf("%s%s: %+v", v, name, r)
				}
			}
			for _, code := range []string{
				"Participant.query.filter(Participant.id.in_(ids)).all()",
				"CustomTrial.query.options(joinedload(CustomTrial.participant)).all()",
				"CustomTrial.query.filter(CustomTrial.participant_id.in_(participant_ids)).all()",
				"Participant.query.options(selectinload(Participant.custom_trials)).all()",
			} {
				if codes[code] != 2 { // by psycopg2 and by pg8000
					t.Errorf("%s%s: %s found %d times, not 2: %v", v, name, code, codes[code], codes)
				}
			}
		}
	}
}
