package localpg_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/localpg"
	"exptool/repo"
)

// newServer is a private Postgres of the test's own, stopped at its end.
func newServer(t *testing.T, home string, o localpg.Options) *localpg.Server {
	t.Helper()
	o.NoSync = true
	s, err := localpg.New(home, o)
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, s.Stop(context.WithoutCancel(t.Context())))
		if s.Home() != home {
			assert.NoError(t, os.RemoveAll(s.Home()))
		}
	})
	return s
}

// answer asks a database of the server something.
func answer(t *testing.T, s *localpg.Server, database string) string {
	t.Helper()
	db, err := repo.Open(t.Context(), s.Address(database), repo.Options{})
	require.NoError(t, err)
	defer db.Close()
	var got string
	require.NoError(t, db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
		return tx.Get(t.Context(), &got, `SELECT current_user || ' ' || current_setting('server_encoding') || ' ' ||
			(SELECT datcollate FROM pg_database WHERE datname = current_database()) || ' ' || current_setting('fsync') || ' ' || current_setting('listen_addresses')`)
	}))
	return got
}

func TestLife(t *testing.T) {
	home := filepath.Join(t.TempDir(), "a folder", "exptool")
	s := newServer(t, home, localpg.Options{})
	ctx := t.Context()
	assert.False(t, s.Exists())
	assert.False(t, s.Status(ctx).Running)
	require.NoError(t, s.Stop(ctx), "stopping what was never there")

	var steps []string
	begun := time.Now()
	require.NoError(t, s.Start(ctx, func(step string) { steps = append(steps, step) }))
	t.Logf("first start %s, home %s", time.Since(begun), s.Home())
	assert.Len(t, steps, 1)
	assert.True(t, s.Exists())
	st := s.Status(ctx)
	assert.True(t, st.Running)
	assert.Positive(t, st.PID)
	assert.WithinDuration(t, time.Now(), st.Since, time.Minute)
	assert.DirExists(t, st.Log)
	assert.FileExists(t, filepath.Join(st.Binaries, "postgres"))
	assert.Equal(t, "exptool UTF8 C.UTF-8 on ", answer(t, s, "postgres"))

	begun = time.Now()
	require.NoError(t, s.Start(ctx, func(string) { t.Error("nothing to do") }))
	t.Logf("start of a running one %s", time.Since(begun))
	assert.Equal(t, st.PID, s.Status(ctx).PID)

	begun = time.Now()
	require.NoError(t, s.Stop(ctx))
	t.Logf("stop %s", time.Since(begun))
	assert.False(t, s.Status(ctx).Running)
	assert.True(t, s.Exists())
	begun = time.Now()
	require.NoError(t, s.Start(ctx, nil))
	t.Logf("second start %s", time.Since(begun))
}

func TestDatabases(t *testing.T) {
	s := newServer(t, t.TempDir(), localpg.Options{})
	ctx := t.Context()
	require.NoError(t, s.Start(ctx, nil))
	admin, err := s.Admin(ctx)
	require.NoError(t, err)
	defer admin.Close()
	hostile := `We"ird 'näme'; DROP`
	for _, name := range []string{"exp1", hostile} {
		require.NoError(t, admin.CreateDatabase(ctx, name, ""))
	}
	require.ErrorIs(t, admin.CreateDatabase(ctx, "exp1", ""), repo.ErrConflict)
	list, err := s.Databases(ctx)
	require.NoError(t, err)
	var names []string
	for _, d := range list {
		names = append(names, d.Name)
		assert.Positive(t, d.Bytes)
	}
	assert.Equal(t, []string{hostile, "exp1"}, names)
	answer(t, s, hostile)
	owner, err := repo.Open(ctx, s.Address("exp1"), repo.Options{})
	require.NoError(t, err)
	defer owner.Close()
	require.NoError(t, owner.Exec(ctx, "CREATE TABLE t (i int); COMMENT ON DATABASE exp1 IS 'mine'"))
	require.ErrorIs(t, owner.Exec(ctx, "COPY t FROM PROGRAM 'echo 1'"), repo.ErrNotAllowed)
	require.NoError(t, admin.RenameDatabase(ctx, hostile, "exp2"))
	require.NoError(t, admin.DropDatabase(ctx, "exp2"))
	require.ErrorIs(t, admin.DropDatabase(ctx, "exp2"), repo.ErrNotFound)
	assert.Equal(t, "exp1 (private)", s.Address("exp1").Label())
}

func TestStartTogether(t *testing.T) {
	home := t.TempDir()
	s := newServer(t, home, localpg.Options{})
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			other, err := localpg.New(home, localpg.Options{NoSync: true})
			if assert.NoError(t, err) && assert.NoError(t, other.Start(t.Context(), nil)) {
				answer(t, other, "postgres")
			}
		})
	}
	group.Wait()
	assert.True(t, s.Status(t.Context()).Running)
}

func TestRecover(t *testing.T) {
	s := newServer(t, t.TempDir(), localpg.Options{})
	ctx := t.Context()
	require.NoError(t, s.Start(ctx, nil))
	db, err := repo.Open(ctx, s.SuperAddress("postgres"), repo.Options{})
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.Exec(ctx, "CREATE TABLE kept AS SELECT 42 AS n"))

	// Killed while a session is busy, which holds the shared memory for a while.
	busy := make(chan error, 1)
	go func() { busy <- db.Exec(ctx, "SELECT count(*) FROM generate_series(1, 300000000)") }()
	time.Sleep(100 * time.Millisecond)
	pid := s.Status(ctx).PID
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	begun := time.Now()
	require.NoError(t, s.Start(ctx, nil))
	t.Logf("start after kill -9 %s", time.Since(begun))
	assert.Error(t, <-busy)
	assert.NotEqual(t, pid, s.Status(ctx).PID)
	require.NoError(t, db.Read(ctx, repo.ReadOptions{}, func(tx *repo.Tx) error {
		var n int
		require.NoError(t, tx.Get(ctx, &n, "SELECT n FROM kept"))
		assert.Equal(t, 42, n)
		return nil
	}))
}

// A postmaster.pid that survived a reboot may name a process of somebody else.
func TestStalePid(t *testing.T) {
	s := newServer(t, t.TempDir(), localpg.Options{})
	ctx := t.Context()
	require.NoError(t, s.Start(ctx, nil))
	st := s.Status(ctx)
	file := filepath.Join(st.Data, "postmaster.pid")
	stale, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, s.Stop(ctx))
	sleeper := startAs(t, st.Data, "sleep", "60")
	require.NoError(t, os.WriteFile(file, append([]byte(sleeper), stale[len(itoa(st.PID)):]...), 0o600))
	require.NoError(t, s.Start(ctx, nil))
	assert.NotEqual(t, sleeper, itoa(s.Status(ctx).PID))
}

func TestInterruptedInitdb(t *testing.T) {
	s := newServer(t, t.TempDir(), localpg.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.Error(t, s.Start(ctx, nil))
	assert.False(t, s.Exists())
	require.NoError(t, s.Start(t.Context(), nil))
}

func TestBadBinaries(t *testing.T) {
	s := newServer(t, t.TempDir(), localpg.Options{BinDir: t.TempDir()})
	require.ErrorIs(t, s.Start(t.Context(), nil), localpg.ErrNoBinaries)
}

// A start that fails says Postgres's own reason.
func TestBadSetting(t *testing.T) {
	s := newServer(t, t.TempDir(), localpg.Options{Settings: map[string]string{"max_connections": "many"}})
	err := s.Start(t.Context(), nil)
	require.ErrorContains(t, err, "exptool.conf")
	t.Log(err)
}
