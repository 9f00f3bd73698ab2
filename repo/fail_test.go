package repo_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/internal/schema"
	"exptool/repo"
)

func execute(t *testing.T, db *repo.DB, query string, args ...any) {
	t.Helper()
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		_, err := tx.Exec(t.Context(), query, args...)
		return err
	}))
}

func fail(t *testing.T, db *repo.DB, s *schema.Schema, to repo.Target, o repo.FailOptions) ([]repo.Failed, *repo.Outcome, error) {
	t.Helper()
	var failed []repo.Failed
	out, err := db.Change(t.Context(), s, repo.ChangeOptions{}, func(w *repo.Writer) (err error) {
		failed, err = w.Fail(t.Context(), to, o)
		return err
	})
	return failed, out, err
}

// TestFailAsPsyNetDid takes participants whom PsyNet failed, makes them what they
// were before, and fails them: every column but the time must be as PsyNet left it.
func TestFailAsPsyNetDid(t *testing.T) {
	// 39 and 41 were failed while they worked; 38 and 40 went on to the
	// unsuccessful end, which took the redirection and added a tag.
	for _, c := range []struct {
		id, name, also string
	}{{"39", "Bot39", ""}, {"41", "Bot41", ""}, {"38", "Bot38", ", failure_tags, pending_redirect, elt_id"}, {"40", "Bot40", ", failure_tags, pending_redirect, elt_id"}} {
		db := pgtest.Open(t, "tutorial", repo.Options{})
		s := catalogOf(t, db)
		picture := `SELECT jsonb_agg(to_jsonb(x) - ARRAY['time_of_death'` + quotedList(c.also) + `] || jsonb_build_object('dead', x.time_of_death IS NOT NULL) ORDER BY x.id)::text FROM `
		participant := picture + "participant AS x WHERE id = " + c.id
		trials := picture + "info AS x WHERE participant_id = " + c.id
		was, were := one(t, db, participant), one(t, db, trials)
		execute(t, db, `UPDATE participant
SET failed = false, failed_reason = NULL, time_of_death = NULL, pending_redirect = NULL, failure_tags = '[]', elt_id = '["main", 3]'
WHERE id = `+c.id+` AND failure_tags LIKE '%Unsuccessful%'`)
		execute(t, db, `UPDATE participant
SET failed = false, failed_reason = NULL, time_of_death = NULL, pending_redirect = NULL, failure_tags = '[]'
WHERE id = `+c.id)
		execute(t, db, `UPDATE info SET failed = false, failed_reason = NULL, time_of_death = NULL WHERE participant_id = `+c.id)

		failed, out, err := fail(t, db, s, target(t, s, "participants", "", c.id), repo.FailOptions{Reason: "lab_failed_mid"})
		require.NoError(t, err)
		assert.JSONEq(t, was, one(t, db, participant), c.id)
		assert.JSONEq(t, were, one(t, db, trials), c.id)
		assert.Equal(t, c.name, failed[0].Name)
		assert.Greater(t, len(failed), 3)
		assert.Equal(t, len(failed), out.Rows)
		for _, f := range failed[1:] {
			assert.Equal(t, "lab_failed_mid->"+c.name, f.Reason)
			assert.Equal(t, 1, f.Depth)
		}
		assert.Equal(t, "unsuccessful_end", one(t, db, "SELECT pending_redirect FROM participant WHERE id = "+c.id))

		// Failing again is nothing, and an undo brings everything back.
		_, out, err = fail(t, db, s, target(t, s, "participants", "", c.id), repo.FailOptions{Reason: "again"})
		require.NoError(t, err)
		assert.Zero(t, out.Rows)
		_, err = undo(t, db, s, 1)
		require.NoError(t, err)
		assert.Equal(t, "0", one(t, db, "SELECT count(*)::text FROM info WHERE failed AND participant_id = "+c.id))
	}
}

// quotedList makes ", 'a', 'b'" of ", a, b".
func quotedList(names string) string {
	out := ""
	for _, n := range []string{"failure_tags", "pending_redirect", "elt_id"} {
		if names != "" {
			out += ", '" + n + "'"
		}
	}
	return out
}

// TestFailPropagates follows a chain: a trial that propagates takes the child of
// its node, which takes its trials and its own child.
func TestFailPropagates(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := catalogOf(t, db)
	// A chain of three nodes, with a trial in each: 1 and 2 of one participant.
	execute(t, db, `UPDATE node SET failed = false, child_id = NULL, propagate_failure = true WHERE id IN (1, 2, 3)`)
	execute(t, db, `UPDATE node SET child_id = id + 1 WHERE id IN (1, 2)`)
	execute(t, db, `DELETE FROM info WHERE node_id IN (1, 2, 3) OR participant_id = 5`)
	execute(t, db, `INSERT INTO info (id, creation_time, failed, details, type, origin_id, node_id, participant_id, propagate_failure)
SELECT 9000 + n, now(), false, '{}', 'dallinger_experiment.experiment.CustomTrial', n, n, CASE n WHEN 2 THEN 6 ELSE 5 END, true
FROM generate_series(1, 3) AS n`)
	failed, _, err := fail(t, db, s, target(t, s, "participants", "", "5"), repo.FailOptions{Reason: "r", Force: true})
	require.NoError(t, err)
	var lines []string
	for _, f := range failed {
		lines = append(lines, f.Name+": "+f.Reason)
	}
	const first = "r->Bot5->CustomTrial9001"
	node := func(id string) string {
		class := schema.Short(one(t, db, "SELECT type FROM node WHERE id = "+id))
		return class + id
	}
	assert.Equal(t, []string{
		"Bot5: r",
		"CustomTrial9001: r->Bot5",
		node("2") + ": " + first,
		"CustomTrial9002: " + first + "->" + node("2"),
		node("3") + ": " + first + "->" + node("2") + "->CustomTrial9002",
		"CustomTrial9003: " + first + "->" + node("2") + "->CustomTrial9002->" + node("3"),
	}, lines)
}

func TestFailRefusesTheCompleted(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := catalogOf(t, db)
	id := one(t, db, "SELECT min(id)::text FROM participant WHERE complete AND NOT failed")
	_, _, err := fail(t, db, s, target(t, s, "participants", "", id), repo.FailOptions{Reason: "r"})
	require.ErrorIs(t, err, repo.ErrRefused)
	failed, out, err := fail(t, db, s, target(t, s, "participants", "", id), repo.FailOptions{Reason: "r", Force: true})
	require.NoError(t, err)
	assert.NotEmpty(t, failed)
	assert.Contains(t, out.Notes[0], "has completed")
	_, _, err = fail(t, db, s, target(t, s, "experiment", "", "1"), repo.FailOptions{})
	assert.Error(t, err)
}
