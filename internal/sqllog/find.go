package sqllog

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// runs is what Runs is made of.
type runs struct {
	RunOptions
	sessions map[uint64]*session
	last     *session
	found    []Run
	byHash   map[uint64]*RunGroup
	swept    int64 // offset of the last sweep
	clock    int64 // entries so far
}

const (
	maxSessions = 1024
	// sweepBytes is after how much log the strings of open runs are made their own.
	sweepBytes = 1 << 20
)

// session is one session's open runs.
type session struct {
	key     uint64
	seen    int64 // clock of its last entry
	virtual string
	seq     int
	before  text
	open    []openRun
}

// text is a statement with its parameters, perhaps a view of a block.
type text struct {
	sql, params string
	own         bool
}

// openRun is one statement that may become a run.
type openRun struct {
	hash, values uint64
	seq          int // of its last query
	count        int
	before       text
	example      text
	start, end   time.Time
	first        time.Duration // of the first query
	firstTimed   bool
	sketch       sketch
	total        time.Duration
	names        [4]string // session, user, app, database
}

func newRuns(o RunOptions) runs {
	o.Min, o.Gap, o.Keep = cmp.Or(o.Min, 10), cmp.Or(o.Gap, 4), cmp.Or(o.Keep, 200)
	if o.Class == nil {
		o.Class = ClassName
	}
	return runs{RunOptions: o, sessions: map[uint64]*session{}, byHash: map[uint64]*RunGroup{}}
}

func (r *runs) add(e *Entry) {
	if !e.Ran() || e.Own() {
		return
	}
	r.clock++
	if e.End > r.swept+sweepBytes || e.End < r.swept {
		r.swept = e.End
		r.sweep()
	}
	s := r.session(e)
	if v := e.VirtualID; v != "" && !strings.HasSuffix(v, "/0") && v != s.virtual {
		if s.virtual != "" {
			r.close(s)
		}
		s.virtual = strings.Clone(v)
	}
	switch verbOf(e.Statement) {
	case verbData:
		r.query(s, e)
	case verbEnd:
		r.close(s)
		s.before = text{}
	}
}

// query takes a statement that reads or writes rows.
func (r *runs) query(s *session, e *Entry) {
	shape := e.shaped()
	s.seq++
	var o *openRun
	for k := range s.open {
		if s.open[k].hash == shape.hash {
			o = &s.open[k]
		}
	}
	switch {
	case shape.rows || shape.lists && !shape.single: // one query for many rows is what we advise
	case o == nil:
		r.begin(s, e, shape)
	case o.values == shape.values: // the same query again
		o.seq = s.seq
	default:
		o.next(e, shape.values, s.seq)
	}
	for k := 0; k < len(s.open); k++ {
		if s.seq-s.open[k].seq > r.Gap {
			r.finish(s, &s.open[k])
			s.open = slices.Delete(s.open, k, k+1)
			k--
		}
	}
	s.before = text{sql: e.Statement, params: e.ParamText}
}

func (r *runs) begin(s *session, e *Entry, shape *shape) {
	if len(s.open) == cap(s.open) && len(s.open) < r.Gap+2 {
		s.open = slices.Grow(s.open, r.Gap+2-len(s.open))
	}
	s.open = append(s.open, openRun{
		hash: shape.hash, values: shape.values, seq: s.seq, count: 1, before: s.before,
		example: text{sql: e.Statement, params: e.ParamText}, start: e.Time, end: e.Time.Add(e.Duration),
		first: e.Duration, firstTimed: e.Timed, names: [4]string{e.Session, e.User, e.App, e.Database},
	})
}

func (o *openRun) next(e *Entry, values uint64, seq int) {
	if o.count == 1 && o.firstTimed {
		o.sketch.add(o.first)
		o.total = o.first
	}
	o.count++
	o.values, o.seq, o.end = values, seq, e.Time.Add(e.Duration)
	if e.Timed {
		o.sketch.add(e.Duration)
		o.total += e.Duration
	}
}

// close ends all runs of a session: its transaction is over.
func (r *runs) close(s *session) {
	for k := range s.open {
		r.finish(s, &s.open[k])
	}
	clear(s.open)
	s.open = s.open[:0]
}

// finish keeps a run that is long enough.
func (r *runs) finish(s *session, o *openRun) {
	if o.count < r.Min {
		return
	}
	run := Run{
		Fingerprint: o.hash, Statement: shorten(Normalize(o.example.sql), maxNormal), Example: o.example.line(), Before: o.before.line(),
		Start: o.start, End: o.end, VirtualID: s.virtual, Session: strings.Clone(o.names[0]), User: strings.Clone(o.names[1]),
		App: strings.Clone(o.names[2]), Database: strings.Clone(o.names[3]),
		Count: o.count, Timed: int(o.sketch.n), Total: o.total,
	}
	if strings.Contains(run.Statement, "= ANY (") { // the list is one parameter
		return
	}
	if run.Session == "" {
		run.Session = strconv.FormatUint(s.key, 10)
	}
	run.Lost = max(o.total-o.sketch.quantile(0.5), 0)
	run.Advice = advise(run.Statement, run.Example, run.Before, r.Class)
	r.group(&run)
	r.found = append(r.found, run)
	if len(r.found) >= 2*r.Keep {
		r.shrink()
	}
}

