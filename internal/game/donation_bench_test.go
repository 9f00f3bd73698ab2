package game_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"exptool/internal/game"
)

// begin prepares a donation game of n players with a dollar each, or as told.
func begin(t testing.TB, n int, seed uint64, settings ...string) *game.Run {
	t.Helper()
	r, err := game.NewRun(treatment(t, settings...), game.Setup{Start: equal(n, 100), Seed: seed})
	require.NoError(t, err)
	return r
}

// treatment is a donation game with settings as "tax", "0.1"; it does not end soon.
func treatment(t testing.TB, settings ...string) game.Treatment {
	t.Helper()
	g, err := game.Find("donation")
	require.NoError(t, err)
	tr := game.NewTreatment(g)
	require.NoError(t, tr.Set("rounds", "1000000000"))
	for i := 0; i < len(settings); i += 2 {
		require.NoError(t, tr.Set(settings[i], settings[i+1]))
	}
	return tr
}

func equal(n int, cents int64) []int64 {
	start := make([]int64, n)
	for i := range start {
		start[i] = cents
	}
	return start
}

// BenchmarkDonation reports the turns a second on one core. A strategy that looks at
// others is to cost little more with ten times as many players.
func BenchmarkDonation(b *testing.B) {
	bench := func(n int, settings ...string) {
		b.Run(fmt.Sprintf("%v/%d", settings, n), func(b *testing.B) {
			r := begin(b, n, 1, settings...)
			for range 2_000_000/n + 1 {
				r.Next()
			}
			b.ReportAllocs()
			rounds := 0
			for b.Loop() {
				r.Next()
				rounds++
			}
			b.ReportMetric(float64(n)*float64(rounds)/b.Elapsed().Seconds()/1e6, "Mturns/s")
		})
	}
	for _, schedule := range []string{"random", "round"} {
		for _, n := range []int{1000, 1_000_000, 10_000_000} {
			bench(n, "schedule", schedule)
		}
	}
	bench(1000, "multiplier", "1.5", "debt", "10", "tax", "0.01")
	bench(1000, "share", "0.1")
	bench(1000, "network", "small-world")
	for _, strategy := range []string{"egalitarian", "rich-first", "inequality-averse", "reciprocal", "conditional-cooperator"} {
		for _, n := range []int{1000, 10_000, 100_000} {
			bench(n, "strategy", strategy+":0.5,random:0.5")
		}
	}
}
