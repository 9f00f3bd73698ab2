package commands

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/cli"
	"exptool/internal/localpg"
	"exptool/internal/pgtest"
	"exptool/repo"
)

// logged is a server of a test's own with a database to log.
type logged struct {
	*localpg.Server
	t     *testing.T
	super *repo.DB
}

func newLogged(t *testing.T, settings map[string]string) *logged {
	t.Helper()
	s, err := localpg.New(t.TempDir(), localpg.Options{BinDir: pgtest.Server(t).Status(t.Context()).Binaries, NoSync: true, Settings: settings})
	require.NoError(t, err)
	t.Cleanup(func() { stopPrivate(s.Home()) })
	require.NoError(t, s.Start(t.Context(), nil))
	l := &logged{Server: s, t: t}
	l.super = l.open(s.SuperAddress("postgres"))
	return l
}

func (l *logged) open(addr repo.Address) *repo.DB {
	l.t.Helper()
	db, err := repo.Open(l.t.Context(), addr, repo.Options{AppName: "the study"})
	require.NoError(l.t, err)
	l.t.Cleanup(func() { _ = db.Close() })
	return db
}

// inEffect is the server's log_statement and log_min_duration_statement.
func (l *logged) inEffect() (text string) {
	l.t.Helper()
	require.NoError(l.t, l.super.Read(l.t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
		return tx.Get(l.t.Context(), &text, "SELECT string_agg(reset_val, ' ' ORDER BY name DESC) FROM pg_settings WHERE name IN ('log_statement', 'log_min_duration_statement')")
	}))
	return text
}

// soon waits for something to become so.
func (l *logged) soon(what string, is func() bool) {
	l.t.Helper()
	require.Eventually(l.t, is, 20*time.Second, 20*time.Millisecond, what)
}

// process is exptool as a process of its own.
type process struct {
	*exec.Cmd
	lines  chan string
	errors *bytes.Buffer
}

func (l *logged) start(db string, args ...string) *process {
	l.t.Helper()
	p := &process{Cmd: exec.Command("exptool", append(args, "--db", db)...), lines: make(chan string, 10000), errors: &bytes.Buffer{}}
	p.Stderr = p.errors
	out, err := p.StdoutPipe()
	require.NoError(l.t, err)
	require.NoError(l.t, p.Start())
	l.t.Cleanup(func() { _ = p.Process.Kill() })
	go func() {
		defer close(p.lines)
		for in := bufio.NewScanner(out); in.Scan(); {
			p.lines <- in.Text()
		}
	}()
	return p
}

// until gives the next line that has a text.
func (p *process) until(t *testing.T, text string) string {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				t.Fatalf("it ended before %q: %s", text, p.errors)
			}
			if strings.Contains(line, text) {
				return line
			}
		case <-timeout:
			t.Fatalf("no line with %q", text)
		}
	}
}

