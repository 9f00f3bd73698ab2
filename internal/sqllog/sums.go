package sqllog

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

const (
	// maxExample bounds examples, maxNormal normalised statements, in bytes.
	maxExample = 2000
	maxNormal  = 10000
)

// top is what Top is made of.
type top struct {
	sums map[uint64]*sum
	last *sum
	all  sum
}

// sum is one statement's sums.
type sum struct {
	row    TopRow
	key    uint64
	sketch sketch
}

func newTop() top { return top{sums: map[uint64]*sum{}} }

func (t *top) add(e *Entry, label string) {
	failed := e.Severity.IsError()
	if failed && e.Statement == "" || !failed && !e.Ran() {
		return
	}
	s := t.find(e, label)
	s.add(e, failed)
	t.all.add(e, failed)
	if s.row.Example == "" || e.Timed && e.Duration > s.row.Max {
		s.row.Example, s.row.ExampleTime = shorten(e.SQL(), maxExample), e.Time
	}
	if e.Timed {
		s.row.Max = max(s.row.Max, e.Duration)
		t.all.row.Max = max(t.all.row.Max, e.Duration)
	}
}

// find is the sum of the entry's statement, a new one if need be.
func (t *top) find(e *Entry, label string) *sum {
	hash := e.Fingerprint()
	key := hash
	if label != "" {
		key = hashText(hash, label, 0, len(label))
	}
	if t.last != nil && t.last.key == key {
		return t.last
	}
	s := t.sums[key]
	if s == nil {
		normal := ""
		if len(t.sums) >= MaxStatements { // the rest together, by label while there is room
			hash, key, normal = 0, 0, "(other statements)"
			if s = t.sums[hashText(0, label, 0, len(label))]; s != nil {
				return s
			}
			if len(t.sums) < 2*MaxStatements {
				key = hashText(0, label, 0, len(label))
			} else {
				label = ""
			}
			s = t.sums[key]
		} else {
			normal = shorten(Normalize(e.Statement), maxNormal)
		}
		if s == nil {
			s = &sum{key: key, row: TopRow{Label: strings.Clone(label), Fingerprint: hash, Statement: normal}}
			t.sums[key] = s
		}
	}
	t.last = s
	return s
}

func (s *sum) add(e *Entry, failed bool) {
	r := &s.row
	if !e.Time.IsZero() {
		if r.First.IsZero() || e.Time.Before(r.First) {
			r.First = e.Time
		}
		if e.Time.After(r.Last) {
			r.Last = e.Time
		}
	}
	if failed {
		r.Errors++
		return
	}
	r.Count++
	if e.Timed {
		r.Timed++
		r.Total += e.Duration
		s.sketch.add(e.Duration)
	}
	if e.Counted {
		r.Counted++
		r.Rows += e.Rows
	}
}

// finished is the row with what is computed from its sums.
func (s *sum) finished(total time.Duration) TopRow {
	r := s.row
	if r.Timed > 0 {
		r.Mean = r.Total / time.Duration(r.Timed)
		r.P95 = min(s.sketch.quantile(0.95), r.Max)
	}
	if total > 0 {
		r.Share = float64(r.Total) / float64(total)
	}
	return r
}

func (t *top) rows() []TopRow {
	rows := make([]TopRow, 0, len(t.sums))
	for _, s := range t.sums {
		rows = append(rows, s.finished(t.all.row.Total))
	}
	sortTop(rows)
	return rows
}

func sortTop(rows []TopRow) {
	slices.SortFunc(rows, func(a, b TopRow) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(b.Count, a.Count), cmp.Compare(b.Errors, a.Errors),
			cmp.Compare(a.Statement, b.Statement), cmp.Compare(a.Label, b.Label))
	})
}

func (t *top) labels() []TopRow {
	byLabel := map[string]*sum{}
	for _, s := range t.sums {
		l := byLabel[s.row.Label]
		if l == nil {
			l = &sum{row: TopRow{Label: s.row.Label, First: s.row.First}}
			byLabel[s.row.Label] = l
		}
		l.merge(s)
	}
	rows := make([]TopRow, 0, len(byLabel))
	for _, l := range byLabel {
		rows = append(rows, l.finished(t.all.row.Total))
	}
	sortTop(rows)
	return rows
}

// merge adds the sums of another statement.
func (s *sum) merge(o *sum) {
	r := &s.row
	r.Count += o.row.Count
	r.Errors += o.row.Errors
	r.Timed += o.row.Timed
	r.Total += o.row.Total
	r.Rows += o.row.Rows
	r.Counted += o.row.Counted
	if o.row.Max > r.Max || r.Example == "" {
		r.Example, r.ExampleTime = o.row.Example, o.row.ExampleTime
	}
	r.Max = max(r.Max, o.row.Max)
	if o.row.First.Before(r.First) {
		r.First = o.row.First
	}
	if o.row.Last.After(r.Last) {
		r.Last = o.row.Last
	}
	s.sketch.merge(&o.sketch)
}

func (t *top) total() TopRow { return t.all.finished(t.all.row.Total) }

// shorten cuts a text at a character, and says so by an ellipsis.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + ellipsis
}
