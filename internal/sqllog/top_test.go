package sqllog

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func ran(sql string, d time.Duration) *Entry {
	return &Entry{Kind: Statement, Severity: Log, Statement: sql, Duration: d, Timed: d > 0}
}

func TestTop(t *testing.T) {
	top := NewTop()
	for k := range 100 {
		top.Add(ran(fmt.Sprintf("SELECT a FROM t WHERE id = %d", k), time.Duration(k+1)*time.Millisecond), "")
	}
	top.Add(ran("SELECT  b", 0), "")
	top.Add(&Entry{Severity: Error, Statement: "select a from t where id = 'x'"}, "")
	top.Add(&Entry{Severity: Error, Message: "no statement"}, "")
	top.Add(&Entry{Severity: Log, Kind: Bind, Statement: "SELECT a", Timed: true, Duration: time.Hour}, "")
	rows := top.Rows()
	r := rows[0]
	if r.Count != 100 || r.Errors != 1 || r.Timed != 100 || r.Total != 5050*time.Millisecond || r.Mean != 50500*time.Microsecond ||
		r.Max != 100*time.Millisecond || r.Share != 1 || r.Example != "SELECT a FROM t WHERE id = 99" || r.Statement != "SELECT a FROM t WHERE id = ?" {
		t.Errorf("%+v", r)
	}
	if off := math.Abs(r.P95.Seconds()/0.095 - 1); off > 0.01 {
		t.Errorf("p95 %v", r.P95)
	}
	if len(rows) != 2 || rows[1].Statement != "SELECT b" || rows[1].Timed != 0 || rows[1].P95 != 0 {
		t.Errorf("%+v", rows)
	}
	if all := top.Total(); all.Count != 101 || all.Errors != 1 || all.Total != r.Total {
		t.Errorf("%+v", all)
	}
}

func TestTopByLabel(t *testing.T) {
	top := NewTop()
	for k := range 300 {
		top.Add(ran("SELECT 1", time.Millisecond), []string{"/a", "/b", "/b"}[k%3])
		top.Add(ran("SELECT a", 2*time.Millisecond), "/a")
	}
	if rows := top.Rows(); len(rows) != 3 || rows[0].Label != "/a" || rows[0].Count != 300 || rows[1].Label != "/b" || rows[1].Count != 200 {
		t.Errorf("%+v", rows)
	}
	labels := top.Labels()
	if len(labels) != 2 || labels[0].Label != "/a" || labels[0].Count != 400 || labels[0].Total != 700*time.Millisecond ||
		labels[0].P95 != 2*time.Millisecond || labels[1].P95 != time.Millisecond || labels[0].Max != 2*time.Millisecond {
		t.Errorf("%+v", labels)
	}
}

func TestTopIsBounded(t *testing.T) {
	top := NewTop()
	n := MaxStatements + 500
	for k := range n {
		top.Add(ran(fmt.Sprintf("SELECT column_%d FROM t", k), time.Millisecond), "")
	}
	rows := top.Rows()
	if len(rows) != MaxStatements+1 || rows[0].Count != 500 || rows[0].Fingerprint != 0 || top.Total().Count != int64(n) {
		t.Errorf("%d rows, first %+v", len(rows), rows[0])
	}
}

func TestSketch(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 2, 64, 65, 1000, 50_000} {
		var s, half, other sketch
		exact := make([]time.Duration, n)
		for k := range exact {
			exact[k] = time.Duration(math.Exp(rng.Float64()*20)) * time.Microsecond
			s.add(exact[k])
			if k%2 == 0 {
				half.add(exact[k])
			} else {
				other.add(exact[k])
			}
		}
		half.merge(&other)
		slices.Sort(exact)
		for _, p := range []float64{0.01, 0.5, 0.95, 1} {
			want := exact[max(int(math.Ceil(float64(n)*p)), 1)-1].Seconds()
			for _, got := range []float64{s.quantile(p).Seconds(), half.quantile(p).Seconds()} {
				if off := math.Abs(got/want - 1); off > 0.01 || n <= exactSize && off > 1e-9 {
					t.Errorf("%d durations, quantile %v: %v, not %v", n, p, got, want)
				}
			}
		}
		if len(s.count) > 40<<bucketBits {
			t.Errorf("%d buckets", len(s.count))
		}
	}
}

// script feeds statements of one session to a finder, 1 ms each.
func script(o RunOptions, statements ...string) *Runs {
	r := NewRuns(o)
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, sql := range statements {
		at = at.Add(2 * time.Millisecond)
		e := ran(sql, time.Millisecond)
		e.Session, e.Time = "6565a1b2.2a", at
		r.Add(e)
	}
	return r
}

// each writes a statement n times with the numbers from 1 on.
func each(n int, formats ...string) (all []string) {
	for k := range n {
		for _, f := range formats {
			all = append(all, strings.ReplaceAll(f, "%d", fmt.Sprint(k+1)))
		}
	}
	return all
}

