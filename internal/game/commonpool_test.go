package game_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pool is the payoff w(e − x) + (x/X) F(X) with F(X) = aX − bX², for the numbers of
// Walker, Gardner & Ostrom 1990: w = 5, a = 23, b = 0.25.
func pool(e, x, all float64) float64 {
	if x == 0 {
		return 5 * e
	}
	return 5*(e-x) + x/all*(23*all-0.25*all*all)
}

// TestCommonPoolPayoffs holds each payoff against the formula; a loss ends at nothing.
func TestCommonPoolPayoffs(t *testing.T) {
	for _, e := range []int64{10, 25} {
		r := began(t, "common-pool", 64, fmt.Sprintf("strategy=random rounds=50 tokens=%d", e))
		losses := 0
		for r.Next() {
			totals := map[int32]int64{}
			for _, d := range r.Decisions() {
				totals[d.Group] += d.Cost / 500
			}
			for _, d := range r.Decisions() {
				x, all := d.Cost/500, totals[d.Group]
				want := int64(math.Round(100 * pool(float64(e), float64(x), float64(all))))
				if want < 0 {
					losses++
				}
				require.Equal(t, max(want, -d.Before), earned(d), "%d of %d", x, all)
				require.Equal(t, -25*x*(all-x), d.Benefit, "what the others lose by it")
			}
		}
		assert.Equal(t, e == 25, losses > 0)
	}
}

// TestCommonPoolExtremes: at the equilibrium 8 of 10 tokens, at which nobody gains by any
// other number, each has $0.66; at the best 36 of all 80 they have $0.91 (Ostrom, Gardner
// & Walker 1994, table 5.1, where dollars are cents).
func TestCommonPoolExtremes(t *testing.T) {
	r := began(t, "common-pool", 8, "strategy=selfish")
	for _, d := range next(t, r)["extract"] {
		assert.EqualValues(t, 8*500, d.Cost)
		assert.EqualValues(t, 6600, earned(d))
	}
	for x := range 11 {
		assert.LessOrEqual(t, pool(10, float64(x), float64(56+x)), 66.0)
	}
	// With 4 players of 20 tokens the best is a whole number for each.
	r = began(t, "common-pool", 4, "strategy=egalitarian group_size=4 tokens=20")
	for _, d := range next(t, r)["extract"] {
		assert.EqualValues(t, 9*500, d.Cost)
		assert.InDelta(t, 2*90.5, float64(earned(d))/100, 0.01)
	}
	for _, d := range next(t, began(t, "common-pool", 8, "strategy=generous"))["refrain"] {
		assert.EqualValues(t, 5000, earned(d))
	}
	// A resource that yields less than the market is left alone, one that does not deplete taken.
	assert.Len(t, next(t, began(t, "common-pool", 8, "strategy=selfish yield=4"))["refrain"], 8)
	for _, d := range next(t, began(t, "common-pool", 8, "strategy=selfish depletion=0"))["extract"] {
		assert.EqualValues(t, 23000, earned(d))
	}
}

// TestAverseAppropriators: the choice of an inequality-averse player is the best of all
// by Fehr & Schmidt's utility, computed one other at a time, if partners do as they did
// last, or strangers as the mean of those met last.
func TestAverseAppropriators(t *testing.T) {
	for _, set := range []string{"alpha=0 beta=0", "alpha=0.85 beta=0.315", "alpha=2 beta=0.9", "alpha=0.2 beta=0.6 tokens=25"} {
		r := began(t, "common-pool", 8, "rounds=200 strategy=random:0.625,inequality-averse:0.375 "+set)
		alpha, beta, e := r.Treatment.Number("alpha"), r.Treatment.Number("beta"), r.Treatment.Count("tokens")
		utility := func(x int64, others []int64) float64 {
			all := x
			for _, o := range others {
				all += o
			}
			own := pool(float64(e), float64(x), float64(all))
			u := own
			for _, o := range others {
				d := pool(float64(e), float64(o), float64(all)) - own
				u -= (alpha*max(0, d) + beta*max(0, -d)) / float64(len(others))
			}
			return u
		}
		var last []int64
		best := make([]int, 8)
		for r.Next() {
			now := make([]int64, 8)
			for i, d := range r.Decisions() {
				now[i] = d.Cost / 500
			}
			for i := range last {
				others := append(append([]int64{}, last[:i]...), last[i+1:]...)
				most := math.Inf(-1)
				for x := range e + 1 {
					most = max(most, utility(x, others))
				}
				if utility(now[i], others) >= most-1e-6 {
					best[i]++
				}
			}
			last = now
		}
		always := 0
		for _, n := range best {
			if n == 199 {
				always++
			}
		}
		assert.Equal(t, 3, always, "%s %v", set, best)
	}
}

// TestAverseStrangers: with α = β = 0 a choice is the best reply to others who do what
// those did, on average, whom the player met last.
func TestAverseStrangers(t *testing.T) {
	r := began(t, "common-pool", 40, "matching=stranger alpha=0 beta=0 strategy=random:0.5,inequality-averse:0.5 rounds=50")
	met := make([]float64, 40)
	best := make([]int, 40)
	for r.Next() {
		totals := map[int32]float64{}
		for i, d := range r.Decisions() {
			totals[d.Group] += float64(d.Cost) / 500
			reply := func(x float64) float64 { return pool(10, x, x+7*met[i]) }
			most := math.Inf(-1)
			for x := range 11 {
				most = max(most, reply(float64(x)))
			}
			if r.Round() > 1 && reply(float64(d.Cost)/500) >= most-1e-6 {
				best[i]++
			}
		}
		for i, d := range r.Decisions() {
			met[i] = (totals[d.Group] - float64(d.Cost)/500) / 7
		}
	}
	always := 0
	for _, n := range best {
		if n == 49 {
			always++
		}
	}
	assert.Equal(t, 20, always, "%v", best)
}
