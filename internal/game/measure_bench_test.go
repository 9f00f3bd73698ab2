package game_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/game"
)

// crowd are the balances of many: dollars of a geometric law, which are counted, or
// as many different amounts as players, which are sorted.
func crowd(n int, different bool) []int64 {
	r := rand.New(rand.NewPCG(7, 7))
	if !different {
		return drawGeometric(r, n, 50)
	}
	all := make([]int64, n)
	for i := range all {
		all[i] = r.Int64N(1 << 50)
	}
	return all
}

// TestMeterMemory holds the meter to 8 bytes a player for all that it measures, of
// balances of any kind, and to none where it measures again. The curve, the bins
// and the like are small.
func TestMeterMemory(t *testing.T) {
	const players, small = 200000, 100000
	for _, different := range []bool{false, true} {
		start, end := crowd(players, different), crowd(players, !different)
		var m game.Meter
		all := func() {
			m.Gini(start)
			m.Measure(end)
			m.Lorenz(end, 101)
			m.Histogram(end, 100, 40)
			m.Mobility(start, end)
			m.Mobility(end, end)
			law, ok := game.Geometric(crowdOf(start, end, different), 0, 100)
			require.True(t, ok)
			m.GoodnessOfFit(crowdOf(start, end, different), law)
		}
		assert.Less(t, allocated(all), uint64(8*players+small))
		assert.Less(t, allocated(all), uint64(small), "again")
	}
}

// crowdOf is that of two which are dollars.
func crowdOf(start, end []int64, different bool) []int64 {
	if different {
		return end
	}
	return start
}

// allocated is how many bytes do takes, whether or not it gives them back.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func BenchmarkMeasure(b *testing.B) {
	for _, n := range []int{100, 1000, 100000, 10000000} {
		for _, different := range []bool{false, true} {
			balances, ended := crowd(n, different), crowd(n, different)
			var m game.Meter
			bench := func(name string, do func()) {
				b.Run(fmt.Sprintf("%s/players=%d/different=%v", name, n, different), func(b *testing.B) {
					do() // its memory
					b.ReportAllocs()
					for b.Loop() {
						do()
					}
					b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mplayers/s")
				})
			}
			bench("gini", func() { m.Gini(balances) })
			bench("all", func() { m.Measure(balances) })
			bench("mobility", func() { m.Mobility(balances, ended) })
		}
	}
}
