package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// What is wrong with a file that can't be loaded.
var (
	// ErrTruncated: the file ends too early.
	ErrTruncated = errors.New("the file is cut off")
	// ErrUnsafe: the file holds something that a loader of data must not run.
	ErrUnsafe = errors.New("refused")
	// ErrFormat: the file is not of a kind that can be loaded.
	ErrFormat = errors.New("cannot read this kind of file")
	// ErrPrivileged: the session could run programs on the server on the file's behalf.
	ErrPrivileged = errors.New("refusing to load as a role that may run programs on the server")
)

// LoadError says where in a file loading failed.
type LoadError struct {
	File      string // the CSV inside a zip, empty for a dump
	Line      int    // from 1; 0 where it is the whole file's fault
	Statement string // how the statement begins, if there is one
	Err       error
}

// Error is one line: place, statement, reason.
func (e *LoadError) Error() string {
	var at []string
	if e.File != "" {
		at = append(at, e.File)
	}
	if e.Line > 0 {
		at = append(at, fmt.Sprintf("line %d", e.Line))
	}
	var parts []string
	if len(at) > 0 {
		parts = append(parts, strings.Join(at, " "))
	}
	if e.Statement != "" {
		parts = append(parts, e.Statement)
	}
	reason := e.Err.Error()
	var pe *pq.Error
	if errors.As(e.Err, &pe) && pe.Message != "" {
		reason = pe.Message
		if pe.Detail != "" {
			reason += " (" + pe.Detail + ")"
		}
	}
	return strings.ReplaceAll(strings.Join(append(parts, reason), ": "), "\n", " ")
}

// Unwrap gives the cause, a *pq.Error where Postgres objected.
func (e *LoadError) Unwrap() error { return e.Err }

// Loader loads files into one database, which ought to be new and empty: the
// caller makes it before and drops it if loading fails.
//
// A file comes from somebody else, so the session must belong to a role that
// owns the database and has no further powers. In a superuser's hands a dump can
// run programs on the server in too many ways to find in its text (a column's
// DEFAULT will do), so such a session is refused unless Trusted is set. What a
// dump has no business with (COPY … PROGRAM or of server files, DO, \! and the
// like) is refused in every case, so that the error names the line.
//
// Everything happens in one transaction; a failed load leaves nothing behind.
// Afterwards the tables are analysed and the session's settings are reset.
type Loader struct {
	// Conn is the session that loads. Nothing else may use it meanwhile.
	Conn *sqlx.Conn
	// Progress, if not nil, hears now and then how many bytes of the file have
	// been read so far, counted in the file as it lies on disk.
	Progress func(bytes int64)
	// Trusted says that the file is exptool's own, so the session may be anyone's.
	Trusted bool
	// Warnings tells, once loading is over, what was left out or changed.
	Warnings []string

	dropped int // warnings above the most that are kept
}

// warningsKept bounds Warnings: a hostile or huge file must not fill memory.
const warningsKept = 100

func (l *Loader) warn(format string, args ...any) {
	if len(l.Warnings) < warningsKept {
		l.Warnings = append(l.Warnings, fmt.Sprintf(format, args...))
		return
	}
	l.dropped++
}

// Load loads a file of any kind that Sniff knows into the database, which ought
// to be new and empty. Progress hears how many bytes of the file were read.
func (db *DB) Load(ctx context.Context, path string, progress func(bytes int64)) (warnings []string, err error) {
	conn, err := db.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	l := Loader{Conn: conn, Progress: progress}
	err = l.File(ctx, path)
	return l.Warnings, err
}

// LoadText loads a dump of our own, gzipped or not, into the database.
func (db *DB) LoadText(ctx context.Context, text []byte) (err error) {
	conn, err := db.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	l := Loader{Conn: conn, Trusted: true}
	return l.Dump(ctx, bytes.NewReader(text))
}

