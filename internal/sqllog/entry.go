// Package sqllog reads the logs of a Postgres server: what was run, by whom,
// with which parameters and for how long. It is pure: bytes come in through
// Feed or an io.Reader, entries go out; no files, no clock, no database.
//
// A Parser (push, for a log that grows) or a Reader (pull, for a file) gives
// Entries. Normalize and Fingerprint give statements that differ in their
// values only one name. Top adds entries up by fingerprint, Runs finds one
// query per row (N+1).
package sqllog

import (
	"time"
)

// Kind says what the message of an entry is.
type Kind uint8

const (
	// Other is every message that no other kind names: connections, checkpoints, errors.
	Other Kind = iota
	// Statement is a statement of the simple protocol.
	Statement
	// Execute is the execution of a prepared statement (extended protocol).
	Execute
	// Fetch is a further fetch from a portal that an Execute opened.
	Fetch
	// Parse is the parse step of the extended protocol, logged for its duration.
	Parse
	// Bind is the bind step of the extended protocol, logged for its duration.
	Bind
	// Duration is a duration alone: of a parse or bind whose text is not logged,
	// or of a statement that a Flush already gave out (Entry.Statement then has its text).
	Duration
	// Plan is a plan by auto_explain that no statement line follows.
	Plan
)

// String is the kind's name as the JSON output writes it.
func (k Kind) String() string {
	return [...]string{"other", "statement", "execute", "fetch", "parse", "bind", "duration", "plan"}[k]
}

// Severity is how serious an entry is.
type Severity uint8

const (
	// UnknownSeverity is a word that Postgres does not write in English.
	UnknownSeverity Severity = iota
	// Debug is DEBUG1 to DEBUG5.
	Debug
	// Info is what a client asked for: VACUUM VERBOSE.
	Info
	// Notice is a hint for users.
	Notice
	// Warning is a likely problem.
	Warning
	// Log is what the administrator is told: statements, connections. It is no
	// error, though log_min_messages ranks it above one.
	Log
	// Error ended a statement.
	Error
	// Fatal ended a session.
	Fatal
	// Panic ended all sessions.
	Panic
)

// String is the severity as Postgres writes it; DEBUG for all five levels.
func (s Severity) String() string {
	return [...]string{"", "DEBUG", "INFO", "NOTICE", "WARNING", "LOG", "ERROR", "FATAL", "PANIC"}[s]
}

// IsError says whether the severity is ERROR, FATAL or PANIC.
func (s Severity) IsError() bool { return s >= Error }

// Entry is one message of the log with all its lines. A field that the log's
// format or prefix does not have is empty. Strings may share memory with a
// block of the log: whoever keeps many of them for long clones them (Clone).
type Entry struct {
	// Offset is where the entry begins, in bytes since the first byte fed.
	Offset int64
	// End is the offset after the entry's last byte: reading can begin again there.
	End int64

	// Time is when the message was written (where a statement and its duration
	// are two messages, the statement's time: its beginning). Zero where the log
	// has none. Its location is Options.Location, or the zone as logged.
	Time time.Time
	// Zone is the zone's abbreviation as logged: UTC, CEST, +03.
	Zone string

	PID       int
	Session   string // session id, "6565a1b2.1c3d": start time and pid in hex
	Line      int64  // the session's line number, 0 where unknown
	User      string
	Database  string
	App       string // application_name
	Remote    string // host, with its port where known: "10.0.0.5:51234", "[local]"
	VirtualID string // virtual transaction id, "3/1234"; "3/0" outside of a transaction
	TxID      uint64 // transaction id, 0 where none was assigned
	Backend   string // "client backend", "checkpointer"
	Command   string // the session's command tag, "SELECT", "idle in transaction"
	QueryID   int64  // as computed by the server, 0 where not

	Severity Severity
	SQLState string // "" where nothing went wrong (00000)
	Kind     Kind
	// Message is the whole message: of a statement "duration: 0.1 ms  statement: …"
	// or "statement: …".
	Message string
	// Statement is the SQL text: what was run, or of an error what failed.
	// Parameters are still $n. Empty where the log has none.
	Statement string
	// Prepared is the name of the prepared statement, "" where unnamed; a portal
	// is not part of it.
	Prepared string
	// ParamText is the bound parameters as logged, "$1 = '5', $2 = NULL"; see Params.
	ParamText string

	// Duration is how long it took, if Timed.
	Duration time.Duration
	// Timed says whether the log has the duration.
	Timed bool
	// Rows is how many rows came, if Counted. Postgres logs it only in plans of
	// auto_explain with log_analyze.
	Rows    int64
	Counted bool

	Detail  string
	Hint    string
	Context string
	// Truncated says that the entry's beginning or end is missing: the log
	// begins or ends inside it.
	Truncated bool

	shape shape
	cache *shapeCache
}

// Param is one bound parameter.
type Param struct {
	N     int    // 1 for $1
	Value string // as text, quotes removed
	Null  bool
	// Cut says that the server shortened the value (log_parameter_max_length).
	Cut bool
}

// Params reads ParamText. Values are text whatever their type is: the log does
// not tell. Empty where nothing was bound or log_parameter_max_length is 0.
func (e *Entry) Params() []Param { return parseParams(e.ParamText) }

// SQL is the statement on one line: line ends and runs of whitespace outside
// of literals become one space, comments -- become /* */, and each $n that has
// a bound parameter becomes that value as a literal ('5', NULL). A line end
// inside a literal becomes E'\n', so that the text is still one line and still
// the same statement.
func (e *Entry) SQL() string { return inline(e.Statement, e.Params()) }

// Own says whether the statement is exptool's own: begins with /* exptool */.
func (e *Entry) Own() bool { return IsOwn(e.Statement) }

// Ran says whether the entry stands for one run of a statement: it is what Top
// counts. Parse, bind, durations alone and errors do not.
func (e *Entry) Ran() bool {
	return e.Kind == Statement || e.Kind == Execute || e.Kind == Fetch || e.Kind == Plan
}

// Fingerprint is that of the entry's statement; it is computed once.
func (e *Entry) Fingerprint() uint64 { return e.shaped().hash }

// Clone is the entry with strings of its own, for keeping.
func (e *Entry) Clone() Entry { return clone(e) }
