package repo

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/lib/pq"
)

// The kinds of failure. An *Error is one of them by errors.Is; the command line
// maps each to an exit code.
var (
	// ErrUsage is an address or a statement that could never have worked.
	ErrUsage = errors.New("wrong usage")
	// ErrNotFound is a row or a database that is not there.
	ErrNotFound = errors.New("not found")
	// ErrTryAgain is a lock timeout, a serialisation failure or a deadlock.
	ErrTryAgain = errors.New("try again")
	// ErrTimeout is a statement that took longer than it was given.
	ErrTimeout = errors.New("timed out")
	// ErrCancelled is an interrupt: the caller's context ended.
	ErrCancelled = errors.New("interrupted")
	// ErrNotAllowed is a missing privilege, or a write where none may be.
	ErrNotAllowed = errors.New("not allowed")
	// ErrConnect is a server that cannot be reached, does not let us in, or went away.
	ErrConnect = errors.New("cannot connect")
	// ErrConflict is a constraint that a change would violate.
	ErrConflict = errors.New("conflict")
	// ErrRefused is a change that a rule of ours forbids.
	ErrRefused = errors.New("refused")
	// ErrQuery is a statement that the server refuses: syntax, names, types, values.
	ErrQuery = errors.New("refused by the server")
)

// Error is a failure of the database, told in one line. It never holds a password.
type Error struct {
	Kind    error  // one of the sentinels above; nil for a failure of no known kind
	Message string // what is wrong, in one line
	Hint    string // the next thing to try; may be empty
	Detail  string // more from the server, may have several lines
	Code    string // SQLSTATE, empty where the server did not speak
	// Position is where in the statement, in characters from 1; 0 for unknown.
	// It counts in the statement as the caller gave it.
	Position int
	cause    error
}

// Error is the message and the hint, in one line.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + "; " + e.Hint
}

// Is makes errors.Is(err, ErrTimeout) and the like work.
func (e *Error) Is(target error) bool { return e.Kind != nil && target == e.Kind }

// Unwrap is what the driver reported. The kind of an *Error that this one was made
// of is not its own.
func (e *Error) Unwrap() error {
	if inner := (*Error)(nil); errors.As(e.cause, &inner) {
		return inner.Unwrap()
	}
	return e.cause
}

// oneLine makes a message of the server's safe for one line of a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.TrimSpace(s))
}

// translate makes an *Error of what the driver reported. prefix is how many
// characters we put before the caller's statement.
func translate(err error, addr Address, prefix int) error {
	var known *Error
	var server *pq.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.As(err, &server):
		return fromServer(server, addr, prefix)
	case errors.Is(err, sql.ErrNoRows):
		return &Error{Kind: ErrNotFound, Message: "no such row", cause: err}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &Error{Kind: ErrCancelled, Message: "interrupted", cause: err}
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), isCut(err): // Done: a second try on the same
		return &Error{Kind: ErrConnect, Message: addr.where() + " closed the connection", Hint: "try again, and look into the server's log", cause: err}
	}
	return &Error{Message: oneLine(strings.TrimPrefix(err.Error(), "pq: ")), cause: err}
}

// isCut reports whether the network says that the connection is gone: lib/pq hands
// that on as it is where it had sent a statement.
func isCut(err error) bool {
	for _, gone := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE, syscall.ETIMEDOUT} {
		if errors.Is(err, gone) {
			return true
		}
	}
	return false
}

// askPrivilege is the hint where one is missing.
const askPrivilege = "ask for the privilege, or use another user in --db"

