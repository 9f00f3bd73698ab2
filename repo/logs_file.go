package repo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"
)

// LogFile is a file of the server's log: of this machine, or one that only the
// server can read.
type LogFile struct {
	Path   string
	Format string // stderr, csvlog or jsonlog
	Prefix string // log_line_prefix
	Zone   string // log_timezone
	Remote bool   // read over the connection
	// Alone is that the files beside it may be other servers'.
	Alone bool
}

// logFormats are the formats of the log, the best to read first.
var logFormats = []string{"jsonlog", "csvlog", "stderr"}

// logPlace is what the server says of where its log is.
type logPlace struct {
	Version     int    `db:"version"`
	Role        string `db:"role"`
	Destination string `db:"destination"`
	Collector   bool   `db:"collector"`
	Prefix      string `db:"prefix"`
	Zone        string `db:"zone"`
	Data        string `db:"data"`    // empty where this role may not know
	Current     bool   `db:"current"` // pg_current_logfile may be called
	Read        bool   `db:"read"`    // pg_read_binary_file may be called
	ListLogs    bool   `db:"list_logs"`
	JSON        string `db:"json"`
	CSV         string `db:"csv"`
	Stderr      string `db:"stderr"`
}

const readLogPlace = `SELECT current_setting('server_version_num')::integer AS version,
       quote_ident(current_user) AS role,
       current_setting('log_destination') AS destination,
       current_setting('logging_collector') = 'on' AS collector,
       current_setting('log_line_prefix') AS prefix,
       current_setting('log_timezone') AS zone,
       coalesce((SELECT setting FROM pg_settings WHERE name = 'data_directory'), '') AS data,
       has_function_privilege('pg_current_logfile(text)', 'EXECUTE') AS current,
       has_function_privilege('pg_read_binary_file(text, bigint, bigint, boolean)', 'EXECUTE') AS read,
       has_function_privilege('pg_ls_logdir()', 'EXECUTE') AS list_logs`

// readCurrentLogs is apart: who may not call a function may not even name it.
const readCurrentLogs = `SELECT CASE WHEN current_setting('server_version_num')::integer >= 150000 THEN coalesce(pg_current_logfile('jsonlog'), '') ELSE '' END AS json,
       coalesce(pg_current_logfile('csvlog'), '') AS csv,
       coalesce(pg_current_logfile('stderr'), '') AS stderr`

func (db *DB) logPlace(ctx context.Context) (p logPlace, err error) {
	if err = db.once(ctx, &p, readLogPlace); err == nil && p.Current {
		err = db.once(ctx, &p, readCurrentLogs)
	}
	return p, err
}

// once is Get without a transaction, in one round trip: for what is asked again and
// again. The query has no arguments.
func (db *DB) once(ctx context.Context, dest any, query string) error {
	conn, err := db.connect(ctx)
	if err != nil {
		return err
	}
	tx := &Tx{db: db, conn: conn}
	defer tx.release(ctx)
	return tx.Get(ctx, dest, query)
}

// LogFile finds the file that the server logs to. ErrNotAllowed says which grants
// would help, ErrNotFound why there is no such file.
func (db *DB) LogFile(ctx context.Context) (LogFile, error) {
	p, err := db.logPlace(ctx)
	if err != nil {
		return LogFile{}, err
	}
	f := LogFile{Prefix: p.Prefix, Zone: p.Zone}
	for i, file := range []string{p.JSON, p.CSV, p.Stderr} {
		if file == "" {
			continue
		}
		f.Path, f.Format = file, logFormats[i]
		if local := p.absolute(file); local != "" && db.onThisMachine() && readable(local) {
			f.Path = local
			return f, nil
		}
		if p.Read && p.ListLogs {
			f.Remote = true
			return f, nil
		}
	}
	if db.onThisMachine() {
		if found := p.guess(ctx, db); found != "" {
			f.Path, f.Format, f.Alone = found, "stderr", true
			return f, nil
		}
	}
	return f, p.unreachable()
}

// absolute is the path of a file of the log, empty where it is not known: that of
// the collector is relative to the data.
func (p logPlace) absolute(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	if p.Data == "" {
		return ""
	}
	return path.Join(p.Data, file)
}

// onThisMachine reports whether the server is likely to be here.
func (db *DB) onThisMachine() bool {
	host := db.addr.Host()
	return host == "" || isSocket(host) || host == "localhost" || host == "127.0.0.1" || host == "::1"
}

func readable(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	info, err := f.Stat()
	return errors.Join(err, f.Close()) == nil && info.Mode().IsRegular()
}

