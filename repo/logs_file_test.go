package repo_test

import (
	"fmt"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/localpg"
	"exptool/repo"
)

// distant is a database by an address that is not of this machine, for the server
// and for us: its files are not ours to read.
func distant(t *testing.T, s *localpg.Server, user string) repo.Address {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	socket := filepath.Join(s.Status(t.Context()).Socket, ".s.PGSQL.5432")
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
	require.NoError(t, err)
	return addr
}

// TestLogFileGrants: the same for reading the log over the connection.
func TestLogFileGrants(t *testing.T) {
	s := logServer(t, nil)
	super := openAddress(t, s.SuperAddress("postgres"))
	limited(t, s, super, "bob")
	far := openAddress(t, distant(t, s, "bob"))
	var file repo.LogFile
	grants(t, super, func() (err error) {
		file, err = far.LogFile(t.Context())
		return err
	})
	assert.True(t, file.Remote)
	assert.Equal(t, "jsonlog", file.Format)
	b, err := far.ReadLog(t.Context(), file, 0, 1000)
	require.NoError(t, err)
	assert.NotEmpty(t, b)
	size, err := far.LogSize(t.Context(), file)
	require.NoError(t, err)
	assert.Positive(t, size)

	gone := file
	gone.Path = "log/nosuch.json"
	_, err = far.ReadLog(t.Context(), gone, 0, 10)
	assert.ErrorIs(t, err, repo.ErrNotFound)
	_, err = far.LogSize(t.Context(), gone)
	assert.ErrorIs(t, err, repo.ErrNotFound)
}

// TestLogNowhere: the reason why there is no log to read.
func TestLogNowhere(t *testing.T) {
	for _, c := range []struct {
		settings map[string]string
		want     string
	}{
		{map[string]string{"log_destination": "syslog"}, "the server logs to syslog, which exptool cannot read; add stderr, csvlog or jsonlog to log_destination"},
		{map[string]string{"log_destination": "syslog", "logging_collector": "off"}, "the server logs to syslog; set log_destination = 'stderr' and logging_collector = on"},
		{map[string]string{"log_destination": "stderr", "logging_collector": "off"}, "the server's standard error, which it does not keep itself; set logging_collector = on"},
	} {
		s := logServer(t, c.settings)
		db := openAddress(t, s.SuperAddress("postgres"))
		_, err := db.LogFile(t.Context())
		assert.ErrorIs(t, err, repo.ErrNotFound)
		assert.ErrorContains(t, err, c.want)

		// What it says helps.
		require.NoError(t, db.Exec(t.Context(), "ALTER SYSTEM SET log_destination = 'stderr'"))
		require.NoError(t, db.Exec(t.Context(), "ALTER SYSTEM SET logging_collector = on"))
		if c.settings["logging_collector"] == "" {
			require.NoError(t, db.Exec(t.Context(), "SELECT pg_reload_conf()"))
		} else {
			require.NoError(t, s.Stop(t.Context()))
			require.NoError(t, s.Start(t.Context(), nil))
		}
		require.Eventually(t, func() bool { _, err := db.LogFile(t.Context()); return err == nil }, 5*time.Second, 20*time.Millisecond)
	}
}
