package repo_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/internal/schema"
	"exptool/repo"
)

func TestOnly(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	for _, query := range []string{
		"SELECT 1", "select 1;", " -- a note\n/* another /* nested */ */ ((SELECT 1))", "VALUES (1)",
		"WITH x AS (SELECT 1) SELECT * FROM x", "SHOW server_version_num", "EXPLAIN SELECT 1", "TABLE coin",
		"EXPLAIN (FORMAT JSON, ANALYZE) SELECT 1",
	} {
		read(t, db, func(ctx context.Context, tx *repo.Tx) {
			rows, err := tx.Only(ctx, query)
			assert.NotEmpty(t, collect(t, rows, err), query)
			assert.Equal(t, [][]string{{"2"}}, collect(t, must(tx.Only(ctx, "SELECT $1::int", 2)), nil), "and goes on")
		})
	}
}

// As a superuser, who may do the most.
func TestOnlyRefuses(t *testing.T) {
	address := pgtest.Address(t, "tutorial")
	db, err := repo.Open(t.Context(), pgtest.Server(t).SuperAddress(address.Database()), repo.Options{})
	require.NoError(t, err)
	defer db.Close()
	tests := []struct {
		query string
		kind  error
	}{
		{"", repo.ErrUsage}, {"  -- nothing", repo.ErrUsage}, {"/* open", repo.ErrUsage}, {";", repo.ErrUsage},
		{"SELECT 1; SELECT 2", repo.ErrUsage}, {"SELECT 1; DELETE FROM participant", repo.ErrUsage},
		{"COPY (SELECT 1) TO PROGRAM 'touch /tmp/exptool-was-here'", repo.ErrUsage},
		{"/**/ copy participant to stdout", repo.ErrUsage},
		{"DO $$BEGIN END$$", repo.ErrUsage}, {"CALL f()", repo.ErrUsage}, {"SET ROLE x", repo.ErrUsage},
		{"BEGIN", repo.ErrUsage}, {"COMMIT", repo.ErrUsage}, {"ROLLBACK", repo.ErrUsage}, {"END", repo.ErrUsage},
		{"RESET ALL", repo.ErrUsage}, {"LOCK participant", repo.ErrUsage}, {"EXECUTE x", repo.ErrUsage},
		{"LISTEN x", repo.ErrUsage}, {"DELETE FROM participant", repo.ErrUsage}, {"\xff", repo.ErrUsage},
		{"WITH d AS (DELETE FROM participant RETURNING *) SELECT * FROM d", repo.ErrNotAllowed},
		{"EXPLAIN ANALYZE DELETE FROM participant", repo.ErrNotAllowed},
		{"SELECT * INTO x FROM participant", repo.ErrNotAllowed},
		{"SELECT * FROM participant FOR UPDATE", repo.ErrNotAllowed},
		{"SELECT nextval('participant_id_seq')", repo.ErrNotAllowed},
		{"SELECT set_config('transaction_read_only', 'off', true)", repo.ErrQuery},
		{"SELECT set_config('transaction_read_only', 'off', false)", repo.ErrQuery},
		{"SELECT query_to_xml('DELETE FROM participant', true, true, '')", repo.ErrQuery},
	}
	for _, test := range tests {
		err := db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error { return readAll(tx.Only(t.Context(), test.query)) })
		assert.ErrorIs(t, err, test.kind, test.query)
	}
	// Postgres forgets to forbid this one; the rollback takes it away.
	require.NoError(t, db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
		return readAll(tx.Only(t.Context(), "EXPLAIN ANALYZE CREATE TABLE made AS SELECT 1"))
	}))
	read(t, db, func(ctx context.Context, tx *repo.Tx) {
		assert.Equal(t, [][]string{{"∅"}}, collect(t, must(tx.Rows(ctx, "SELECT to_regclass('made')")), nil))
	})
	// Whatever it sets for the session ends with the transaction.
	read(t, db, func(ctx context.Context, tx *repo.Tx) {
		require.NoError(t, readAll(tx.Only(ctx, "SELECT set_config('default_transaction_read_only', 'off', false), set_config('role', 'pg_monitor', false)")))
		_, err := tx.Exec(ctx, "DELETE FROM participant")
		require.ErrorIs(t, err, repo.ErrNotAllowed)
	})
	read(t, db, func(ctx context.Context, tx *repo.Tx) {
		assert.Equal(t, [][]string{{"63", "postgres"}}, collect(t, must(tx.Rows(ctx, "SELECT count(*), current_user FROM participant")), nil))
	})
}

// Position counts in the caller's text.
func TestOnlyPosition(t *testing.T) {
	db := pgtest.Open(t, "empty", repo.Options{})
	for _, args := range [][]any{nil, {1}} {
		err := db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
			return readAll(tx.Only(t.Context(), "SELECT oops", args...))
		})
		var e *repo.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, 8, e.Position)
	}
}

func TestRowsColumns(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	read(t, db, func(ctx context.Context, tx *repo.Tx) {
		rows := must(tx.Only(ctx, "SELECT id, status, creation_time, vars, failed, bonus, ARRAY[1] AS a FROM participant LIMIT 0"))
		defer rows.Close()
		var kinds []schema.Kind
		for _, c := range rows.Columns() {
			kinds = append(kinds, c.Kind)
		}
		assert.Equal(t, []schema.Kind{schema.Int, schema.Other, schema.Timestamp, schema.Text, schema.Bool, schema.Float, schema.Array}, kinds)
		assert.Equal(t, "timestamp without time zone", rows.Columns()[2].Type)
		assert.Equal(t, "integer[]", rows.Columns()[6].Type)
	})
}
