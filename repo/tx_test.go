package repo_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/internal/schema"
	"exptool/repo"
)

// collect reads all rows as strings; NULL is "∅".
func collect(t *testing.T, rows schema.Rows, err error) [][]string {
	t.Helper()
	require.NoError(t, err)
	var all [][]string
	for rows.Next() {
		var row []string
		for _, v := range rows.Values() {
			if v == nil {
				row = append(row, "∅")
			} else {
				row = append(row, string(v))
			}
		}
		all = append(all, row)
	}
	require.NoError(t, rows.Err())
	require.NoError(t, rows.Close())
	return all
}

func read(t *testing.T, db *repo.DB, fn func(ctx context.Context, tx *repo.Tx)) {
	t.Helper()
	require.NoError(t, db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
		fn(t.Context(), tx)
		return nil
	}))
}

// One round trip begins a read, one ends it, and all are ours by name.
func TestStatements(t *testing.T) {
	var sent []repo.Statement
	db := pgtest.Open(t, "empty", repo.Options{ShowSQL: func(s repo.Statement) { sent = append(sent, s) }})
	read(t, db, func(ctx context.Context, tx *repo.Tx) {
		assert.Equal(t, [][]string{{"7", "exptool"}}, collect(t, must(tx.Rows(ctx, "SELECT $1::int, current_setting('application_name')", 7)), nil))
	})
	require.Len(t, sent, 3)
	assert.Equal(t, "/* exptool */ BEGIN READ ONLY; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 5000; SET LOCAL extra_float_digits = 1; "+
		"SET LOCAL bytea_output = hex; SET LOCAL intervalstyle = postgres; SET LOCAL quote_all_identifiers = off; SET LOCAL standard_conforming_strings = on; SET LOCAL array_nulls = on", sent[0].SQL)
	assert.Equal(t, []any{7}, sent[1].Args)
	assert.Equal(t, "/* exptool */ ROLLBACK", sent[2].SQL)
	for _, s := range sent {
		assert.Positive(t, s.Duration)
		assert.NoError(t, s.Err)
		assert.True(t, strings.HasPrefix(s.SQL, "/* exptool */ "))
	}
}

func must(rows schema.Rows, err error) schema.Rows {
	if err != nil {
		panic(err)
	}
	return rows
}

// A function of the session is made first, and then nothing can be written.
func TestPrepare(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	o := repo.ReadOptions{Repeatable: true, Prepare: []string{
		"CREATE FUNCTION pg_temp.twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 2 * n';",
		"CREATE FUNCTION pg_temp.half(n int) RETURNS int LANGUAGE sql AS 'SELECT n / 2'",
	}}
	ctx := t.Context()
	for range 2 { // it is gone with the transaction
		require.NoError(t, db.Read(ctx, o, func(tx *repo.Tx) error {
			assert.Equal(t, [][]string{{"42", "repeatable read", "on"}}, collect(t, must(tx.Rows(ctx,
				`SELECT pg_temp.twice(pg_temp.half(42)), current_setting('transaction_isolation'), current_setting('transaction_read_only')`)), nil))
			_, err := tx.Exec(ctx, "DELETE FROM participant")
			assert.ErrorIs(t, err, repo.ErrNotAllowed)
			return nil
		}))
	}
}

func TestGetSelect(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	read(t, db, func(ctx context.Context, tx *repo.Tx) {
		var p struct {
			ID      int       `db:"id"`
			Created time.Time `db:"creation_time"`
		}
		require.NoError(t, tx.Get(ctx, &p, "SELECT id, creation_time FROM participant WHERE id = $1", 5))
		assert.Equal(t, 5, p.ID)
		require.ErrorIs(t, tx.Get(ctx, &p, "SELECT id, creation_time FROM participant WHERE id = $1", 5000), repo.ErrNotFound)
		var ids []int
		require.NoError(t, tx.Select(ctx, &ids, "SELECT id FROM participant WHERE id = ANY($1) ORDER BY id", []int{3, 1, 2}))
		assert.Equal(t, []int{1, 2, 3}, ids)
	})
}

