package repo_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/filter"
	"exptool/internal/pgtest"
	"exptool/internal/schema"
	"exptool/repo"
)

// catalog reads what is known of a database.
func catalogOf(t testing.TB, db *repo.DB) *schema.Schema {
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

func one(t testing.TB, db *repo.DB, query string, args ...any) string {
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

// assignments are FIELD=VALUE words for an entity.
func assignments(t *testing.T, s *schema.Schema, to repo.Target, words ...string) []*filter.Assignment {
	t.Helper()
	var all []*filter.Assignment
	for _, word := range words {
		a, err := filter.ParseAssignment(s, to.Query.Entity.Table, word)
		require.NoError(t, err)
		all = append(all, a)
	}
	return all
}

// set assigns and returns what changed.
func set(t *testing.T, db *repo.DB, s *schema.Schema, to repo.Target, words ...string) *repo.Outcome {
	t.Helper()
	out, err := db.Change(t.Context(), s, repo.ChangeOptions{Command: "set"}, func(w *repo.Writer) error {
		return w.Set(t.Context(), to, assignments(t, s, to, words...))
	})
	require.NoError(t, err)
	return out
}

// TestJournalOfAnEarlierLaunch drops every table as PsyNet does, without CASCADE, and makes one
// anew: what the journal has is then of an earlier launch.
func TestNoSuchRowChangesNothing(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := catalogOf(t, db)
	for _, c := range []struct {
		entity string
		ids    []string
		says   string
	}{
		{"participants", []string{"5", "999", "6"}, "there is no participant 999"},
		{"participants", []string{"5", "998", "999"}, "there are no participants 998, 999"},
		{"Bot", []string{one(t, db, "SELECT min(id)::text FROM participant WHERE type <> 'psynet.bot.Bot'")}, "is none of Bot"},
	} {
		to := target(t, s, c.entity, "", c.ids...)
		_, err := db.Change(t.Context(), s, repo.ChangeOptions{}, func(w *repo.Writer) error {
			return w.Set(t.Context(), to, assignments(t, s, to, "failed=true"))
		})
		require.ErrorIs(t, err, repo.ErrNotFound, c.entity)
		assert.ErrorContains(t, err, c.says)
	}
	assert.Equal(t, "no", one(t, db, "SELECT CASE WHEN to_regnamespace('exptool') IS NULL THEN 'no' ELSE 'yes' END"))
}

// TestStatementsOfAChange counts what a change sends: few statements for one row,
// and one UPDATE for many.
func TestStatementsOfAChange(t *testing.T) {
	var sent []string
	db := pgtest.Open(t, "tutorial", repo.Options{ShowSQL: func(s repo.Statement) { sent = append(sent, s.SQL) }})
	s := catalogOf(t, db)
	set(t, db, s, target(t, s, "participants", "", "5"), "bonus=1") // makes the schema
	sent = nil
	set(t, db, s, target(t, s, "participants", "", "5"), "bonus=2", "vars.x=1")
	assert.LessOrEqual(t, len(sent), 14, strings.Join(sent, "\n\n"))
	sent = nil
	set(t, db, s, target(t, s, "trials", "participant.id >= 1"), "vars.x=1", "score=1")
	updates := 0
	for _, sql := range sent {
		if strings.Contains(sql, "UPDATE "+`"public"`) {
			updates++
		}
	}
	assert.Equal(t, 1, updates)
	assert.LessOrEqual(t, len(sent), 14)
}

// TestChangeThroughPgbouncer: in transaction mode a change works, and what a
// question needs prepared does not stay in the session of the server.
func TestChangeThroughPgbouncer(t *testing.T) {
	url := pgtest.DB(t, "tutorial")
	addr, err := repo.ParseAddress(url)
	require.NoError(t, err)
	db, err := repo.Open(t.Context(), bouncer(t, addr), repo.Options{MaxConns: 1})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	s := catalogOf(t, db)
	for range 3 {
		out := set(t, db, s, target(t, s, "participants", "vars.my_dict.value >= 0"), "vars.my_dict.value+=1")
		assert.Positive(t, out.Rows)
	}
	assert.Equal(t, "0", one(t, db, "SELECT count(*)::text FROM pg_proc WHERE pronamespace = pg_my_temp_schema()"))
}

// TestMakingTheSchemaAtOnce: several that change a database for the first time do
// not trip over each other.
func TestMakingTheSchemaAtOnce(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 20})
	s := catalogOf(t, db)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() { set(t, db, s, target(t, s, "participants", "", strconv.Itoa(i+1)), "bonus=1") })
	}
	wait.Wait()
	assert.Equal(t, "8", one(t, db, "SELECT count(DISTINCT group_id)::text FROM exptool.change"))
	execute(t, db, "INSERT INTO exptool.migration VALUES (99), (98)")
	_, err := db.Change(t.Context(), s, repo.ChangeOptions{}, func(w *repo.Writer) error {
		to := target(t, s, "participants", "", "5")
		return w.Set(t.Context(), to, assignments(t, s, to, "bonus=2"))
	})
	assert.ErrorContains(t, err, "a newer exptool has worked on this database")
}

// TestUndoOfMoney: what moved dollars is not put back behind the ledger's back.
// TestCommitInDoubt: a connection that breaks while it commits leaves open what
// became of the change, and that is said.
func TestCommitInDoubt(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := catalogOf(t, db)
	to := target(t, s, "participants", "", "5")
	_, err := db.Change(t.Context(), s, repo.ChangeOptions{}, func(w *repo.Writer) error {
		if err := w.Set(t.Context(), to, assignments(t, s, to, "bonus=1")); err != nil {
			return err
		}
		// Something that fails when it is committed: the session ends itself.
		_, err := w.Exec(t.Context(), `CREATE FUNCTION pg_temp.leave() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_terminate_backend(pg_backend_pid());
    RETURN NULL;
END $$;
CREATE TEMP TABLE leaving (x int);
CREATE CONSTRAINT TRIGGER leaving AFTER INSERT ON leaving DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pg_temp.leave();
INSERT INTO leaving VALUES (1)`)
		return err
	})
	require.ErrorIs(t, err, repo.ErrConnect)
	assert.ErrorContains(t, err, "it is not known whether it was changed")
	assert.ErrorContains(t, err, "exptool history")
}