// guardianOf is the process that guards a process.
func guardianOf(t *testing.T, pid int) int {
	t.Helper()
	text, err := exec.Command("pgrep", "-P", strconv.Itoa(pid)).Output()
	require.NoError(t, err)
	guardian, err := strconv.Atoi(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	return guardian
}

// TestLogOnKilled: what was set is restored when exptool is killed, by the guardian;
// when both are killed it is said, and log off restores.
func TestLogOnKilled(t *testing.T) {
	l := newLogged(t, nil)
	url := l.SuperAddress("postgres").URL()
	x := newRunner(t, url)
	require.NoError(t, l.super.Exec(t.Context(), "ALTER SYSTEM SET log_min_duration_statement = '250ms'"))
	require.NoError(t, l.super.Exec(t.Context(), "SELECT pg_reload_conf()"))
	on := func() bool { return l.inEffect() == "all 0" }
	before := func() bool { return l.inEffect() == "none 250" }
	l.soon("the start", before)

	p := l.start(url, "log", "on", "--for", "10m")
	l.soon("on", on)
	require.NoError(t, p.Process.Kill())
	_ = p.Wait()
	begun := time.Now()
	l.soon("restored after kill -9", before)
	assert.Less(t, time.Since(begun), 5*time.Second)

	// Ctrl-C, and the end of the terminal.
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		p = l.start(url, "log", "on", "--for", "10m")
		l.soon("it shows what is logged", func() bool {
			l.plain("SELECT 'shown'")
			return len(p.lines) > 0
		})
		require.NoError(t, p.Process.Signal(signal))
		err := p.Wait()
		if signal == os.Interrupt {
			assert.NoError(t, err, p.errors)
			assert.True(t, before(), "at once")
		}
		l.soon(fmt.Sprint("restored after ", signal), before)
	}

	// The guardian first: whoever turned it on still restores.
	p = l.start(url, "log", "on", "--for", "2s")
	l.soon("on", on)
	require.NoError(t, syscall.Kill(guardianOf(t, p.Process.Pid), syscall.SIGKILL))
	require.NoError(t, p.Wait(), p.errors)
	assert.True(t, before())

	// Both.
	p = l.start(url, "log", "on", "--for", "3s")
	l.soon("on", on)
	require.NoError(t, syscall.Kill(guardianOf(t, p.Process.Pid), syscall.SIGKILL))
	require.NoError(t, p.Process.Kill())
	_ = p.Wait()
	time.Sleep(3 * time.Second)
	assert.True(t, on(), "nobody is left to restore")
	_, errs, code := x.run("log", "status")
	assert.Zero(t, code, errs)
	assert.Contains(t, errs, "warning: "+me()+" wanted statements logged until")
	assert.Contains(t, errs, "exptool log off restores")
	x.ok("log", "off")
	assert.True(t, before())
	_, errs, _ = x.run("log", "status")
	assert.NotContains(t, errs, "warning")
}

// far is the server by an address at which its files are not ours to read.
func (l *logged) far(user string) repo.Address {
	l.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	require.NoError(l.t, err)
	l.t.Cleanup(func() { _ = listener.Close() })
	socket := filepath.Join(l.Status(l.t.Context()).Socket, ".s.PGSQL.5432")
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", socket)
			if err != nil {
				_ = client.Close()
				continue
			}
			for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
				go func() {
					_, _ = io.Copy(way[0], way[1])
					_, _ = way[0].Close(), way[1].Close()
				}()
			}
		}
	}()
	addr, err := repo.ParseAddress(fmt.Sprintf("postgres://%s@%s/postgres?sslmode=disable", user, listener.Addr()))
	require.NoError(l.t, err)
	return addr
}

// plain runs a statement without our mark, which tail would leave out.
func (l *logged) plain(statement string) {
	l.t.Helper()
	out, err := exec.Command("psql", l.SuperAddress("postgres").URL(), "-qAtc", statement).CombinedOutput()
	require.NoError(l.t, err, string(out))
}

