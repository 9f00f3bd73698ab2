package repo_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/internal/schema"
	"exptool/repo"
)

// bouncer starts pgbouncer in transaction mode, with a single server connection,
// before a database.
func bouncer(t *testing.T, behind repo.Address) repo.Address {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer"
	}
	require.FileExists(t, program, "these tests need pgbouncer: scripts/test --install")
	dir, err := os.MkdirTemp("/tmp", "exptool-bouncer-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	users := write("users", fmt.Sprintf("%q \"\"\n", behind.User()))
	config := write("ini", fmt.Sprintf(`[databases]
* = host=%s port=%d
[pgbouncer]
listen_port = 6432
unix_socket_dir = %s
auth_type = trust
auth_file = %s
pool_mode = transaction
default_pool_size = 1
`, behind.Host(), behind.Port(), dir, users))
	cmd := exec.Command(program, config)
	if os.Geteuid() == 0 { // pgbouncer refuses root as Postgres does
		u, err := user.Lookup("postgres")
		require.NoError(t, err)
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		require.NoError(t, os.Chown(dir, uid, gid))
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	address := repo.SocketAddress(dir, 6432, behind.User(), behind.Database())
	db, err := repo.Open(t.Context(), address, repo.Options{})
	require.NoError(t, err)
	defer db.Close()
	require.Eventually(t, func() bool { return db.Ping(t.Context()) == nil }, 10*time.Second, 10*time.Millisecond)
	return address
}

// Through pgbouncer in transaction mode everything works, several clients on
// one server connection included.
func TestPgbouncer(t *testing.T) {
	address := pgtest.Address(t, "tutorial")
	through := bouncer(t, address)
	direct, err := repo.Open(t.Context(), address, repo.Options{})
	require.NoError(t, err)
	defer direct.Close()
	ctx := t.Context()
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			db, err := repo.Open(ctx, through, repo.Options{})
			if !assert.NoError(t, err) {
				return
			}
			defer db.Close()
			for range 5 {
				o := repo.ReadOptions{Prepare: []string{"CREATE FUNCTION pg_temp.one() RETURNS int LANGUAGE sql AS 'SELECT 1'"}}
				assert.NoError(t, db.Read(ctx, o, func(tx *repo.Tx) error {
					assert.Equal(t, [][]string{{"1", "5"}}, collect(t, must(tx.Records(ctx,
						"SELECT ROW(pg_temp.one(), id) FROM participant WHERE id = $1", make([]schema.Column, 2), 5)), nil))
					assert.Equal(t, [][]string{{"exptool"}}, collect(t, must(tx.Only(ctx, "SELECT current_setting('application_name')")), nil))
					return nil
				}))
				assert.NoError(t, db.Write(ctx, repo.WriteOptions{DryRun: true}, func(tx *repo.Tx) error {
					_, err := tx.Exec(ctx, "DELETE FROM coin WHERE id = $1", 1)
					return err
				}))
			}
		})
	}
	group.Wait()

	db, err := repo.Open(ctx, through, repo.Options{})
	require.NoError(t, err)
	defer db.Close()
	err = db.Read(ctx, repo.ReadOptions{Timeout: 100 * time.Millisecond}, func(tx *repo.Tx) error {
		return readAll(tx.Only(ctx, "SELECT pg_sleep(32)"))
	})
	require.ErrorIs(t, err, repo.ErrTimeout)
	assert.Zero(t, running(t, direct, "pg_sleep(32)"))
	interrupted, cancel := context.WithCancel(ctx)
	time.AfterFunc(100*time.Millisecond, cancel)
	err = db.Read(interrupted, repo.ReadOptions{}, func(tx *repo.Tx) error {
		return readAll(tx.Rows(interrupted, "SELECT generate_series(1, 100000000) AS g"))
	})
	require.ErrorIs(t, err, repo.ErrCancelled)
	assert.Zero(t, running(t, direct, "100000000)"))
	read(t, db, func(ctx context.Context, tx *repo.Tx) {
		assert.Equal(t, [][]string{{"63"}}, collect(t, must(tx.Only(ctx, "SELECT count(*) FROM participant")), nil))
	})
}

// Through pgbouncer nothing is heard of what is notified: a follower looks every two
// seconds, and loses nothing. Whoever has the database itself hears at once.
func TestPgbouncerFollow(t *testing.T) {
	address := pgtest.Address(t, "tutorial")
	direct, through := openAddress(t, address), openAddress(t, bouncer(t, address))
	dollars(t, direct, "integer", "1000")
	l := repo.NewLedger(direct, repo.LedgerOptions{})
	give(t, l, 3, 7, "")
	after := end(t, direct)
	near, far := follow(t, direct, after), follow(t, through, after)
	time.Sleep(300 * time.Millisecond) // both are at the end and wait
	for range 3 {
		give(t, l, 3, 7, "")
		began, n := time.Now(), far.count()
		require.Eventually(t, func() bool { return near.count() > n }, time.Second, time.Millisecond)
		t.Logf("direct after %s", time.Since(began))
		require.Eventually(t, func() bool { return far.count() > n }, 4*time.Second, 5*time.Millisecond)
		t.Logf("through pgbouncer after %s", time.Since(began))
	}
	near.hasAll(t, direct, after.Number)
	far.hasAll(t, direct, after.Number)
	assert.Empty(t, far.said(), "it never was lost")
}
