package commands

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
	return loggedBy(t, localpg.Options{BinDir: pgtest.Server(t).Status(t.Context()).Binaries, NoSync: true, Settings: settings})
}

func loggedBy(t *testing.T, o localpg.Options) *logged {
	t.Helper()
	s, err := localpg.New(t.TempDir(), o)
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

// TestGuardianAlone: a guardian whose charge makes no sense ends at once.
func TestGuardianAlone(t *testing.T) {
	for _, in := range []string{"", "nonsense\n", `{"address": "postgres://u@127.0.0.1:1/x"}` + "\n"} {
		cmd := exec.CommandContext(t.Context(), "exptool", guardCommand)
		cmd.Stdin = strings.NewReader(in)
		var exit *exec.ExitError
		assert.True(t, errors.As(cmd.Run(), &exit))
	}
}