// fromServer maps SQLSTATE, once for all of exptool.
func fromServer(e *pq.Error, addr Address, prefix int) *Error {
	out := &Error{
		Message: oneLine(e.Message), Detail: e.Detail, Hint: oneLine(e.Hint),
		Code: string(e.Code), cause: e,
	}
	if pos, err := strconv.Atoi(e.Position); err == nil && pos > prefix {
		out.Position = pos - prefix
	}
	switch code := string(e.Code); code {
	case "40001", "40P01":
		out.Kind, out.Hint = ErrTryAgain, "another session was in the way; try again"
	case "55P03":
		out.Kind, out.Message = ErrTryAgain, "a lock was not free in time"
		out.Hint = "the experiment is writing there; try again"
	case "57014":
		// Ours are known before they come here: this is a limit of the
		// server's or its administrator.
		out.Kind, out.Hint = ErrTimeout, "it was cancelled on the server, not by --timeout"
	case "42501":
		out.Kind = ErrNotAllowed
		out.Hint = askPrivilege
	case "23502", "23514":
		out.Kind, out.Detail = ErrConflict, "" // it holds the whole row, secrets too
	case "25006":
		out.Kind = ErrNotAllowed
		out.Hint = "nothing may be written here: a replica, default_transaction_read_only, or a transaction that only reads"
	case "3D000":
		out.Kind, out.Message = ErrConnect, fmt.Sprintf("there is no database %q on %s", addr.Database(), addr.where())
		out.Hint = "look at the name in --db"
	case "28P01":
		out.Kind, out.Message = ErrConnect, fmt.Sprintf("wrong password for user %q on %s", addr.User(), addr.where())
		out.Hint = "put the right one into --db, PGPASSWORD or ~/.pgpass"
	case "57P03":
		out.Kind, out.Hint = ErrConnect, "try again in a moment"
	case "57P01", "57P02", "57P05", "25P03":
		out.Kind, out.Hint = ErrConnect, "the server ended the session; try again"
	case "53300":
		out.Kind, out.Hint = ErrConnect, "the server has no free connection; try again later"
	default:
		out.Kind = kindOfClass(code)
		if code == "08P01" && strings.Contains(out.Message, "authentication failed") { // pgbouncer's way to say it
			out.Message = fmt.Sprintf("no access for user %q to %s: %s", addr.User(), addr.where(), out.Message)
			out.Hint = "put the right password into --db, PGPASSWORD or ~/.pgpass"
		}
	}
	return out
}

// kindOfClass maps the class of a SQLSTATE, its first two characters.
func kindOfClass(code string) error {
	if len(code) < 2 {
		return nil
	}
	switch code[:2] {
	case "08":
		return ErrConnect
	case "28":
		return ErrNotAllowed
	case "23":
		return ErrConflict
	case "21", "22", "25", "26", "2B", "34", "3F", "42", "0A", "P0":
		return ErrQuery
	}
	return nil
}

// moved makes a try-again of an error about a name that the catalog had a moment
// ago: launching an experiment drops every table and makes it anew.
func moved(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Code == "42P01", e.Code == "42703", e.Code == "42704",
		e.Code == "XX000" && (strings.HasPrefix(e.Message, "could not open relation") || strings.HasPrefix(e.Message, "cache lookup failed")):
		return &Error{Kind: ErrTryAgain, Code: e.Code, Detail: e.Detail, cause: err,
			Message: "the tables changed while they were read: " + e.Message, Hint: "if the experiment was just launched, try again"}
	}
	return err
}

// connectError tells why no connection came about.
func connectError(err error, addr Address) error {
	var dns *net.DNSError
	var network net.Error
	var server *pq.Error
	var out Error
	switch where := addr.where(); {
	case errors.Is(err, context.Canceled):
		return translate(err, addr, 0)
	case errors.As(err, &server):
		e := fromServer(server, addr, 0)
		if e.Kind == nil {
			e.Kind = ErrConnect
		}
		return e
	case errors.As(err, &dns):
		out.Message, out.Hint = "there is no host "+where, "look at the name in --db"
	case errors.Is(err, syscall.ECONNREFUSED):
		out.Message, out.Hint = "nothing answers at "+addr.endpoint(), "is Postgres running there?"
	case errors.Is(err, syscall.ENOENT):
		out.Message, out.Hint = "there is no Postgres socket at "+addr.endpoint(), "is Postgres running?"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &network) && network.Timeout():
		out.Message = "no answer from " + addr.endpoint() + " within " + addr.timeout().String()
		out.Hint = "look at the host and the network"
	case errors.Is(err, pq.ErrSSLNotSupported):
		out.Message, out.Hint = where+" does not speak TLS", "use sslmode=prefer or sslmode=disable"
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		out.Message, out.Hint = addr.endpoint()+" closed the connection at once", "is that a Postgres server?"
	default:
		out.Message = "cannot connect to " + addr.endpoint() + ": " + oneLine(strings.TrimPrefix(err.Error(), "pq: "))
	}
	out.Kind, out.cause = ErrConnect, err
	return &out
}
