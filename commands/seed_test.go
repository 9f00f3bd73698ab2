package commands

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

// TestSeedAsks: in a database that is not private nothing is given without a yes.
func TestSeedAsks(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "static"))
	_, errs, code := x.answering(t.Context(), strings.NewReader("n\n"), "seed", "--max", "9")
	assert.Equal(t, exitFailure, code, errs)
	assert.Contains(t, errs, "give 47 participants $1 to $9 (uniform) in ")
	assert.Contains(t, errs, "nothing was changed")
	assert.Equal(t, "0", x.count("SELECT count(*) FROM information_schema.columns WHERE table_name = 'participant' AND column_name = 'dollars'"))
	_, errs, code = x.answering(t.Context(), strings.NewReader("y\n"), "seed", "--max", "9")
	assert.Zero(t, code, errs)
	assert.Equal(t, "47", x.count("SELECT count(*) FROM participant WHERE dollars BETWEEN 1 AND 9"))
}

// TestSeedPassesOverLockedRows: who is in the middle of a response gets dollars the
// next time, and all others now.
func TestSeedPassesOverLockedRows(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "static"))
	db := x.openDB()
	t.Setenv("EXPTOOL_LOCK_TIMEOUT", "300ms")
	require.NoError(t, db.Exec(t.Context(), "ALTER TABLE participant ADD COLUMN dollars integer"))
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		_, err := tx.Exec(t.Context(), "SELECT FROM participant WHERE id = 5 FOR UPDATE")
		require.NoError(t, err)
		_, errs, code := x.run("seed", "--yes")
		assert.Equal(t, exitTryAgain, code, errs)
		assert.Contains(t, errs, "46 participants got")
		assert.Contains(t, errs, "exptool: 1 participant was locked by the experiment and got nothing; run it again: nobody is given twice")
		return nil
	}))
	_, errs, code := x.run("seed", "--yes")
	assert.Zero(t, code, errs)
	assert.Contains(t, errs, "1 participant got")
	x.ok("verify")
}

// TestDonateTellsGrowth: many transfers leave old rows behind, which is told.
func TestDonateTellsGrowth(t *testing.T) {
	x, _ := withDollars(t)
	_, errs, code := x.run("donate", "--file", lineFile(t, strings.Repeat("3,7,0.01\n7,3,0.01\n", 5001)))
	require.Zero(t, code, errs)
	assert.Regexp(t, `the table participant has [\d.]+ \S+ on the disk, before it had [\d.]+ `, errs)
	assert.Regexp(t, `given 10,002, replayed 0, refused 0; \$100.02 moved`, errs)
}
