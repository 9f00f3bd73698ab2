package commands

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
)

// bouncer starts a real pgbouncer in front of the test server, in transaction
// mode with a single connection behind it and a password before it. It returns
// the address of a database with %s where user and password belong.
func bouncer(t *testing.T, database string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if errors.Is(err, exec.ErrNotFound) {
		program, err = "/usr/sbin/pgbouncer", nil // where Debian puts it
	}
	require.NoError(t, err)
	require.FileExists(t, program, "pgbouncer is not installed; scripts/test --install installs it")

	server := pgtest.Server(t)
	behind := server.Address(database)
	dir, err := os.MkdirTemp("", "exptool-pgbouncer")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	port := freePort(t)
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	write("users.txt", "\"me\" \"sesame\"\n")
	write("bouncer.ini", fmt.Sprintf(`[databases]
* = host=%s port=%d user=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = scram-sha-256
auth_file = %s
pool_mode = transaction
default_pool_size = 1
`, behind.Host(), behind.Port(), behind.User(), port, filepath.Join(dir, "users.txt")))

	cmd := exec.Command(program, filepath.Join(dir, "bouncer.ini"))
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if os.Geteuid() == 0 { // pgbouncer refuses root; the server's account reaches its socket
		info, err := os.Stat(server.Status(t.Context()).Socket)
		require.NoError(t, err)
		owner := info.Sys().(*syscall.Stat_t)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	endpoint := fmt.Sprintf("127.0.0.1:%d", port)
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", endpoint)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, 10*time.Second, 10*time.Millisecond, "pgbouncer does not listen")
	return "postgresql://%s@" + endpoint + "/" + database
}

func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// TestThroughPgbouncer: everything works through pgbouncer in transaction mode,
// where consecutive transactions may be on different connections and a
// connection serves many clients.
func TestThroughPgbouncer(t *testing.T) {
	direct := newRunner(t, pgtest.DB(t, "tutorial"))
	database := strings.TrimSpace(strings.TrimPrefix(direct.ok("sql", "SELECT current_database()", "--format", "csv"), "current_database\n"))
	address := bouncer(t, database)
	through := &runner{t: t, db: fmt.Sprintf(address, "me:sesame")}
	commands := [][]string{
		{"query", "trials", "--participant", "5"},
		{"query", "CustomTrial", "participant.status=approved", "--where", "random_integer >= 5", "--sum", "performance_reward"},
		{"query", "participants", "--where", "vars.ratio > 3 and vars.my_dict.value > 2", "--columns", "id,vars.*"},
		{"query", "trials", "--mean", "answer", "--by", "participant.status", "--format", "json"},
		{"query", "requests"},
		{"query", "participants", "--where", "count(alive_trials) > 3", "--count"},
		{"query", "trials", "--participant", "5", "--explain"},
		{"query", "participants", "status=approved", "--expect", "43", "--count"},
		{"tables"}, {"classes"}, {"describe", "participants"},
		{"payments", "--people"}, {"show", "participant", "52", "--timeline"}, {"show", "chain", "1"},
		{"show", "participant", "5"}, {"show", "participant", "5", "--format", "table"},
		{"sql", "SELECT status, count(*) FROM participant GROUP BY status ORDER BY status"},
	}
	var all sync.WaitGroup
	for _, args := range commands {
		all.Go(func() {
			want, _, code := direct.run(args...)
			assert.Zero(t, code, args)
			for range 2 {
				got, talk, code := through.run(args...)
				assert.Zero(t, code, "%s\n%s", args, talk)
				assert.Equal(t, want, got, args)
			}
		})
	}
	all.Wait()
	for _, args := range [][]string{{"status"}, {"report", "--html", "-"}} { // with the time in them
		assert.Contains(t, through.ok(args...), "Chains, and the degree of their heads", args)
	}

	// Refusals are the same; nothing stays behind on the connection.
	for _, args := range [][]string{
		{"sql", "SELECT 1; SELECT 2"}, {"sql", "SET statement_timeout = 1"}, {"query", "trials", "--where", "nosuch > 1"},
		{"query", "participants", "--one"}, {"query", "participants", "--where", `nickname ~ "("`},
	} {
		_, wantTalk, want := direct.run(args...)
		out, talk, code := through.run(args...)
		assert.Empty(t, out, args)
		assert.Equal(t, want, code, args)
		assert.Equal(t, wantTalk, talk, args)
	}
	_, talk, code := through.run("sql", "SELECT pg_sleep(5)", "--timeout", "200ms")
	assert.Equal(t, 1, code, talk)
	assert.Equal(t, "n\n0\n", through.ok("sql", "SELECT count(*) AS n FROM pg_proc WHERE proname LIKE 'exptool%'", "--format", "csv"))
	assert.Equal(t, "lock_timeout\n5s\n", through.ok("sql", "SHOW lock_timeout", "--format", "csv"))

	// A wrong password and no such user: one line, which does not say the password.
	for _, user := range []string{"me:open-sesame", "me", "you:sesame"} {
		wrong := &runner{t: t, db: fmt.Sprintf(address, user)}
		out, talk, code := wrong.run("query", "trials")
		assert.Equal(t, 5, code, user)
		assert.Empty(t, out, user)
		assert.Equal(t, 1, strings.Count(talk, "\n"), talk)
		assert.NotContains(t, talk, "sesame")
		assert.Contains(t, talk, "put the right password into --db, PGPASSWORD or ~/.pgpass")
	}
}