// TestLogTail: every statement once, within 0.3 s, over a rotation and a restart,
// from the file and over the connection, in each format.
func TestLogTail(t *testing.T) {
	for _, format := range []string{"jsonlog", "csvlog", "stderr"} {
		t.Run(format, func(t *testing.T) {
			l := newLogged(t, map[string]string{"log_destination": format, "log_filename": "at-%H%M%S.log", "log_statement": "all", "log_min_duration_statement": "0"})
			near := l.start(l.SuperAddress("postgres").URL(), "log", "tail")
			distant := l.start(l.far("postgres").URL(), "log", "tail")
			l.soon("both are there", func() bool {
				l.plain("SELECT 'ready'")
				return len(near.lines) > 0 && len(distant.lines) > 0
			})
			seen := func(name string) {
				for _, p := range []*process{near, distant} {
					line := p.until(t, name)
					var got struct {
						Statement string
						Duration  float64 `json:"duration_ms"`
						User      string
						Time      time.Time
					}
					require.NoError(t, json.Unmarshal([]byte(line), &got))
					assert.Equal(t, "SELECT '"+name+"', 'a b', 'größer'", strings.ReplaceAll(got.Statement, "\n", " "))
					assert.Equal(t, "postgres", got.User)
					if got.Duration == 0 { // its line came late
						line = p.until(t, name)
						require.NoError(t, json.Unmarshal([]byte(line), &got))
					}
					assert.Positive(t, got.Duration)
				}
			}
			for i := range 10 {
				name := fmt.Sprintf("at once %d", i)
				l.plain("SELECT '" + name + "',\n 'a b', 'größer'")
				begun := time.Now() // it is logged by now
				seen(name)
				assert.Less(t, time.Since(begun), 300*time.Millisecond)
			}
			time.Sleep(time.Second) // another name for the next file
			require.NoError(t, l.super.Exec(t.Context(), "SELECT pg_rotate_logfile()"))
			for i := range 5 {
				l.plain(fmt.Sprintf("SELECT 'rotating %d', 'a b', 'größer'", i))
			}
			for i := range 5 {
				seen(fmt.Sprintf("rotating %d", i))
			}
			time.Sleep(time.Second)
			require.NoError(t, l.Stop(t.Context()))
			require.NoError(t, l.Start(t.Context(), nil))
			l.plain("SELECT 'restarted', 'a b', 'größer'")
			seen("restarted")
			for _, p := range []*process{near, distant} {
				require.NoError(t, p.Process.Signal(os.Interrupt))
				for line := range p.lines {
					assert.NotContains(t, line, "exptool */")
					assert.NotContains(t, line, "restarted", "twice")
				}
				assert.NoError(t, p.Wait(), p.errors)
			}
			assert.Contains(t, distant.errors.String(), "waiting for the server to come back")
		})
	}
}

// TestLogTailSilence: what polls the log over the connection is not logged itself,
// where it may decide that.
func TestLogTailSilence(t *testing.T) {
	l := newLogged(t, map[string]string{"log_statement": "all"})
	p := l.start(l.far("postgres").URL(), "log", "tail")
	l.soon("it is there", func() bool {
		l.plain("SELECT 'ready'")
		return len(p.lines) > 0
	})
	file, err := l.super.LogFile(t.Context())
	require.NoError(t, err)
	size, err := l.super.LogSize(t.Context(), file)
	require.NoError(t, err)
	time.Sleep(time.Second)
	after, err := os.ReadFile(file.Path)
	require.NoError(t, err)
	assert.NotContains(t, string(after[size:]), "pg_read_binary_file")
}

// TestLogOnFallsBack: a role that may not change the server's settings, as at many
// providers, logs its database.
func TestLogOnFallsBack(t *testing.T) {
	l := newLogged(t, nil)
	for _, statement := range []string{
		"CREATE ROLE ada LOGIN", "CREATE DATABASE study OWNER ada",
		"GRANT SET ON PARAMETER log_statement, log_min_duration_statement TO ada",
	} {
		require.NoError(t, l.super.Exec(t.Context(), statement))
	}
	x := newRunner(t, l.SuperAddress("study").WithUser("ada").URL())
	_, errs, code := x.run("log", "on", "--scope", "server")
	assert.Equal(t, exitConnect, code)
	assert.Contains(t, errs, "GRANT ALTER SYSTEM ON PARAMETER log_statement, log_min_duration_statement TO ada;")
	_, errs, code = x.run("log", "on")
	require.Zero(t, code, errs)
	assert.Contains(t, errs, "what the server logs may not be changed by this role")
	assert.Contains(t, errs, "so only this database is logged")
	assert.Contains(t, errs, "log_statement of the database study: not set → all")
	newRunner(t, l.SuperAddress("postgres").URL()).ok("log", "on") // whose record is not ada's to see
	_, errs, code = x.run("log", "off")
	require.Zero(t, code, errs)
	assert.Contains(t, errs, "log_statement of the database study: all → not set")
	_, errs, code = x.run("log", "off")
	assert.Equal(t, exitConnect, code)
	assert.Contains(t, errs, "permission denied")
	newRunner(t, l.SuperAddress("postgres").URL()).ok("log", "off")

	// Somebody who may nothing is told what to grant, for either scope.
	require.NoError(t, l.super.Exec(t.Context(), "CREATE ROLE bob LOGIN"))
	x = newRunner(t, l.SuperAddress("study").WithUser("bob").URL())
	_, errs, code = x.run("log", "on")
	assert.Equal(t, exitConnect, code)
	assert.Contains(t, errs, "  GRANT ALTER SYSTEM ON PARAMETER")
	_, errs, code = newRunner(t, strings.Replace(l.far("bob").URL(), "/postgres?", "/study?", 1)).run("log", "tail")
	assert.Equal(t, exitConnect, code)
	assert.Contains(t, errs, "  GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean) TO bob;")
}

