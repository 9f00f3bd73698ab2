package repo_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

// TestAddDollars: the column is that of the help, its rule has been checked, and
// a second time there is nothing to do.
func TestAddDollars(t *testing.T) {
	db := pgtest.Open(t, "static", repo.Options{})
	for _, want := range []bool{true, false} {
		added, err := repo.NewLedger(db, repo.LedgerOptions{}).AddDollars(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, added)
	}
	assert.Equal(t, "integer t t", one(t, db, `SELECT concat_ws(' ', format_type(atttypid, atttypmod), NOT attnotnull, convalidated)
FROM pg_attribute
JOIN pg_constraint ON conrelid = attrelid AND conname = 'participant_dollars_not_negative'
WHERE attrelid = 'participant'::regclass AND attname = 'dollars'`))
	require.ErrorIs(t, db.Exec(t.Context(), "UPDATE participant SET dollars = -1"), repo.ErrConflict)
}

// TestAddDollarsToABusyTable: while somebody uses the table the column cannot be
// added, and the study never waits behind us for longer than one try.
func TestAddDollarsToABusyTable(t *testing.T) {
	db := pgtest.Open(t, "static", repo.Options{MaxConns: 4})
	ledger := repo.NewLedger(db, repo.LedgerOptions{})
	begun := make(chan time.Time, 1)
	answered := make(chan error, 1)
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		_, err := tx.Exec(t.Context(), "SELECT FROM participant WHERE id = 1 FOR UPDATE")
		require.NoError(t, err)
		go func() {
			begun <- time.Now()
			_, err := ledger.AddDollars(t.Context())
			answered <- err
		}()
		longest, asked := time.Duration(0), 0
		for start := <-begun; ; asked++ {
			at := time.Now()
			require.NoError(t, db.Exec(t.Context(), "UPDATE participant SET page_count = page_count WHERE id = 2"))
			longest = max(longest, time.Since(at))
			select {
			case err := <-answered:
				t.Logf("given up after %s; of %d questions of the study the longest took %s", time.Since(start), asked, longest)
				assert.Greater(t, time.Since(start), 10*200*time.Millisecond, "ten tries")
				require.ErrorIs(t, err, repo.ErrTryAgain)
				assert.EqualError(t, err, "the column dollars was not added: the table participant was not free within 200ms, 10 times over; the study would wait behind a longer try; run it again when less is going on")
				assert.Greater(t, asked, 10)
				assert.Less(t, longest, time.Second)
				return nil
			default:
			}
		}
	}))
	added, err := ledger.AddDollars(t.Context())
	require.NoError(t, err)
	assert.True(t, added, "nothing was left behind")
}