func TestErrors(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	tests := []struct {
		query string
		kind  error
		at    int
	}{
		{"SELECT nothing FROM participant", repo.ErrQuery, 8},
		{"SELEC 1", repo.ErrQuery, 1},
		{"SELECT 1/0", repo.ErrQuery, 0},
		{"SELECT 'é', 'x'::int", repo.ErrQuery, 13},
		{"INSERT INTO participant DEFAULT VALUES", repo.ErrNotAllowed, 0},
		{"SELECT * FROM pg_authid", repo.ErrNotAllowed, 0},
	}
	for _, test := range tests {
		err := db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
			_, err := tx.Exec(t.Context(), test.query)
			return err
		})
		require.ErrorIs(t, err, test.kind, test.query)
		var e *repo.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, test.at, e.Position, test.query)
		assert.NotContains(t, err.Error(), "pq:")
	}
	require.ErrorIs(t, db.Exec(t.Context(), "INSERT INTO participant (id) VALUES (1)"), repo.ErrConflict)
	lost, err := repo.Open(t.Context(), db.Address().WithDatabase("nowhere"), repo.Options{})
	require.NoError(t, err)
	defer lost.Close()
	err = lost.Ping(t.Context())
	require.ErrorIs(t, err, repo.ErrConnect)
	assert.ErrorContains(t, err, `no database "nowhere"`)
}

func TestWrite(t *testing.T) {
	db := pgtest.Open(t, "empty", repo.Options{})
	ctx := t.Context()
	require.NoError(t, db.Exec(ctx, "CREATE TABLE t (n int CHECK (n > 0))"))
	insert := func(n int) func(*repo.Tx) error {
		return func(tx *repo.Tx) error { _, err := tx.Exec(ctx, "INSERT INTO t VALUES ($1)", n); return err }
	}
	require.NoError(t, db.Write(ctx, repo.WriteOptions{}, insert(1)))
	require.NoError(t, db.Write(ctx, repo.WriteOptions{DryRun: true}, insert(2)))
	require.ErrorIs(t, db.Write(ctx, repo.WriteOptions{}, insert(-1)), repo.ErrConflict)
	require.Panics(t, func() {
		_ = db.Write(ctx, repo.WriteOptions{}, func(tx *repo.Tx) error { _ = insert(3)(tx); panic("boom") })
	})
	read(t, db, func(ctx context.Context, tx *repo.Tx) {
		assert.Equal(t, [][]string{{"1"}}, collect(t, must(tx.Rows(ctx, "SELECT n FROM t")), nil))
	})

	// A row that somebody else holds.
	held, release := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		assert.NoError(t, db.Write(ctx, repo.WriteOptions{}, func(tx *repo.Tx) error {
			_, err := tx.Exec(ctx, "SELECT FROM t FOR UPDATE")
			close(held)
			<-release
			return err
		}))
	})
	<-held
	err := db.Write(ctx, repo.WriteOptions{LockTimeout: 50 * time.Millisecond}, func(tx *repo.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE t SET n = 2")
		return err
	})
	close(release)
	group.Wait()
	require.ErrorIs(t, err, repo.ErrTryAgain)
}

// A pooled connection that the server has ended meanwhile is replaced.
func TestReconnect(t *testing.T) {
	db := pgtest.Open(t, "empty", repo.Options{MaxConns: 1})
	var pid int
	read(t, db, func(ctx context.Context, tx *repo.Tx) {
		require.NoError(t, tx.Get(ctx, &pid, "SELECT pg_backend_pid()"))
	})
	other, err := repo.Open(t.Context(), db.Address(), repo.Options{})
	require.NoError(t, err)
	defer other.Close()
	require.NoError(t, other.Exec(t.Context(), "SELECT pg_terminate_backend($1, 5000)", pid))
	read(t, db, func(ctx context.Context, tx *repo.Tx) {
		var now int
		require.NoError(t, tx.Get(ctx, &now, "SELECT pg_backend_pid()"))
		assert.NotEqual(t, pid, now)
	})
	// In the middle of a transaction it is an error.
	err = db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
		require.NoError(t, tx.Get(t.Context(), &pid, "SELECT pg_backend_pid()"))
		require.NoError(t, other.Exec(t.Context(), "SELECT pg_terminate_backend($1, 5000)", pid))
		return tx.Get(t.Context(), &pid, "SELECT pg_backend_pid()")
	})
	require.ErrorIs(t, err, repo.ErrConnect)
}