// logGuesses are where packages have the server's standard error go, which Postgres
// itself does not know.
func (p logPlace) logGuesses() []string {
	major := p.Version / 10000
	return []string{
		fmt.Sprintf("/var/log/postgresql/postgresql-%d-*.log", major),         // Debian, Ubuntu
		fmt.Sprintf("/opt/homebrew/var/log/postgresql@%d.log", major),         // Homebrew
		fmt.Sprintf("/usr/local/var/log/postgresql@%d.log", major),            //
		"/opt/homebrew/var/log/postgres*.log",                                 //
		"/usr/local/var/log/postgres*.log",                                    //
		fmt.Sprintf("/var/lib/pgsql/%d/data/log/*.log", major),                // Red Hat
		"/var/lib/pgsql/data/log/*.log",                                       //
		fmt.Sprintf("/var/lib/postgresql/%d/*/log/*.log", major),              //
		"/var/lib/postgresql/data/log/*.log",                                  // the container postgres
		"/opt/bitnami/postgresql/logs/*.log",                                  // Bitnami's
		filepath.Join(p.Data, "logfile"), filepath.Join(p.Data, "server.log"), // pg_ctl -l, by habit
	}
}

// guess finds the log among the usual places: the file that gets what we have the
// server log. Any other server's file could lie there.
func (p logPlace) guess(ctx context.Context, db *DB) string {
	type candidate struct {
		path string
		size int64
	}
	var candidates []candidate
	for _, pattern := range p.logGuesses() {
		files, _ := filepath.Glob(pattern)
		for _, f := range files {
			if info, err := os.Stat(f); err == nil && info.Mode().IsRegular() && readable(f) && len(candidates) < 50 {
				candidates = append(candidates, candidate{f, info.Size()})
			}
		}
	}
	if len(candidates) == 0 {
		return ""
	}
	token := "exptool looks for its log: " + rand.Text()
	if db.Exec(ctx, "DO $$ BEGIN RAISE LOG "+pq.QuoteLiteral(token)+"; END $$") != nil {
		return ""
	}
	for range 20 {
		for _, c := range candidates {
			if contains(c.path, c.size, token) {
				return c.path
			}
		}
		select {
		case <-ctx.Done():
			return ""
		case <-time.After(25 * time.Millisecond):
		}
	}
	return ""
}

// contains reports whether a file has a text after an offset.
func contains(path string, offset int64, text string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return false
	}
	b, _ := io.ReadAll(io.LimitReader(f, 16<<20))
	return strings.Contains(string(b), text)
}

// unreachable tells why the log cannot be read, and what would help.
func (p logPlace) unreachable() error {
	if !p.Collector {
		where, hint := "the server's standard error, which it does not keep itself", "set logging_collector = on and restart it, or read where that goes: exptool log top FILE; docker logs NAME 2>&1 | exptool log top -"
		if !strings.Contains(p.Destination, "stderr") {
			where, hint = p.Destination, "set log_destination = 'stderr' and logging_collector = on and restart it"
		}
		return &Error{Kind: ErrNotFound, Message: "the server logs to " + where, Hint: hint}
	}
	if !slices.ContainsFunc(logFormats, func(f string) bool { return strings.Contains(p.Destination, f) }) {
		return &Error{Kind: ErrNotFound, Message: "the server logs to " + p.Destination + ", which exptool cannot read",
			Hint: "add stderr, csvlog or jsonlog to log_destination and reload"}
	}
	if p.Current && p.JSON+p.CSV+p.Stderr == "" {
		return &Error{Kind: ErrNotFound, Message: "the server has no current log file", Hint: "look at log_destination and logging_collector, which takes effect at a restart"}
	}
	var grants []string
	// One by one: pg_monitor has the first from Postgres 16 on only.
	for _, f := range []struct {
		may  bool
		name string
	}{{p.Current, "pg_current_logfile(text)"}, {p.ListLogs, "pg_ls_logdir()"}, {p.Read, "pg_read_binary_file(text, bigint, bigint, boolean)"}} {
		if !f.may {
			grants = append(grants, "GRANT EXECUTE ON FUNCTION "+f.name+" TO "+p.Role)
		}
	}
	return &Error{Kind: ErrNotAllowed, Message: "the server's log may not be read by this role",
		Hint: "let a superuser run what follows, or use another user in --db", Detail: strings.Join(grants, ";\n") + ";"}
}

// Location is the zone of the log's times, nil where this machine does not know it.
func (f LogFile) Location() *time.Location {
	zone, err := time.LoadLocation(f.Zone)
	if err != nil || f.Zone == "" {
		return nil
	}
	return zone
}
