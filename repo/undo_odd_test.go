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

// oddTable adds a table whose types and columns need care, with a row.
func oddTable(t *testing.T) (*repo.DB, *schema.Schema) {
	t.Helper()
	db := pgtest.Open(t, "tutorial", repo.Options{})
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		_, err := tx.Exec(t.Context(), `CREATE TYPE "odd (1)" AS ENUM ('a', 'b');
CREATE TABLE odd (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code character(5), codes character(5)[], mask bit(3), kind "odd (1)", price numeric(6,2),
    vars varchar DEFAULT '{}', word text DEFAULT 'default', twice integer GENERATED ALWAYS AS (length(word) * 2) STORED
);
INSERT INTO odd (code, codes, mask, kind, price, vars)
VALUES ('abc', '{abc}', '101', 'a', 1.50, '{"l": [1, 2, 3], "a": {}, "b": [[], {"py/id": 4}], "c": []}')`)
		return err
	}))
	return db, catalogOf(t, db)
}

// unset removes what is at a field.
func unset(t *testing.T, db *repo.DB, s *schema.Schema, to repo.Target, field string) {
	t.Helper()
	a, err := filter.ParseUnset(s, to.Query.Entity.Table, field)
	require.NoError(t, err)
	_, err = db.Change(t.Context(), s, repo.ChangeOptions{Command: "set"}, func(w *repo.Writer) error {
		return w.Set(t.Context(), to, []*filter.Assignment{a})
	})
	require.NoError(t, err)
}

func oddRow(t *testing.T, db *repo.DB, id string) string {
	return one(t, db, "SELECT coalesce((SELECT odd::text FROM odd WHERE id = $1::int), '')", id)
}

// TestTypesWithALength: character and bit by themselves are of length 1.
func TestTypesWithALength(t *testing.T) {
	db, s := oddTable(t)
	set(t, db, s, target(t, s, "odd", "", "1"), "code=hello", "codes+=world", "mask=011", "kind=b")
	assert.Equal(t, "hello{\"abc  \",world}011b", one(t, db, "SELECT concat(code, codes, mask, kind) FROM odd"))
}

// TestKeysOfOtherTypes finds rows by keys that are no numbers and no plain texts.
func TestKeysOfOtherTypes(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		_, err := tx.Exec(t.Context(), `CREATE TABLE by_uuid (id uuid PRIMARY KEY, n integer);
INSERT INTO by_uuid VALUES ('aaaaaaaa-1111-1111-1111-111111111111', 1);
CREATE TABLE by_code (id character(4) PRIMARY KEY, n integer);
INSERT INTO by_code VALUES ('ab', 1)`)
		return err
	}))
	s := catalogOf(t, db)
	for table, id := range map[string]string{"by_uuid": "AAAAAAAA-1111-1111-1111-111111111111", "by_code": "ab"} {
		set(t, db, s, target(t, s, table, "", id), "n=2")
		assert.Equal(t, "2", one(t, db, "SELECT n::text FROM "+table))
	}
	_, err := undo(t, db, s, 1)
	assert.NoError(t, err)
}

// TestSameInOtherWords: what Postgres stores decides, not how it was written.
func TestSameInOtherWords(t *testing.T) {
	db, s := oddTable(t)
	out := set(t, db, s, target(t, s, "odd", "", "1"), "price=1.5")
	assert.Equal(t, 1, out.Same)
	assert.Zero(t, out.Rows)
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		_, err := tx.Exec(t.Context(), `CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.price := old.price; RETURN new; END';
CREATE TRIGGER keep BEFORE UPDATE ON odd FOR EACH ROW EXECUTE FUNCTION keep()`)
		return err
	}))
	_, err := db.Change(t.Context(), s, repo.ChangeOptions{}, func(w *repo.Writer) error {
		to := target(t, s, "odd", "", "1")
		return w.Set(t.Context(), to, assignments(t, s, to, "price=2.5"))
	})
	assert.ErrorIs(t, err, repo.ErrNotAllowed, "a trigger took it back")
}

// TestViolationWithoutTheRow: the server's detail would show all of the row.
func TestViolationWithoutTheRow(t *testing.T) {
	db, s := oddTable(t)
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		_, err := tx.Exec(t.Context(), "ALTER TABLE odd ADD CHECK (price < 5)")
		return err
	}))
	_, err := db.Change(t.Context(), s, repo.ChangeOptions{}, func(w *repo.Writer) error {
		to := target(t, s, "odd", "", "1")
		return w.Set(t.Context(), to, assignments(t, s, to, "price=6"))
	})
	var e *repo.Error
	require.ErrorAs(t, err, &e)
	assert.ErrorIs(t, err, repo.ErrConflict)
	assert.Empty(t, e.Detail)
}

// TestUndoOfRemovedParts puts back an element of a list, whose followers moved up,
// and values with back-references, whose numbers have come to mean others.
func TestUndoOfRemovedParts(t *testing.T) {
	db, s := oddTable(t)
	to := target(t, s, "odd", "", "1")
	was := oddRow(t, db, "1")
	unset(t, db, s, to, "vars.l.0")
	_, err := undo(t, db, s, 1)
	require.NoError(t, err)
	assert.Equal(t, was, oddRow(t, db, "1"))
	unset(t, db, s, to, "vars.b")
	_, err = undo(t, db, s, 3)
	require.NoError(t, err)
	assert.Equal(t, was, oddRow(t, db, "1"))
	set(t, db, s, to, "vars.a:=1", "vars.b:=2")
	_, err = undo(t, db, s, 5)
	require.NoError(t, err)
	assert.Equal(t, was, oddRow(t, db, "1"))
}

// TestRowAddedAgain is the same row: what was NULL does not get the default, what
// is generated is generated.
func TestRowAddedAgain(t *testing.T) {
	db, s := oddTable(t)
	key, _, err := add(t, db, s, "odd", "1", "word=null")
	require.NoError(t, err)
	was := oddRow(t, db, key)
	_, err = undo(t, db, s, 1)
	require.NoError(t, err)
	assert.Empty(t, oddRow(t, db, key))
	_, err = undo(t, db, s, 2)
	require.NoError(t, err)
	assert.Equal(t, was, oddRow(t, db, key))
}

// TestUndoWaitsForWhoeverRefers: a row that is being added refers to the one that
// an undo would remove.
func TestUndoWaitsForWhoeverRefers(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := catalogOf(t, db)
	network, _, err := add(t, db, s, "networks", "", "role=custom")
	require.NoError(t, err)
	undone := make(chan error, 1)
	_, err = db.Change(t.Context(), s, repo.ChangeOptions{}, func(w *repo.Writer) error {
		if _, err := w.Add(t.Context(), repo.AddOptions{Entity: target(t, s, "nodes", "").Query.Entity,
			Assignments: assignments(t, s, target(t, s, "nodes", ""), "network="+network), Token: func() string { return "x" }}); err != nil {
			return err
		}
		go func() {
			_, err := db.Change(context.Background(), s, repo.ChangeOptions{}, func(w *repo.Writer) error { return w.Undo(context.Background(), 1) })
			undone <- err
		}()
		return w.Get(t.Context(), new(string), `SELECT pg_sleep(1)::text`)
	})
	require.NoError(t, err)
	assert.ErrorIs(t, <-undone, repo.ErrRefused)
}
