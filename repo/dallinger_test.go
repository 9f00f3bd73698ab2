package repo_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

// dallinger runs scripts/dallinger_fail.py.
func dallinger(t *testing.T, url string, args ...string) {
	t.Helper()
	python := os.Getenv("EXPTOOL_TEST_PSYNET")
	require.NotEmpty(t, python, "EXPTOOL_TEST_PSYNET must name a Python that has dallinger 12.4.0 (scripts/test makes one)")
	out, err := exec.CommandContext(t.Context(), python, append([]string{"../scripts/dallinger_fail.py", url}, args...)...).CombinedOutput()
	require.NoError(t, err, string(out))
}

// TestFailAsDallingerDoes fails rows of a database that is Dallinger's alone, and
// compares what becomes of it with what Dallinger's own fail() makes of a copy.
func TestFailAsDallingerDoes(t *testing.T) {
	for _, c := range []struct{ table, id, reason string }{
		{"participant", "1", "left"}, {"participant", "2", ""}, {"node", "3", "r"}, {"network", "1", "r"}, {"info", "1", "r"}, {"vector", "1", "r"},
	} {
		theirs, ours := pgtest.DB(t, "empty"), pgtest.DB(t, "empty")
		dallinger(t, theirs, "make")
		dallinger(t, ours, "make")
		args := []string{"fail", c.table, c.id}
		if c.reason != "" {
			args = append(args, c.reason)
		}
		dallinger(t, theirs, args...)

		db, other := openURL(t, ours), openURL(t, theirs)
		s := catalogOf(t, db)
		_, _, err := fail(t, db, s, target(t, s, c.table, "", c.id), repo.FailOptions{Reason: c.reason})
		require.NoError(t, err)
		picture := `SELECT string_agg(line, E'\n' ORDER BY line)
FROM (`
		for i, table := range []string{"participant", "question", "network", "node", "vector", "info", "transmission", "transformation"} {
			if i > 0 {
				picture += "\nUNION ALL "
			}
			picture += `SELECT '` + table + ` ' || id || ' ' || failed || ' ' || coalesce(failed_reason, '-') || ' ' || (time_of_death IS NOT NULL) FROM ` + table
		}
		picture += `) AS lines (line)`
		assert.Equal(t, one(t, other, picture), one(t, db, picture), "%v", c)
	}
}

func openURL(t *testing.T, url string) *repo.DB {
	t.Helper()
	addr, err := repo.ParseAddress(url)
	require.NoError(t, err)
	db, err := repo.Open(t.Context(), addr, repo.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}
