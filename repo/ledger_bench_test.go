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
func BenchmarkBatcher(b *testing.B) { benchmarkBatcher(b, nil) }

// BenchmarkPresses is BenchmarkBatcher with a decision for each.
func BenchmarkPresses(b *testing.B) { benchmarkBatcher(b, pressed(1)) }

func benchmarkBatcher(b *testing.B, decision *repo.Press) {
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
							Payer: ids[payer], Payee: ids[payee], Sent: 100, Key: fmt.Sprintf("%x", r.Uint64()), Decision: decision})
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

// BenchmarkPlayed books a game of random donations in batches of 10,000 transfers, once
// with the transfers alone and once with balances and a decision for each.
func BenchmarkPlayed(b *testing.B) {
	for _, decisions := range []bool{false, true} {
		b.Run(fmt.Sprintf("decisions=%t", decisions), func(b *testing.B) {
			db := benchmarkDB(b)
			ledger := repo.NewLedger(db, repo.LedgerOptions{})
			has, _, err := ledger.Balances(b.Context())
			require.NoError(b, err)
			r := rand.New(rand.NewPCG(1, 2))
			session := fmt.Sprintf("bench %x", rand.Uint64())
			var booking time.Duration
			for round := range b.N {
				p := repo.Played{Session: session, Game: "donation", Before: append([]repo.Balance(nil), has...)}
				for len(p.Transfers) < 10_000 {
					from := r.IntN(len(has))
					to := (from + 1 + r.IntN(len(has)-1)) % len(has)
					if has[from].Cents < 100 {
						continue
					}
					has[from].Cents -= 100
					has[to].Cents += 100
					p.Transfers = append(p.Transfers, repo.Transfer{Payer: has[from].ID, Payee: has[to].ID, Sent: 100, Session: session, Round: round + 1})
					p.Decisions = append(p.Decisions, repo.Decision{Round: round + 1, Donor: has[from].ID, Choice: "give", Recipient: has[to].ID, Gifts: 1,
						Cost: 100, Benefit: 100, BalanceBefore: has[from].Cents + 100, BalanceAfter: has[from].Cents, RankBefore: from, RankAfter: to})
				}
				p.After = has
				begun := time.Now()
				if decisions {
					require.NoError(b, ledger.ApplyPlayed(b.Context(), p))
				} else {
					results, err := ledger.ApplyAll(b.Context(), p.Transfers)
					require.NoError(b, err)
					require.NoError(b, results[0].Err)
				}
				booking += time.Since(begun)
			}
			b.ReportMetric(float64(b.N)*10_000/booking.Seconds(), "transfers/s")
		})
	}
}
