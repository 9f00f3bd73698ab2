package repo_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

func BenchmarkLedger(b *testing.B) {
	for _, callers := range []int{1, 32, 128, 512} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			db := pgtest.Open(b, "tutorial", repo.Options{})
			dollars(b, db, "double precision", "1000")
			bat := repo.NewBatcher(b.Context(), repo.NewLedger(db, repo.LedgerOptions{}))
			defer bat.Close()
			var n atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			start := time.Now()
			for c := range callers {
				wg.Go(func() {
					r := rand.New(rand.NewPCG(1, uint64(c)))
					for {
						i := n.Add(1)
						if i > int64(b.N) {
							return
						}
						x := 1 + r.Int64N(63)
						y := 1 + (x+r.Int64N(62))%63
						res := bat.Apply(context.Background(), repo.Transfer{Payer: x, Payee: y, Sent: 100, Key: fmt.Sprint("k", i)})
						require.NoError(b, res.Err)
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "transfers/s")
		})
	}
}
