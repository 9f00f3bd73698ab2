package repo_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

// TestDecideByTheEnumOfTheDatabase: which statuses there are is the database's to
// say.
func TestDecideByTheEnumOfTheDatabase(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	execute(t, db, "ALTER TYPE participant_status RENAME VALUE 'rejected' TO 'declined'")
	s := catalogOf(t, db)
	decide := func(status string) (*repo.Outcome, error) {
		return db.Change(t.Context(), s, repo.ChangeOptions{}, func(w *repo.Writer) error {
			return w.Decide(t.Context(), target(t, s, "participants", "", "5"), status, false)
		})
	}
	_, err := decide("rejected")
	require.ErrorIs(t, err, repo.ErrUsage)
	assert.ErrorContains(t, err, "this database knows no status rejected")
	var told *repo.Error
	require.ErrorAs(t, err, &told)
	assert.Contains(t, told.Hint, "declined")
	out, err := decide("declined")
	require.NoError(t, err)
	assert.Equal(t, 1, out.Rows)
}
