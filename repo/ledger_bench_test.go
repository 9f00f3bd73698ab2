package repo_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

// benchmarkDB is the database that EXPTOOL_BENCH_DB names, whose participants have
// dollars, else a copy of the tutorial's on the test server, which does not wait
// for the disk.
func benchmarkDB(b *testing.B) *repo.DB {
	url := os.Getenv("EXPTOOL_BENCH_DB")
	if url == "" {
		db := pgtest.Open(b, "tutorial", repo.Options{})
		dollars(b, db, "double precision", "100000")
		return db
	}
	addr, err := repo.ParseAddress(url)
	require.NoError(b, err)
	db, err := repo.Open(b.Context(), addr, repo.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { _ = db.Close() })
	return db
}

// BenchmarkBatcher has callers give a dollar to each other, each waiting for its
// answer, with a key each.
func BenchmarkBatcher(b *testing.B) {
	for _, callers := range []int{1, 32, 128, 512} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			db := benchmarkDB(b)
			var ids []int64
			require.NoError(b, db.Read(b.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
				return tx.Select(b.Context(), &ids, "SELECT id FROM participant WHERE dollars > 0 ORDER BY id")
			}))
			ledger := repo.NewLedger(db, repo.LedgerOptions{})
			opened := make([]repo.Transfer, min(len(ids), 1000))
			for i := range opened { // whom it has not seen before it has to look for
				opened[i] = repo.Transfer{Kind: repo.Opening, Payee: ids[i]}
			}
			_, err := ledger.Apply(b.Context(), opened)
			require.NoError(b, err)
			batcher := repo.NewBatcher(b.Context(), ledger)
			defer batcher.Close()
			run := rand.Uint64()
			var given atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			begun := time.Now()
			for c := range callers {
				wg.Go(func() {
					r := rand.New(rand.NewPCG(run, uint64(c)))
					for given.Add(1) <= int64(b.N) {
						payer := r.IntN(len(ids))
						payee := (payer + 1 + r.IntN(len(ids)-1)) % len(ids)
						result := batcher.Apply(context.Background(), repo.Transfer{
							Payer: ids[payer], Payee: ids[payee], Sent: 100, Key: fmt.Sprintf("%x", r.Uint64())})
						if result.Err != nil {
							b.Error(result.Err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/time.Since(begun).Seconds(), "transfers/s")
		})
	}
}
