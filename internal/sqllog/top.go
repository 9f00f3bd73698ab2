package sqllog

import "time"

// Top adds up runs of statements by fingerprint, and by a label where the
// caller gives one. Its memory grows with the number of different statements
// (at most MaxStatements; the rest is added up in one line), not with the log.
// exptool's own statements count too: leave them out (Entry.Own) before Add.
type Top struct {
	top
}

// MaxStatements is how many different statements with their labels a Top tells
// apart. Later ones are counted together under the fingerprint 0.
const MaxStatements = 20000

// NewTop makes an empty Top.
func NewTop() *Top { return &Top{newTop()} }

// Add counts an entry; one that is not Ran is counted only if it is an error
// with a statement (TopRow.Errors). Label groups ("" for none): the page, the
// user, whatever the caller maps an entry to.
func (t *Top) Add(e *Entry, label string) { t.add(e, label) }

// Rows are the statements with the largest total first (untimed ones after
// them, by count).
func (t *Top) Rows() []TopRow { return t.rows() }

// Labels are the same sums per label, over all its statements; Statement is "".
func (t *Top) Labels() []TopRow { return t.labels() }

// Total is everything together; Statement is "".
func (t *Top) Total() TopRow { return t.total() }

// TopRow is one statement of a Top.
type TopRow struct {
	Label       string
	Fingerprint uint64
	Statement   string // as Normalize writes it
	Example     string // the slowest one, as Entry.SQL writes it, shortened to 2,000 bytes
	ExampleTime time.Time

	Count  int64 // runs
	Errors int64 // runs that failed, as far as an error named its statement
	Timed  int64 // runs whose duration the log has: of these are the next
	Total  time.Duration
	Mean   time.Duration
	P95    time.Duration // exact up to 64 runs, then at most 1 % off
	Max    time.Duration
	Share  float64 // of all statements' total, 0 to 1

	Rows    int64 // of the Counted runs
	Counted int64 // runs whose number of rows the log has

	First, Last time.Time
}
