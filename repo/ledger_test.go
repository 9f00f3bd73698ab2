package repo_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

// dollars makes the column dollars of a type and gives everybody some.
func dollars(t testing.TB, db *repo.DB, typ, each string) {
	t.Helper()
	require.NoError(t, db.Exec(t.Context(), fmt.Sprintf("ALTER TABLE participant ADD COLUMN IF NOT EXISTS dollars %s; ALTER TABLE participant ALTER COLUMN dollars TYPE %[1]s; UPDATE participant SET dollars = %s", typ, each)))
}

func TestApply(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "double precision", "10 + 0.0012345")
	l := repo.NewLedger(db, repo.LedgerOptions{Who: "ada"})
	rs, err := l.Apply(t.Context(), []repo.Transfer{
		{Payer: 3, Payee: 7, Sent: 100},
		{Payer: 3, Payee: 3, Sent: 100},
		{Payer: 3, Payee: 999, Sent: 100},
		{Payer: 7, Payee: 3, Sent: 1101},
		{Payer: 7, Payee: 3, Sent: 1100, Memo: `a "memo" \ x`},
		{Payer: 3, Payee: 8, Sent: 0},
		{Payer: 3, Payee: 8, Sent: 50, Key: "k"},
		{Payer: 3, Payee: 8, Sent: 50, Key: "k"},
		{Payer: 3, Payee: 8, Sent: 51, Key: "k"},
	})
	require.NoError(t, err)
	kinds := []error{nil, repo.ErrUsage, repo.ErrNotFound, repo.ErrRefused, nil, repo.ErrUsage, nil, nil, repo.ErrRefused}
	for i, want := range kinds {
		if want == nil {
			assert.NoError(t, rs[i].Err, i)
		} else {
			assert.True(t, errors.Is(rs[i].Err, want), "%d: %v", i, rs[i].Err)
		}
	}
	assert.EqualValues(t, 3, rs[0].Number, "after two openings")
	assert.EqualValues(t, 900, rs[0].PayerBalance)
	assert.EqualValues(t, 1100, rs[0].PayeeBalance)
	assert.True(t, rs[7].Replayed)
	assert.Equal(t, rs[6].Number, rs[7].Number)
	assert.Equal(t, "19.5012345 0.0012345 10.5012345", one(t, db, "SELECT string_agg(dollars::text, ' ' ORDER BY id) FROM participant WHERE id IN (3, 7, 8)"))
	assert.Equal(t, "6 6", one(t, db, "SELECT last || ' ' || (SELECT count(*) FROM exptool.transfer) FROM exptool.head"))
}
