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

// A dry run is one transaction: each transfer sees what the ones before it did, and
// nothing stays.
func TestDryRun(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "integer", "10")
	l := repo.NewLedger(db, repo.LedgerOptions{WriteOptions: repo.WriteOptions{DryRun: true}})
	rs, err := l.Apply(t.Context(), []repo.Transfer{
		{Payer: 3, Payee: 7, Sent: 1000}, {Payer: 3, Payee: 7, Sent: 100}, {Payer: 7, Payee: 3, Sent: 2000},
	})
	require.NoError(t, err)
	assert.NoError(t, rs[0].Err)
	assert.ErrorIs(t, rs[1].Err, repo.ErrRefused)
	assert.EqualValues(t, 2000, rs[2].PayeeBalance)
	assert.Equal(t, "10 true", one(t, db, "SELECT dollars || ' ' || (to_regnamespace('exptool') IS NULL)::text FROM participant WHERE id = 3"))
}

// A key that is used twice in a batch for different transfers names the first by its
// number, which it has only at the end.
func TestKeyTakenInTheSameBatch(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "integer", "10")
	rs, err := repo.NewLedger(db, repo.LedgerOptions{}).Apply(t.Context(), []repo.Transfer{
		{Payer: 3, Payee: 7, Sent: 100, Key: "k"}, {Payer: 3, Payee: 8, Sent: 100, Key: "k"}, {Payer: 3, Payee: 7, Sent: 100, Key: "k"},
	})
	require.NoError(t, err)
	assert.EqualError(t, rs[1].Err, `the key "k" of participant 3 was used for another transfer, number 3`)
	assert.EqualValues(t, 3, rs[2].Number)
}

// Verify says between which transfers somebody was changed behind the ledger's back;
// what was booked since, or put back, is no news.
func TestWhenItWasChanged(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "double precision", "10")
	l := repo.NewLedger(db, repo.LedgerOptions{})
	give := func(from, to int64) {
		rs, err := l.Apply(t.Context(), []repo.Transfer{{Payer: from, Payee: to, Sent: 100}})
		require.NoError(t, err)
		require.NoError(t, rs[0].Err)
	}
	behind := func(id int, by string) {
		require.NoError(t, db.Exec(t.Context(), fmt.Sprintf("UPDATE participant SET dollars = dollars %s WHERE id = %d", by, id)))
	}
	spans := func() map[int64][]repo.Span {
		v, err := l.Verify(t.Context())
		require.NoError(t, err)
		all := map[int64][]repo.Span{}
		for _, d := range v.Differences {
			all[d.Participant] = d.Changes
		}
		return all
	}
	give(3, 7) // 1 and 2 open, 3
	behind(3, "+ 5")
	behind(7, "- 0.5")
	give(3, 7) // 4
	behind(3, "+ 1")
	assert.Equal(t, map[int64][]repo.Span{3: {{After: 3, Before: 4}, {After: 4}}, 7: {{After: 3, Before: 4}}}, spans())
	_, err := l.Adopt(t.Context()) // 5 and 6
	require.NoError(t, err)
	assert.Empty(t, spans())
	behind(3, "+ 1")
	give(3, 8) // 7 opens, 8
	behind(3, "- 1")
	give(3, 8) // 9
	assert.Empty(t, spans(), "put back")
	behind(3, "+ 2")
	assert.Equal(t, map[int64][]repo.Span{3: {{After: 9}}}, spans())
}
