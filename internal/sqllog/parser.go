package sqllog

import (
	"io"
	"time"
)

// Format is how a log is written.
type Format uint8

const (
	// Unknown is a log too short or too strange to tell.
	Unknown Format = iota
	// Stderr is lines with log_line_prefix (log_destination stderr; also what
	// journald or a container's log has, once their own prefix is gone).
	Stderr
	// CSV is csvlog, of Postgres 12 to 18 (23, 24 or 26 columns).
	CSV
	// JSON is jsonlog (Postgres 15 and later).
	JSON
)

// String is the format's name in log_destination: stderr, csvlog, jsonlog.
func (f Format) String() string { return [...]string{"unknown", "stderr", "csvlog", "jsonlog"}[f] }

// Detect tells the format by the first bytes of a log: some hundred are
// enough, more are better where the first line is cut. Unknown where they have
// no line that any format knows.
func Detect(head []byte) Format { return detect(head) }

// Options say what is known of a log. The zero value finds out everything.
type Options struct {
	// Format is the log's format, Unknown to detect it from the first bytes.
	Format Format
	// Prefix is the text of the setting log_line_prefix of a stderr log; where
	// PrefixKnown is false it is recognised from the log's first lines.
	Prefix      string
	PrefixKnown bool
	// Location is the server's log_timezone. Where nil, UTC, GMT, numeric zones
	// and Postgres' commonest abbreviations are understood, and any other zone is
	// taken as if it were UTC.
	Location *time.Location
	// Separate gives every message as it stands: statements are not held until
	// their duration comes.
	Separate bool
}

// Parser turns bytes, as they come, into entries:
//
//	p.Feed(b)
//	for p.Next(&e) { … }
//
// An entry is complete when the next one begins. A statement whose duration is
// a message of its own (log_statement with log_duration or
// log_min_duration_statement) is held until that comes, or the session's next
// message; entries then come in the order of their ends. Flush gives out what
// is held.
type Parser struct {
	parser
}

// NewParser makes a parser.
func NewParser(o Options) *Parser { return &Parser{newParser(o)} }

// Feed takes the log's next bytes; they are copied. Call Next until it is false
// before the next Feed: memory is then bounded by the longest entry.
func (p *Parser) Feed(b []byte) { p.feed(b) }

// Next fills e with the next complete entry; false where more bytes are needed.
func (p *Parser) Next(e *Entry) bool { return p.next(e) }

// Flush declares what is there complete, a last line without its end and
// statements that wait for a duration included: for the end of a file, and for
// a pause of a log that is followed. Next then gives them. Parsing can go on:
// a duration that comes later is a Duration entry that has its statement's
// text, user and so on, so that a reader can tell which one took so long.
//
// In a pause a half-written last line would be torn: FlushLines leaves it. The
// server writes a message's lines at once; lines that come after a Flush all the
// same have lost their message and are Skipped.
func (p *Parser) Flush() { p.flush(true) }

// FlushLines is Flush without the last line if it has no end yet.
func (p *Parser) FlushLines() { p.flush(false) }

// Format is the format as given or detected so far.
func (p *Parser) Format() Format { return p.format }

// Prefix is the log_line_prefix as given or recognised, "" where none is known yet.
func (p *Parser) Prefix() string { return p.prefixText() }

// Skipped is how many bytes were not understood so far: the rest of a cut first
// line, other programs' output.
func (p *Parser) Skipped() int64 { return p.skipped }

// Reader reads the entries of a whole log.
type Reader struct {
	*Parser
	src  io.Reader
	done bool
	err  error
}

// NewReader reads entries from r, which it does not close.
func NewReader(r io.Reader, o Options) *Reader {
	return &Reader{Parser: NewParser(o), src: r}
}

// Next fills e with the next entry. io.EOF after the last; an error of the
// source comes after the entries before it.
func (r *Reader) Next(e *Entry) error { return r.read(e) }