// alchemy reads a script's records one by one, or all at once.
const alchemy = `
import sys
from sqlalchemy import create_engine, text, bindparam
engine = create_engine(sys.argv[1])
ids = list(range(1, 201))
with engine.begin() as c:
    if sys.argv[2] == "each":
        for i in ids:
            c.execute(text("SELECT id, vars FROM participant WHERE id = :id"), {"id": i}).fetchall()
    else:
        c.execute(text("SELECT id, vars FROM participant WHERE id IN :ids").bindparams(bindparam("ids", expanding=True)), {"ids": ids}).fetchall()
`

// TestNPlusOne: 200 one-record queries of SQLAlchemy are found, with what to write
// instead; the one query for all is not.
func TestNPlusOne(t *testing.T) {
	python := os.Getenv("EXPTOOL_TEST_PYTHON")
	require.NotEmpty(t, python, "EXPTOOL_TEST_PYTHON: scripts/test sets it")
	l := newLogged(t, map[string]string{"log_statement": "all", "log_min_duration_statement": "0"})
	require.NoError(t, l.super.Exec(t.Context(), "CREATE TABLE participant (id integer PRIMARY KEY, vars text)"))
	url := l.SuperAddress("postgres").URL()
	x := newRunner(t, url)
	type run struct {
		Queries   int
		Statement string
		Instead   string
	}
	found := func(how string) (runs []run) {
		out, err := exec.CommandContext(t.Context(), python, "-c", alchemy, url, how).CombinedOutput()
		require.NoError(t, err, string(out))
		var all struct {
			Runs []run `json:"one_query_per_row"`
		}
		x.json(&all, "log", "top", "--format", "json")
		return all.Runs
	}
	assert.Empty(t, found("all"))
	runs := found("each")
	require.Len(t, runs, 1)
	assert.Equal(t, 200, runs[0].Queries)
	assert.Equal(t, "SELECT id, vars FROM participant WHERE id = ?", runs[0].Statement)
	assert.Contains(t, runs[0].Instead, "Participant.id.in_(")
	people := x.ok("log", "top", "--format", "table")
	assert.Contains(t, people, "200 queries in 1 run")
	assert.Contains(t, people, "Participant.id.in_(")
}

// TestLogTopByPage groups by the request that was under way.
func TestLogTopByPage(t *testing.T) {
	l := newLogged(t, map[string]string{"log_statement": "all", "log_min_duration_statement": "0"})
	require.NoError(t, l.super.Exec(t.Context(), "CREATE TABLE request (id serial PRIMARY KEY, creation_time timestamp NOT NULL, duration double precision, method varchar, endpoint varchar)"))
	request := func(method, page, from, until string) {
		require.NoError(t, l.super.Exec(t.Context(), fmt.Sprintf("INSERT INTO request (creation_time, duration, method, endpoint) VALUES ('%s', extract(epoch FROM timestamp '%s' - timestamp '%s'), '%s', '%s')", until, until, from, method, page)))
	}
	now := func() (text string) {
		require.NoError(t, l.super.Read(context.Background(), repo.ReadOptions{}, func(tx *repo.Tx) error {
			return tx.Get(t.Context(), &text, "SELECT clock_timestamp()::timestamp::text")
		}))
		time.Sleep(20 * time.Millisecond)
		return text
	}
	begun := now()
	l.plain("SELECT 'of the timeline'")
	middle := now()
	l.plain("SELECT 'of', 'two'")
	end := now()
	l.plain("SELECT 'of none' AS x")
	request("GET", "/timeline", begun, end)
	request("POST", "/response", middle, end)
	x := newRunner(t, l.SuperAddress("postgres").URL())
	out, errs, code := x.run("log", "top", "--by", "page")
	require.Zero(t, code, errs)
	assert.Regexp(t, `(?m)^GET /timeline,.*,SELECT \?$`, out)
	assert.Regexp(t, `(?m)^several pages,.*"SELECT \?, \?"$`, out)
	assert.Regexp(t, `(?m)^no page,.*,SELECT \? AS x$`, out)
	assert.Contains(t, errs, "while requests of several pages were under way")
}

