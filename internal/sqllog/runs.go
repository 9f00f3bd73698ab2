package sqllog

import "time"

// RunOptions say what is a run. The zero value is what exptool uses.
type RunOptions struct {
	// Min is how many queries make a run, 10 where 0.
	Min int
	// Gap is how many other statements may come between two queries of a run, 4
	// where 0: with lazy loads of several relations the pattern is A B A B ….
	Gap int
	// Class gives a table its class name for the advice, ClassName where nil.
	Class func(table string) string
	// Keep is how many runs are kept, those that lost the most time, 200 where 0.
	// Counts and sums go over all.
	Keep int
}

// Runs finds one query per row (N+1): runs of one statement with different
// values, in one session and, where the log tells, one transaction.
type Runs struct {
	runs
}

// NewRuns makes a finder.
func NewRuns(o RunOptions) *Runs { return &Runs{newRuns(o)} }

// Add takes the log's next entry.
func (r *Runs) Add(e *Entry) { r.add(e) }

// Find ends open runs and gives all that were kept, those that lost the most
// time first (where nothing is timed: the longest).
func (r *Runs) Find() []Run { return r.find() }

// Groups are the same by statement: how often it came as a run, over all runs,
// also those not kept.
func (r *Runs) Groups() []RunGroup { return r.groups() }

// Run is one query per row, once.
type Run struct {
	Fingerprint uint64
	Statement   string // as Normalize writes it
	Example     string // the first one, as Entry.SQL writes it, shortened to 2,000 bytes
	Before      string // the session's statement before the run, same shape; "" if none

	Start, End time.Time
	Session    string // session id, else the pid in decimal
	VirtualID  string
	User       string
	App        string
	Database   string

	Count int // queries
	Timed int // of them with a duration
	Total time.Duration
	// Lost is Total minus the median of one: what one query for all rows would
	// save at least.
	Lost time.Duration
	// Advice is what to write instead.
	Advice Advice
}

// RunGroup is all runs of one statement.
type RunGroup struct {
	Fingerprint uint64
	Statement   string
	Runs        int
	Queries     int
	Total, Lost time.Duration
	Longest     int // queries of the longest run
	Advice      Advice
}

// Advice is what to write in SQLAlchemy's words.
type Advice struct {
	Table  string // "" where the statement's form is not one that is known
	Column string // the column compared, "" for INSERT
	// Verb is SELECT, INSERT, UPDATE or DELETE.
	Verb string
	// Code is a line of Python to write instead: T.query.filter(T.id.in_(ids)).all().
	Code string
	// Or is a second way, "" where there is none: options(joinedload(…)).
	Or string
	// Text is one sentence on why.
	Text string
}

// ClassName is the simple rule from table to class: custom_trial → CustomTrial.
func ClassName(table string) string { return className(table) }
