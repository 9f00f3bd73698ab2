package game_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"exptool/internal/game"
)

// gini is Gini's coefficient of whole amounts of 0 or more.
func gini(balances []int64) float64 {
	sorted := slices.Sorted(slices.Values(balances))
	weighted, total := 0.0, 0.0
	for i, b := range sorted {
		weighted += float64(i+1) * float64(b)
		total += float64(b)
	}
	n := float64(len(sorted))
	return 2*weighted/(n*total) - (n+1)/n
}

// settled plays a game until it has forgotten its start, and then tells the balances
// some rounds apart.
func settled(r *game.Run, before, samples, apart int, see func([]int64)) {
	for range before {
		r.Next()
	}
	for range samples {
		for range apart {
			r.Next()
		}
		see(r.Balances())
	}
}

// TestGeometricLaw: one random giver a move, who passes if it is broke, and a random
// receiver come to a geometric law, whose Gini is (1+T)/(1+2T) at T dollars each. With
// debt it is the balance above the limit that is geometric (Drăgulescu & Yakovenko
// 2000).
func TestGeometricLaw(t *testing.T) {
	for _, c := range []struct {
		dollars int64
		debt    string
		mean    float64
		n       int
	}{
		{1, "0", 1, 2000}, {2, "0", 2, 2000}, {10, "0", 10, 2000}, {1, "3", 4, 2000}, {2, "0", 2, 20_000},
	} {
		r := beginWith(t, equal(c.n, 100*c.dollars), 42, "debt", c.debt)
		debt := int64(c.mean) - c.dollars
		g, counts, samples := 0.0, make([]float64, 30), 100
		settled(r, int(20+10*c.mean*c.mean), samples, int(2+c.mean), func(balances []int64) {
			above := make([]int64, len(balances))
			for i, b := range balances {
				above[i] = b/100 + debt
				if above[i] < int64(len(counts)) {
					counts[above[i]]++
				}
			}
			g += gini(above)
		})
		assert.InDelta(t, (1+c.mean)/(1+2*c.mean), g/float64(samples), 0.006, "%+v", c)
		for k, count := range counts {
			law := math.Pow(c.mean/(1+c.mean), float64(k)) / (1 + c.mean)
			assert.InDelta(t, law, count/float64(c.n*samples), 0.005, "%+v: %d dollars", c, k)
		}
	}
}

// TestARoundIsAsManyMoves: in the random schedule a round is N moves, each of a player
// drawn anew, in the round schedule one of each.
func TestARoundIsAsManyMoves(t *testing.T) {
	for _, n := range []int{2, 7, 1000, 70_000} { // with few and with many players
		for _, schedule := range []string{"random", "round"} {
			r := beginWith(t, equal(n, 10_000), 42, "schedule", schedule) // nobody is broke so soon
			for range 2 {
				r.Next()
			}
			assert.EqualValues(t, 2*n, r.Moved(), "%s, %d players", schedule, n)
		}
	}
	for schedule, once := range map[string]bool{"random": false, "round": true} {
		r := beginWith(t, equal(100, 10_000), 42, "schedule", schedule)
		r.Record()
		r.Next()
		assert.Equal(t, once, !slices.ContainsFunc(r.Decisions(), func(d game.Decision) bool { return d.Gifts != 1 }), schedule)
	}
}

// TestRoundSchedule: with a turn for each who has money when the round begins, as in
// NetLogo's Simple Economy, the Gini at a dollar each is about 0.58.
func TestRoundSchedule(t *testing.T) {
	r, g := begin(t, 5000, 42, "schedule", "round"), 0.0
	settled(r, 100, 50, 5, func(balances []int64) { g += gini(balances) / 50 })
	assert.InDelta(t, 0.58, g, 0.005)

	// A share of a tenth of one's own (Ispolatov, Krapivsky & Redner 1998) is more equal
	// than a dollar each.
	shared := beginWith(t, equal(2000, 10_000), 42, "share", "0.1")
	settled(shared, 100, 1, 0, func(balances []int64) { assert.Less(t, gini(balances), 0.3) })
}

// TestOthersAreAlike is a chi-square test of who gives to whom among ten that cannot be
// broke: 89 degrees of freedom, whose 99.99 % quantile is 145.
func TestOthersAreAlike(t *testing.T) {
	for _, settings := range [][]string{{}, {"schedule", "round"}, {"strategy", "noisy", "noise", "1"}, {"group_size", "10"}} {
		r := beginWith(t, equal(10, 1e9), 7, settings...)
		r.Record()
		counts, total := map[[2]int32]float64{}, 0.0
		for range 5000 {
			r.Next()
			for _, m := range r.Transfers() {
				counts[[2]int32{m.From, m.To}]++
				total++
			}
		}
		sum, want := 0.0, total/90
		for from := range int32(10) {
			for to := range int32(10) {
				if from != to {
					sum += (counts[[2]int32{from, to}] - want) * (counts[[2]int32{from, to}] - want) / want
				}
			}
		}
		assert.Len(t, counts, 90, "%v: nobody gives to itself", settings)
		assert.Less(t, sum, 145.0, "%v", settings)
	}
}