// TestLogFromStatStatements reads the extension where it is there.
func TestLogFromStatStatements(t *testing.T) {
	l := newLogged(t, map[string]string{"shared_preload_libraries": "pg_stat_statements"})
	require.NoError(t, l.super.Exec(t.Context(), "CREATE EXTENSION pg_stat_statements"))
	for i := range 3 {
		l.plain(fmt.Sprintf("SELECT 'x' FROM generate_series(1, %d)", i+1))
	}
	out := newRunner(t, l.SuperAddress("postgres").URL()).ok("log", "top", "--from", "pg_stat_statements")
	assert.Regexp(t, `(?m)^[\d.]+,3,[\d.]+,[\d.]+,,[\d.]+,6,,"SELECT \? FROM GENERATE_SERIES\(\?, \?\)"$|(?m)^[\d.]+,3,[\d.]+,[\d.]+,,[\d.]+,6,,"SELECT \? FROM generate_series\(\?, \?\)"$`, out)
	assert.NotContains(t, out, "exptool */")
}

// TestLogGone: a file that somebody has removed, a log that goes elsewhere, a
// statement of 5 MB, and a line that is cut.
func TestLogGone(t *testing.T) {
	l := newLogged(t, map[string]string{"log_statement": "all"})
	x := newRunner(t, l.SuperAddress("postgres").URL())
	statement := "SELECT '" + strings.Repeat("größer ", 5<<20/8) + "' AS large"
	large := filepath.Join(t.TempDir(), "large.sql")
	require.NoError(t, os.WriteFile(large, []byte(statement), 0o600))
	out, err := exec.Command("psql", l.SuperAddress("postgres").URL(), "-qAt", "-o", "/dev/null", "-f", large).CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, x.ok("log", "top"), ",SELECT ? AS large\n")

	file, err := l.super.LogFile(t.Context())
	require.NoError(t, err)
	text, err := os.ReadFile(file.Path)
	require.NoError(t, err)
	cut := filepath.Join(t.TempDir(), "cut.json")
	require.NoError(t, os.WriteFile(cut, text[50:len(text)-3], 0o600))
	top, errs, code := x.run("log", "top", cut)
	assert.Zero(t, code, errs)
	assert.Contains(t, top, "SELECT ? AS large")
	assert.Contains(t, errs, "were not understood")

	require.NoError(t, os.Remove(file.Path))
	for _, args := range [][]string{{"log", "top"}, {"log", "tail"}} {
		_, errs, code = x.run(args...)
		assert.Equal(t, exitNotFound, code, errs)
		assert.Contains(t, errs, "there is no log file log/")
	}

	elsewhere := newLogged(t, map[string]string{"log_destination": "syslog"})
	x = newRunner(t, elsewhere.SuperAddress("postgres").URL())
	for _, args := range [][]string{{"log", "top"}, {"log", "tail"}} {
		_, errs, code = x.run(args...)
		assert.Equal(t, exitNotFound, code, errs)
		assert.Contains(t, errs, "exptool: the server logs to syslog, which exptool cannot read; add stderr, csvlog or jsonlog to log_destination and reload")
	}
	assert.Contains(t, x.ok("log", "status"), "log,destination,syslog,")

	// It is on all the same, and over when it should be.
	p := elsewhere.start(elsewhere.SuperAddress("postgres").URL(), "log", "on", "--for", "1s")
	require.NoError(t, p.Wait(), p.errors)
	assert.Contains(t, p.errors.String(), "warning: it is logged, but cannot be shown: the server logs to syslog")
	assert.Equal(t, "none -1", elsewhere.inEffect())
}

