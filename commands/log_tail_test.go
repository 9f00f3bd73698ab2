package commands

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/cli"
	"exptool/repo"
)

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
	p := elsewhere.start(elsewhere.SuperAddress("postgres").URL(), "log", "on", "--for", "5s")
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