func (r *runs) group(run *Run) {
	g := r.byHash[run.Fingerprint]
	if g == nil {
		if len(r.byHash) >= MaxStatements {
			return
		}
		g = &RunGroup{Fingerprint: run.Fingerprint, Statement: run.Statement, Advice: run.Advice}
		r.byHash[run.Fingerprint] = g
	}
	g.Runs++
	g.Queries += run.Count
	g.Total += run.Total
	g.Lost += run.Lost
	g.Longest = max(g.Longest, run.Count)
}

// shrink keeps the worst runs.
func (r *runs) shrink() {
	slices.SortStableFunc(r.found, func(a, b Run) int {
		return cmp.Or(cmp.Compare(b.Lost, a.Lost), cmp.Compare(b.Count, a.Count), a.Start.Compare(b.Start))
	})
	if len(r.found) > r.Keep {
		clear(r.found[r.Keep:])
		r.found = r.found[:r.Keep]
	}
}

func (r *runs) find() []Run {
	for _, s := range r.sessions {
		r.close(s)
	}
	r.shrink()
	return slices.Clone(r.found)
}

func (r *runs) groups() []RunGroup {
	groups := make([]RunGroup, 0, len(r.byHash))
	for _, g := range r.byHash {
		groups = append(groups, *g)
	}
	slices.SortFunc(groups, func(a, b RunGroup) int {
		return cmp.Or(cmp.Compare(b.Lost, a.Lost), cmp.Compare(b.Queries, a.Queries), cmp.Compare(a.Statement, b.Statement))
	})
	return groups
}

// session is that of an entry: by its id, else by its pid.
func (r *runs) session(e *Entry) *session {
	key := uint64(e.PID)
	if e.Session != "" {
		key = hashText(hashSeed, e.Session, 0, len(e.Session))
	}
	if r.last != nil && r.last.key == key {
		r.last.seen = r.clock
		return r.last
	}
	s := r.sessions[key]
	if s == nil {
		if len(r.sessions) >= maxSessions {
			r.evict()
		}
		s = &session{key: key}
		r.sessions[key] = s
	}
	s.seen, r.last = r.clock, s
	return s
}

// evict ends the half of the sessions that was silent the longest.
func (r *runs) evict() {
	all := make([]*session, 0, len(r.sessions))
	for _, s := range r.sessions {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *session) int { return cmp.Compare(a.seen, b.seen) })
	for _, s := range all[:len(all)/2] {
		r.close(s)
		delete(r.sessions, s.key)
	}
	r.last = nil
}

// sweep gives open runs strings of their own.
func (r *runs) sweep() {
	for _, s := range r.sessions {
		s.before.keep()
		for k := range s.open {
			o := &s.open[k]
			if o.example.own {
				continue
			}
			o.before.keep()
			o.example.keep()
			for n := range o.names {
				o.names[n] = strings.Clone(o.names[n])
			}
		}
	}
}

func (t *text) keep() {
	if !t.own {
		t.sql, t.params, t.own = strings.Clone(shorten(t.sql, maxNormal)), strings.Clone(shorten(t.params, maxNormal)), true
	}
}

func (t *text) line() string {
	return shorten(inline(shorten(t.sql, maxNormal), parseParams(t.params)), maxExample)
}

// What a statement is to the finder.
const (
	verbOther uint8 = iota
	verbData        // reads or writes rows
	verbEnd         // ends the transaction
)

func verbOf(sql string) uint8 {
	i := skipSpace(sql, 0)
	for i < len(sql) && sql[i] == '(' {
		i = skipSpace(sql, i+1)
	}
	end := wordEnd(sql, i)
	switch fold8(load(sql, i, end-i), end-i) {
	case verbSelect, verbInsert, verbUpdate, verbDelete, verbWith, verbExecute:
		return verbData
	case verbCommit, verbRollback, verbEndWord, verbAbort, verbBegin:
		if end-i == len("rollback") && wordsEnd(sql, end, "to") > end { // a savepoint goes on
			return verbOther
		}
		return verbEnd
	}
	return verbOther
}

var (
	verbSelect   = foldWord("select")
	verbInsert   = foldWord("insert")
	verbUpdate   = foldWord("update")
	verbDelete   = foldWord("delete")
	verbWith     = foldWord("with")
	verbExecute  = foldWord("execute")
	verbCommit   = foldWord("commit")
	verbRollback = foldWord("rollback")
	verbEndWord  = foldWord("end")
	verbAbort    = foldWord("abort")
	verbBegin    = foldWord("begin")
)

func foldWord(w string) uint64 { return fold8(load(w, 0, len(w)), len(w)) }
