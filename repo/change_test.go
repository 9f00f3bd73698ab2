package repo_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/filter"
	"exptool/internal/pgtest"
	"exptool/internal/schema"
	"exptool/repo"
)

// catalog reads what is known of a database.
func catalogOf(t *testing.T, db *repo.DB) *schema.Schema {
	t.Helper()
	var s *schema.Schema
	require.NoError(t, db.Read(t.Context(), repo.ReadOptions{Repeatable: true}, func(tx *repo.Tx) (err error) {
		s, err = tx.Catalog(t.Context(), schema.Learned{})
		return err
	}))
	return s
}

// target names rows of an entity by ids, or by an expression.
func target(t *testing.T, s *schema.Schema, entity string, where string, ids ...string) repo.Target {
	t.Helper()
	e, err := s.Entity(entity, false)
	require.NoError(t, err)
	q := filter.Query{Entity: e, IDs: ids}
	if where != "" {
		q.Where = []string{where}
	}
	return repo.Target{Query: q}
}

func one(t *testing.T, db *repo.DB, query string, args ...any) string {
	t.Helper()
	var text string
	require.NoError(t, db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
		return tx.Get(t.Context(), &text, query, args...)
	}))
	return text
}

func TestDecideByExpression(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := catalogOf(t, db)
	before := one(t, db, "SELECT count(*)::text FROM participant WHERE status = 'approved'")
	o := repo.ChangeOptions{Command: "exptool reject", Who: "ada"}
	o.DryRun = true
	reject := func(w *repo.Writer) error {
		return w.Decide(context.Background(), target(t, s, "participants", "status == 'approved' and vars.name ~ '.'"), "rejected", false)
	}
	dry, err := db.Change(t.Context(), s, o, reject)
	require.NoError(t, err)
	assert.Positive(t, dry.Rows)
	assert.Zero(t, dry.Group)
	assert.Equal(t, before, one(t, db, "SELECT count(*)::text FROM participant WHERE status = 'approved'"))
	assert.Equal(t, "no", one(t, db, "SELECT CASE WHEN to_regnamespace('exptool') IS NULL THEN 'no' ELSE 'yes' END"), "a dry run leaves nothing")

	o.DryRun = false
	done, err := db.Change(t.Context(), s, o, reject)
	require.NoError(t, err)
	assert.Equal(t, dry.Changes, done.Changes)
	assert.EqualValues(t, 1, done.Group)
	assert.Equal(t, "ada@", one(t, db, "SELECT left(who, 4) FROM exptool.change LIMIT 1"))
	require.NotEmpty(t, done.Changes)
	c := done.Changes[0]
	assert.Equal(t, "status", c.Field)
	assert.Equal(t, "approved", *c.Old)
	assert.Equal(t, "rejected", *c.New)
	assert.Equal(t, "rejected", one(t, db, "SELECT status::text FROM participant WHERE id = $1::int", c.Row))
}
