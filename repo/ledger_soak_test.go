package repo_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

// TestSoakExactness moves random amounts of cents at random, ten million times at
// scale 1, in a column of double precision with noise below a cent: to the cent
// everything is there at the end, and what lies below a cent is where it was.
func TestSoakExactness(t *testing.T) {
	scale, seed := 0.01, uint64(1)
	if text := os.Getenv("EXPTOOL_SOAK_SCALE"); text != "" {
		var err error
		scale, err = strconv.ParseFloat(text, 64)
		require.NoError(t, err)
		seed, err = strconv.ParseUint(os.Getenv("EXPTOOL_SOAK_SEED"), 10, 64)
		require.NoError(t, err)
	}
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "double precision", "1000 + id / 7.0 + 0.0012345678")
	rests := func() []float64 {
		var all []float64
		require.NoError(t, db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
			return tx.Select(t.Context(), &all, "SELECT (dollars::text::numeric * 100 - trunc(dollars::text::numeric * 100))::float8 FROM participant ORDER BY id")
		}))
		return all
	}
	before, sum := rests(), sumOf(t, db)
	ledger := repo.NewLedger(db, repo.LedgerOptions{})
	r := rand.New(rand.NewPCG(seed, 0))
	balances := map[int64]repo.Cents{}
	moves := int(1e7 * scale)
	for moves > 0 {
		batch := make([]repo.Transfer, min(moves, 5000))
		moves -= len(batch)
		for i := range batch {
			payer := 1 + r.Int64N(people)
			batch[i] = repo.Transfer{Payer: payer, Payee: 1 + (payer+r.Int64N(people-1))%people, Sent: repo.Cents(1 + r.Int64N(100000))}
		}
		rs, err := ledger.Apply(t.Context(), batch)
		require.NoError(t, err)
		for _, r := range rs {
			if r.Err == nil {
				balances[r.Payer], balances[r.Payee] = r.PayerBalance, r.PayeeBalance
				continue
			}
			require.ErrorIs(t, r.Err, repo.ErrRefused)
		}
	}
	v := holds(t, db)
	total := repo.Cents(0)
	for _, cents := range balances {
		total += cents
	}
	assert.Equal(t, total, v.Total)
	assert.InDelta(t, sum, sumOf(t, db), 1e-6)
	for i, rest := range rests() {
		assert.InDelta(t, before[i], rest, 1e-8, "participant %d", i+1)
	}
}