// TestLogGuessed: a server's standard error that something else keeps is found among
// the usual places, by what this very server writes there.
func TestLogGuessed(t *testing.T) {
	l := newLogged(t, map[string]string{"log_destination": "stderr", "logging_collector": "off", "log_statement": "all", "log_line_prefix": "%t [%p-%l] %q%u@%d "})
	data := l.Status(t.Context()).Data
	require.NoError(t, os.WriteFile(filepath.Join(data, "logfile"), []byte("another server's\n"), 0o600))
	require.NoError(t, os.Symlink(filepath.Join(l.Home(), "start.log"), filepath.Join(data, "server.log")))
	l.plain("SELECT 'guessed'")
	x := newRunner(t, l.SuperAddress("postgres").URL())
	assert.Contains(t, x.ok("log", "status"), "log,file,"+filepath.Join(data, "server.log"))
	assert.Contains(t, x.ok("log", "top"), ",SELECT ?\n")
	other := filepath.Join(data, "other.log")
	require.NoError(t, os.WriteFile(other, []byte("2026-01-01 00:00:00 UTC [1-1] a@postgres LOG:  statement: SELECT 'of another server' AS other\n"), 0o600))
	assert.NotContains(t, x.ok("log", "top", "--since", "87600h"), "other")
}

// TestLogOnTerminal: a line a statement, fitted to the width, that acts on nothing.
func TestLogOnTerminal(t *testing.T) {
	l := newLogged(t, map[string]string{"log_statement": "all", "log_min_duration_statement": "0"})
	l.plain("SELECT E'a\nb\x1b[31m', '" + strings.Repeat("long ", 100) + "'")
	l.plain("SELECT 'postgres://ada:s3cret@h/x', pg_sleep(0.15)")
	l.plain("DO $$ BEGIN PERFORM nosuch(); EXCEPTION WHEN OTHERS THEN END $$")
	_, _ = exec.Command("psql", l.SuperAddress("postgres").URL(), "-c", "SELECT nosuch").CombinedOutput()
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	var stdout, stderr bytes.Buffer
	streams := &cli.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr, OutTTY: true, Width: 100, Color: true}
	code := run(ctx, newApp(streams, time.Now), []string{"log", "tail", "--since", "1h", "--db", l.SuperAddress("postgres").URL()})
	assert.Zero(t, code, stderr.String())
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	plain := regexp.MustCompile("\x1b\\[\\d*m").ReplaceAllString(stdout.String(), "")
	for line := range strings.Lines(plain) {
		assert.LessOrEqual(t, len([]rune(strings.TrimRight(line, "\n"))), 100, line)
		assert.NotContains(t, line, "\x1b")
	}
	assert.Regexp(t, `(?m)^\d\d:\d\d:\d\d\.\d{3} +\d+\.\d{3} ms  postgres/psql +SELECT .*…$`, plain)
	assert.Contains(t, plain, "SELECT 'postgres://***@h/x'")
	assert.Contains(t, plain, `ERROR: column "nosuch" does not exist`)
	assert.Contains(t, stdout.String(), "\x1b[33m", "a slow one is marked")
	assert.GreaterOrEqual(t, len(lines), 5)
}

// TestGuardianAlone: a guardian whose charge makes no sense ends at once.
func TestGuardianAlone(t *testing.T) {
	for _, in := range []string{"", "nonsense\n", `{"address": "postgres://u@127.0.0.1:1/x"}` + "\n"} {
		cmd := exec.CommandContext(t.Context(), "exptool", guardCommand)
		cmd.Stdin = strings.NewReader(in)
		var exit *exec.ExitError
		assert.True(t, errors.As(cmd.Run(), &exit))
	}
}
