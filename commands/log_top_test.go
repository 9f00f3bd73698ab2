package commands

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/localpg"
	"exptool/repo"
)

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

// TestLogOfPostgres18 does all of it on the Postgres that is downloaded, whose logs
// say more than those of older ones.
func TestLogOfPostgres18(t *testing.T) {
	l := loggedBy(t, localpg.Options{DownloadOnly: true, NoSync: true})
	require.Equal(t, 18, l.Status(t.Context()).Major)
	was := l.inEffect()
	x := newRunner(t, l.SuperAddress("postgres").URL())
	_, errs, code := x.run("log", "on")
	require.Zero(t, code, errs)
	l.soon("logging", func() bool { return l.inEffect() == "all 0" })
	for i := range 30 {
		l.plain(fmt.Sprintf("SELECT %d AS one_of_them", i))
	}
	require.NoError(t, l.super.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
		_, err := tx.Exec(t.Context(), "SELECT $1::text", "our own")
		return err
	}))
	_, errs, code = x.run("log", "off")
	require.Zero(t, code, errs)
	l.soon("as before", func() bool { return l.inEffect() == was })

	top := func(args ...string) {
		type statement struct {
			Count     int
			Statement string
		}
		var all struct{ Statements []statement }
		x.json(&all, append([]string{"log", "top", "--format", "json"}, args...)...)
		assert.Contains(t, all.Statements, statement{30, "SELECT ? AS one_of_them"})
	}
	top() // jsonlog, of the server
	stderr, err := filepath.Glob(filepath.Join(l.Home(), "data", "18", "log", "*.log"))
	require.NoError(t, err)
	require.NotEmpty(t, stderr)
	top(stderr...)
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
