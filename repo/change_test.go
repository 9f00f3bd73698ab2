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

func undo(t *testing.T, db *repo.DB, s *schema.Schema, group int64) (*repo.Outcome, error) {
	t.Helper()
	return db.Change(t.Context(), s, repo.ChangeOptions{Command: "undo", Undoes: group}, func(w *repo.Writer) error {
		return w.Undo(t.Context(), group)
	})
}

func TestSetAndUndo(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := catalogOf(t, db)
	to := target(t, s, "participants", "", "5")
	vars := func() string { return one(t, db, "SELECT vars FROM participant WHERE id = 5") }
	before := vars()

	first := set(t, db, s, to, "vars.my_dict.value=3", "vars.new.deep:=[1]", "bonus=1.5")
	require.EqualValues(t, 1, first.Group)
	require.Len(t, first.Changes, 3)
	assert.Equal(t, "vars.new", first.Changes[1].Field, "the dict that was made comes with its key")
	second := set(t, db, s, to, "vars.other=1")
	require.EqualValues(t, 2, second.Group)

	// Another key of the same vars is no conflict.
	out, err := undo(t, db, s, 1)
	require.NoError(t, err)
	assert.EqualValues(t, 3, out.Group)
	_, err = undo(t, db, s, 1)
	require.ErrorIs(t, err, repo.ErrRefused)
	assert.ErrorContains(t, err, "group 3 did that already")
	_, err = undo(t, db, s, 2)
	require.NoError(t, err)
	assert.Equal(t, before, vars(), "byte for byte")

	// An undo can be undone.
	_, err = undo(t, db, s, 3)
	require.NoError(t, err)
	assert.Contains(t, vars(), `"deep": [1]`)

	// What was changed since is a conflict, and nothing changes.
	set(t, db, s, to, "vars.my_dict.value=4")
	now := vars()
	_, err = undo(t, db, s, 5)
	require.ErrorIs(t, err, repo.ErrRefused)
	var told *repo.Error
	require.ErrorAs(t, err, &told)
	assert.Contains(t, told.Detail, "participant 5, vars.my_dict.value: written was 3, now it is 4")
	assert.Equal(t, now, vars())

	_, err = undo(t, db, s, 99)
	assert.ErrorIs(t, err, repo.ErrNotFound)
}

func TestInsertUndoneAndRedone(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := catalogOf(t, db)
	coin := s.Tables["coin"]
	require.NotNil(t, coin)
	var key string
	_, err := db.Change(t.Context(), s, repo.ChangeOptions{}, func(w *repo.Writer) (err error) {
		now := []byte(w.Now().Format("2006-01-02 15:04:05"))
		key, err = w.Insert(t.Context(), coin, []string{"creation_time", "failed", "participant_id"}, [][]byte{now, []byte("false"), []byte("5")})
		return err
	})
	require.NoError(t, err)
	row := func() string {
		return one(t, db, "SELECT coalesce((SELECT coin::text FROM coin WHERE id = $1::int), '')", key)
	}
	was := row()
	require.NotEmpty(t, was)
	_, err = undo(t, db, s, 1)
	require.NoError(t, err)
	assert.Empty(t, row())
	_, err = undo(t, db, s, 2)
	require.NoError(t, err)
	assert.Equal(t, was, row())
	set(t, db, s, target(t, s, "coin", "", key), "participant_id=6")
	_, err = undo(t, db, s, 3)
	assert.ErrorIs(t, err, repo.ErrRefused, "it was changed since")
}

func TestUndoWhatOthersReferTo(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := catalogOf(t, db)
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		_, err := tx.Exec(t.Context(), "SELECT setval('coin_id_seq', 1000)")
		return err
	}))
	node := s.Tables["node"]
	var key string
	_, err := db.Change(t.Context(), s, repo.ChangeOptions{}, func(w *repo.Writer) (err error) {
		now := []byte(w.Now().Format("2006-01-02 15:04:05"))
		key, err = w.Insert(t.Context(), node, []string{"creation_time", "failed"}, [][]byte{now, []byte("false")})
		return err
	})
	require.NoError(t, err)
	set(t, db, s, target(t, s, "trials", "", "1"), "node_id="+key)
	_, err = undo(t, db, s, 1)
	require.ErrorIs(t, err, repo.ErrRefused)
	assert.ErrorContains(t, err, "trials refer to it")
}

// TestJournalOfAnEarlierLaunch drops every table as PsyNet does, without CASCADE, and makes one
// anew: what the journal has is then of an earlier launch.
func TestJournalOfAnEarlierLaunch(t *testing.T) {
	db := pgtest.Open(t, "static", repo.Options{})
	s := catalogOf(t, db)
	set(t, db, s, target(t, s, "participants", "", "5"), "bonus=1")
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		for _, key := range s.Keys() {
			if _, err := tx.Exec(t.Context(), "DROP TABLE public."+key); err != nil {
				return err
			}
		}
		_, err := tx.Exec(t.Context(), "CREATE TABLE public.participant (id serial PRIMARY KEY, bonus float); INSERT INTO public.participant (bonus) SELECT 1 FROM generate_series(1, 9)")
		return err
	}))
	_, err := db.Change(t.Context(), s, repo.ChangeOptions{}, func(w *repo.Writer) error { return nil })
	assert.ErrorIs(t, err, repo.ErrTryAgain, "the catalog is of the former launch")
	s = catalogOf(t, db)
	_, err = undo(t, db, s, 1)
	require.ErrorIs(t, err, repo.ErrRefused)
	assert.ErrorContains(t, err, "earlier launch")
	require.NoError(t, db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
		groups, err := tx.History(t.Context(), repo.HistoryOptions{})
		require.Len(t, groups, 1)
		assert.True(t, groups[0].Earlier)
		return err
	}))
	out := set(t, db, s, target(t, s, "participants", "", "5"), "bonus=2")
	assert.EqualValues(t, 2, out.Group)
}

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
func TestUndoOfMoney(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := catalogOf(t, db)
	set(t, db, s, target(t, s, "participants", "", "5"), "bonus=1")
	execute(t, db, `INSERT INTO exptool.change (group_id, epoch, launch, at, who, command, table_name, row_id, kind, field, old, new)
SELECT nextval('exptool.change_group'), epoch, launch, at, who, command, table_name, row_id, kind, 'dollars', '1', '2' FROM exptool.change`)
	_, err := undo(t, db, s, 2)
	require.ErrorIs(t, err, repo.ErrRefused)
	assert.ErrorContains(t, err, "verify --adopt")
}

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