// File loads the file at path, whatever kind Sniff finds it to be.
func (l *Loader) File(ctx context.Context, path string) error {
	kind, _, err := Sniff(path)
	if err != nil {
		return err
	}
	if kind == FileZip {
		return l.Zip(ctx, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	return l.Dump(ctx, f)
}

// transact runs load in a transaction in which the file is king, and leaves the
// session as it was.
func (l *Loader) transact(ctx context.Context, load func() error) error {
	l.Warnings, l.dropped = nil, 0
	if err := l.mayLoad(ctx); err != nil {
		return err
	}
	// The settings are those that pg_dump itself begins with; a zip has none.
	err := l.exec(ctx, `/* exptool */ BEGIN;
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0;
SET LOCAL standard_conforming_strings = on;
SET LOCAL client_min_messages = warning;
SET LOCAL maintenance_work_mem = '128MB'`)
	if err != nil {
		return errors.Join(fmt.Errorf("begin loading: %w", err), l.undo(ctx))
	}
	err = load()
	if ctx.Err() != nil {
		// Whatever the driver says of it; the server rolls back as the session ends.
		return fmt.Errorf("loading was interrupted: %w", ctx.Err())
	}
	if err != nil {
		return errors.Join(err, l.undo(ctx))
	}
	if err := l.exec(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("finish loading: %w", err)
	}
	if err := l.exec(ctx, "RESET ALL"); err != nil {
		return fmt.Errorf("finish loading: %w", err)
	}
	if err := l.analyze(ctx); err != nil {
		return fmt.Errorf("analyse the loaded tables: %w", err)
	}
	if l.dropped > 0 {
		l.Warnings = append(l.Warnings, fmt.Sprintf("and %d more", l.dropped))
	}
	return nil
}

// undo rolls back.
func (l *Loader) undo(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := l.exec(ctx, "ROLLBACK"); err != nil {
		return fmt.Errorf("roll back: %w", err)
	}
	return l.exec(ctx, "RESET ALL")
}

func (l *Loader) exec(ctx context.Context, query string) error {
	_, err := l.Conn.ExecContext(ctx, query)
	return err
}

// mayLoad refuses a session that could do more on the server than to fill its
// database. CREATEROLE is as good as superuser before Postgres 16.
func (l *Loader) mayLoad(ctx context.Context) error {
	if l.Trusted {
		return nil
	}
	var powerful bool
	err := l.Conn.GetContext(ctx, &powerful, `/* exptool */
SELECT r.rolsuper
    OR r.rolcreaterole
    OR EXISTS (
        SELECT FROM pg_catalog.pg_roles g
        WHERE (g.rolsuper OR g.rolname IN ('pg_execute_server_program',
            'pg_write_server_files', 'pg_read_server_files'))
        AND pg_catalog.pg_has_role(r.oid, g.oid, 'MEMBER'))
FROM pg_catalog.pg_roles r
WHERE r.rolname = SESSION_USER`)
	if err != nil {
		return fmt.Errorf("look up the role's powers: %w", err)
	}
	if powerful {
		return fmt.Errorf("%w: use a role that owns the database and is no superuser", ErrPrivileged)
	}
	return nil
}

// analyze gives the planner, and exptool's lists of classes, their statistics.
// The catalog is left alone, which halves the time for a small file.
func (l *Loader) analyze(ctx context.Context) error {
	var tables []string
	err := l.Conn.SelectContext(ctx, &tables, `/* exptool */
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'p')
AND n.nspname NOT IN ('pg_catalog', 'information_schema')
AND pg_catalog.pg_has_role(c.relowner, 'USAGE')`)
	if err != nil || len(tables) == 0 {
		return err
	}
	return l.exec(ctx, "/* exptool */ ANALYZE "+strings.Join(tables, ", "))
}

// attempt runs a statement whose failure is only worth a warning.
func (l *Loader) attempt(ctx context.Context, query string) (failed, err error) {
	if err := l.exec(ctx, "SAVEPOINT exptool_attempt"); err != nil {
		return nil, err
	}
	failed = l.exec(ctx, query)
	var pe *pq.Error
	switch {
	case failed == nil:
		return nil, l.exec(ctx, "RELEASE exptool_attempt")
	case !errors.As(failed, &pe) || pe.Code.Class() == "57":
		return nil, failed // not the statement's fault: cancelled, or the server is gone
	}
	return pe, l.exec(ctx, "ROLLBACK TO exptool_attempt; RELEASE exptool_attempt")
}

// meter counts what passes through a reader.
type meter struct {
	r      io.Reader
	n      int64
	report func(int64)
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.n += int64(n)
	if m.report != nil && n > 0 {
		m.report(m.n)
	}
	return n, err
}

// excerpt returns how a statement begins, in one line.
func excerpt(text []byte) string {
	const most = 60
	line, _, more := strings.Cut(strings.TrimSpace(string(text[:min(len(text), 4*most)])), "\n")
	r := []rune(strings.ToValidUTF8(strings.TrimSpace(line), "\uFFFD"))
	if more || len(r) > most {
		return string(r[:min(len(r), most)]) + "…"
	}
	return string(r)
}
