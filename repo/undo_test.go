package repo_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/internal/schema"
	"exptool/repo"
)

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