func TestRuns(t *testing.T) {
	const byID = "SELECT * FROM participant WHERE participant.id = %d"
	const byParent = "SELECT * FROM custom_trial WHERE %d = custom_trial.participant_id"
	for _, c := range []struct {
		name       string
		statements []string
		want       []string // how many, and the code
	}{
		{"200 queries", append([]string{"BEGIN", "SELECT id FROM info"}, each(200, byID)...), []string{"200 Participant.query.filter(Participant.id.in_(ids)).all() | Info.query.options(joinedload(Info.participant)).all()"}},
		{"9 are too few", each(9, byID), nil},
		{"the same query again and again", each(50, "SELECT * FROM participant WHERE id = 5"), nil},
		{"one query", each(1, "SELECT * FROM participant WHERE id IN (1, 2, 3, 4)"), nil},
		{"lists", each(50, "SELECT * FROM participant WHERE id IN (%d, 2, 3, 4)"), nil},
		{"lists with a limit", each(50, "SELECT * FROM participant WHERE id IN (%d, 2, 3, 4) LIMIT 5"), nil},
		{"subclasses", each(50, "SELECT * FROM info WHERE info.id = %d AND info.type IN ('a', 'b')"), []string{"50 Info.query.filter(Info.id.in_(ids)).all() | "}},
		{"subclasses by name", append(each(1, "SELECT * FROM info WHERE info.type IN ('exp.experiment.CustomTrial', 'bonus')"),
			each(50, "SELECT * FROM node WHERE node.id = %d AND node.type IN ('psynet.trial.ChainNode')")...),
			[]string{"50 ChainNode.query.filter(ChainNode.id.in_(ids)).all() | CustomTrial.query.options(joinedload(CustomTrial.node)).all()"}},
		{"list as one parameter", each(50, "SELECT * FROM participant WHERE id = ANY ('{%d,2}')"), nil},
		{"two lazy loads", each(20, byID, byParent), []string{
			"20 CustomTrial.query.filter(CustomTrial.participant_id.in_(participant_ids)).all() | Participant.query.options(selectinload(Participant.custom_trials)).all()",
			"20 Participant.query.filter(Participant.id.in_(ids)).all() | "}},
		{"another page", slices.Concat(each(6, byID), []string{"COMMIT", "BEGIN"}, each(6, byID)), nil},
		{"too much between", each(20, byID, "SELECT a1", "SELECT a2", "SELECT a3", "SELECT a4", "SELECT a5"), nil},
		{"savepoints do not count", each(20, byID, "SAVEPOINT a", "RELEASE a", "SAVEPOINT b", "RELEASE b", "ROLLBACK TO b"), []string{"20 Participant.query.filter(Participant.id.in_(ids)).all() | "}},
		{"inserts", each(30, "INSERT INTO public.coin (a, b) VALUES (%d, now())"), []string{"30 db.session.bulk_insert_mappings(Coin, rows) | db.session.execute(Coin.__table__.insert(), rows)"}},
		{"inserts of several rows", each(30, "INSERT INTO coin (a) VALUES (%d), (0)"), nil},
		{"updates", each(30, `UPDATE "coin" SET a = %d WHERE coin.id = %d`), []string{"30 db.session.bulk_update_mappings(Coin, rows) | Coin.query.filter(Coin.id.in_(ids)).update({…}, synchronize_session=False)"}},
		{"deletes", each(30, "DELETE FROM coin WHERE coin.id = %d"), []string{"30 Coin.query.filter(Coin.id.in_(ids)).delete(synchronize_session=False) | "}},
		{"another column", each(30, "SELECT x FROM info AS i WHERE i.type IN ('a') AND i.answer = '%d'"), []string{"30 Info.query.filter(Info.answer.in_(values)).all() | "}},
		{"ours", each(30, "/* exptool */ SELECT * FROM participant WHERE id = %d"), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := script(RunOptions{}, c.statements...)
			var got []string
			for _, run := range r.Find() {
				got = append(got, fmt.Sprintf("%d %s | %s", run.Count, run.Advice.Code, run.Advice.Or))
				// The median is 0.8 % off at most.
				if off := run.Lost - time.Duration(run.Count-1)*time.Millisecond; off.Abs() > 8*time.Microsecond || run.Total != time.Duration(run.Count)*time.Millisecond || run.Session != "6565a1b2.2a" {
					t.Errorf("%+v", run)
				}
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(c.want))
			if !slices.Equal(got, want) {
				t.Errorf("got %q\nwant %q", got, want)
			}
			if groups := r.Groups(); len(groups) != len(c.want) {
				t.Errorf("groups: %+v", groups)
			}
		})
	}
}

func TestRunSaysWhere(t *testing.T) {
	run := script(RunOptions{Class: func(s string) string { return "exp." + s }},
		append([]string{"SELECT id FROM info WHERE a = 'x'"}, each(10, "SELECT * FROM participant WHERE id = %d")...)...).Find()[0]
	if run.Before != "SELECT id FROM info WHERE a = 'x'" || run.Example != "SELECT * FROM participant WHERE id = 1" ||
		run.Start.Format("05.000") != "00.004" || run.End.Format("05.000") != "00.023" || !strings.HasPrefix(run.Advice.Code, "exp.participant.query") {
		t.Errorf("%+v", run)
	}
}

func TestRunsKeepTheWorst(t *testing.T) {
	var all []string
	for k := range 50 {
		all = append(all, each(10+k, "SELECT * FROM participant WHERE id = %d")...)
		all = append(all, "COMMIT")
	}
	r := script(RunOptions{Keep: 3}, all...)
	runs := r.Find()
	if len(runs) != 3 || runs[0].Count != 59 || runs[2].Count != 57 {
		t.Errorf("%+v", runs)
	}
	if g := r.Groups(); len(g) != 1 || g[0].Runs != 50 || g[0].Queries != 50*10+49*50/2 || g[0].Longest != 59 {
		t.Errorf("%+v", g)
	}
}

func TestTransactionsEndRuns(t *testing.T) {
	r := NewRuns(RunOptions{})
	for k := range 60 {
		e := ran(fmt.Sprintf("SELECT * FROM participant WHERE id = %d", k), time.Millisecond)
		e.PID, e.VirtualID = 42, fmt.Sprintf("3/%d", 1+k/20)
		if k%20 == 7 {
			e.VirtualID = "3/0" // not known
		}
		r.Add(e)
	}
	if runs := r.Find(); len(runs) != 3 || runs[0].Count != 20 || runs[0].Session != "42" {
		t.Errorf("%+v", runs)
	}
}
