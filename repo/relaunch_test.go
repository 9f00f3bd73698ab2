package repo_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/filter"
	"exptool/repo"
)

// A launch drops every table and makes it anew, perhaps between the catalog and
// the question.
func TestRelaunch(t *testing.T) {
	make := "CREATE TABLE trial (id int PRIMARY KEY, score int)"
	for _, then := range []string{"DROP TABLE trial", "DROP TABLE trial; CREATE TABLE trial (id int PRIMARY KEY)"} {
		a := newAsker(t, "empty", make)
		require.NoError(t, a.db.Exec(t.Context(), then))
		_, _, err := a.ask("trial", filter.Query{})
		require.ErrorIs(t, err, repo.ErrTryAgain, then)
		assert.Contains(t, err.Error(), "the tables changed while they were read: ")
		e, err := a.schema.Entity("trial", false)
		require.NoError(t, err)
		err = a.db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
			_, err := tx.Describe(t.Context(), e)
			return err
		})
		assert.ErrorIs(t, err, repo.ErrTryAgain, then)
	}
}
