package repo_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/internal/schema"
	"exptool/repo"
)

// The limit is for the first row. A slow reader is not cut off.
func TestTimeout(t *testing.T) {
	db := pgtest.Open(t, "empty", repo.Options{})
	ctx := t.Context()
	o := repo.ReadOptions{Timeout: 150 * time.Millisecond}
	for name, run := range map[string]func(*repo.Tx) error{
		"exec": func(tx *repo.Tx) error { _, err := tx.Exec(ctx, "SELECT pg_sleep(30)"); return err },
		"rows": func(tx *repo.Tx) error { _, err := tx.Rows(ctx, "SELECT 1, pg_sleep(30)"); return err },
		"args": func(tx *repo.Tx) error { _, err := tx.Rows(ctx, "SELECT $1::int, pg_sleep(30)", 1); return err },
		"only": func(tx *repo.Tx) error { _, err := tx.Only(ctx, "SELECT 1, pg_sleep(30)"); return err },
	} {
		begun := time.Now()
		err := db.Read(ctx, o, run)
		require.ErrorIs(t, err, repo.ErrTimeout, name)
		assert.ErrorContains(t, err, "--timeout")
		assert.Less(t, time.Since(begun), 3*time.Second)
	}
	assert.Zero(t, running(t, db, "pg_sleep(30)"))
	require.NoError(t, db.Read(ctx, o, func(tx *repo.Tx) error {
		rows := collect(t, must(tx.Rows(ctx, "SELECT repeat('x', 9000), CASE WHEN g > 1 THEN pg_sleep(0.02) END FROM generate_series(1, 20) AS g")), nil)
		assert.Len(t, rows, 20)
		return nil
	}))
}

// A limit that strikes between the first row and the reading of it is still no Ctrl-C.
func TestReadingSaysWhatEndedIt(t *testing.T) {
	db := pgtest.Open(t, "empty", repo.Options{})
	for i := range 400 {
		err := db.Read(t.Context(), repo.ReadOptions{Timeout: time.Duration(100+5*i) * time.Microsecond}, func(tx *repo.Tx) error {
			var n int
			return tx.Get(t.Context(), &n, "SELECT 1")
		})
		if err != nil {
			require.ErrorIs(t, err, repo.ErrTimeout)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Read(ctx, repo.ReadOptions{}, func(tx *repo.Tx) error {
		rows, err := tx.Query(ctx, "SELECT 1")
		require.NoError(t, err)
		require.True(t, rows.Next())
		cancel()
		require.Eventually(t, func() bool { var n int; err = rows.Scan(&n); return err != nil }, 3*time.Second, time.Millisecond)
		return err
	})
	require.ErrorIs(t, err, repo.ErrCancelled)
	var known *repo.Error
	require.ErrorAs(t, err, &known)
}

// running counts the other sessions' statements that hold some text, once they
// have had a moment to obey.
func running(t *testing.T, db *repo.DB, text string) (n int) {
	t.Helper()
	for begun := time.Now(); ; {
		require.NoError(t, db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
			return tx.Get(t.Context(), &n, `SELECT count(*) FROM pg_stat_activity
				WHERE state <> 'idle' AND pid <> pg_backend_pid() AND datname = current_database() AND strpos(query, $1) > 0`, text)
		}))
		if n == 0 || time.Since(begun) > 500*time.Millisecond {
			return n
		}
	}
}

// An interrupt ends the statement on the server before we return: nobody would
// end it later.
func TestInterrupt(t *testing.T) {
	db := pgtest.Open(t, "empty", repo.Options{})
	many := "SELECT generate_series(1, 100000000) AS g"
	for name, run := range map[string]func(context.Context, *repo.Tx) error{
		"waiting": func(ctx context.Context, tx *repo.Tx) error {
			_, err := tx.Exec(ctx, "SELECT pg_sleep(31)")
			return err
		},
		"rows": func(ctx context.Context, tx *repo.Tx) error { return readAll(tx.Rows(ctx, many)) },
		"args": func(ctx context.Context, tx *repo.Tx) error {
			return readAll(tx.Records(ctx, "SELECT ROW(generate_series(1, 100000000), $1::int)", make([]schema.Column, 2), 1))
		},
		"only":       func(ctx context.Context, tx *repo.Tx) error { return readAll(tx.Only(ctx, many)) },
		"only, wait": func(ctx context.Context, tx *repo.Tx) error { return readAll(tx.Only(ctx, "SELECT pg_sleep(31)")) },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(150*time.Millisecond, cancel)
		begun := time.Now()
		err := db.Read(ctx, repo.ReadOptions{}, func(tx *repo.Tx) error { return run(ctx, tx) })
		require.ErrorIs(t, err, repo.ErrCancelled, name)
		assert.Less(t, time.Since(begun), 2*time.Second, name)
		assert.Zero(t, running(t, db, "pg_sleep(31)"), name)
		assert.Zero(t, running(t, db, "100000000)"), name)
	}
}

func readAll(rows schema.Rows, err error) error {
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return errors.Join(rows.Err(), rows.Close())
}

// Whoever stops reading (a closed pipe) does not wait for the rest.
func TestAbandon(t *testing.T) {
	db := pgtest.Open(t, "empty", repo.Options{})
	ctx := t.Context()
	for _, query := range []string{
		"SELECT generate_series(1, 100000000) AS g",
		// The server sends when it has 8 kB.
		"SELECT repeat('x', 9000), CASE WHEN g > 3 THEN pg_sleep(9) END FROM generate_series(1, 9) AS g",
	} {
		begun := time.Now()
		read(t, db, func(ctx context.Context, tx *repo.Tx) {
			rows := must(tx.Rows(ctx, query))
			require.True(t, rows.Next())
			require.NoError(t, rows.Close())
			_, err := tx.Exec(ctx, "SELECT 1")
			assert.ErrorIs(t, err, repo.ErrCancelled, "that was the end of the transaction")
		})
		assert.Less(t, time.Since(begun), 2*time.Second)
		assert.Zero(t, running(t, db, "AS g"))
	}
	require.NoError(t, db.Read(ctx, repo.ReadOptions{}, func(tx *repo.Tx) error {
		rows := must(tx.Rows(ctx, "SELECT g FROM generate_series(1, 1000) AS g"))
		require.True(t, rows.Next())
		require.NoError(t, rows.Close())
		assert.Len(t, collect(t, must(tx.Rows(ctx, "SELECT 1")), nil), 1, "a short rest is read")
		must(tx.Rows(ctx, "SELECT generate_series(1, 100000000) AS g")) // left open: no hang, no leak
		return nil
	}))
	boom := errors.New("disk full")
	require.ErrorIs(t, db.Read(ctx, repo.ReadOptions{}, func(tx *repo.Tx) error {
		must(tx.Rows(ctx, "SELECT generate_series(1, 100000000) AS g"))
		return boom
	}), boom)
}

// TestLateEnd: a result whose end is late, on a busy machine or a far server, is read
// where it is short; it is not taken for one that nobody wants any more. The second row
// is longer than what the server keeps back, so that the first one comes at once.
func TestLateEnd(t *testing.T) {
	db := pgtest.Open(t, "empty", repo.Options{})
	read(t, db, func(ctx context.Context, tx *repo.Tx) {
		var text string
		require.NoError(t, tx.Get(ctx, &text, `SELECT 'first'
UNION ALL
SELECT repeat('x', 20000)
UNION ALL
SELECT ''
FROM pg_sleep(0.3)`))
		assert.Equal(t, "first", text)
		require.NoError(t, tx.Get(ctx, &text, "SELECT 'next'"))
		assert.Equal(t, "next", text)
	})
}
