package game_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/game"
)

// drawGeometric are balances of the geometric law of a mean of so many dollars.
func drawGeometric(r *rand.Rand, n int, mean float64) []int64 {
	all := make([]int64, n)
	for i := range all {
		all[i] = 100 * int64(math.Log(1-r.Float64())/-math.Log1p(1/mean))
	}
	return all
}

// drawPoisson are balances of a Poisson law, by Knuth's method.
func drawPoisson(r *rand.Rand, n int, mean float64) []int64 {
	all := make([]int64, n)
	for i := range all {
		for p := r.Float64(); p > math.Exp(-mean); p *= r.Float64() {
			all[i] += 100
		}
	}
	return all
}

func fitGeometric(t testing.TB, balances []int64, floor int64) game.Fit {
	law, ok := game.Geometric(balances, floor, 100)
	require.True(t, ok)
	return new(game.Meter).GoodnessOfFit(balances, law)
}

// TestFitKeepsItsLevel: of samples of the law five in a hundred are rejected. Of
// 2000 that is 100 ± 9.7; four standard deviations are allowed.
func TestFitKeepsItsLevel(t *testing.T) {
	for _, mean := range []float64{0.3, 1, 5, 50} {
		r := rand.New(rand.NewPCG(1, 9))
		rejected := 0
		for range 2000 {
			if fitGeometric(t, drawGeometric(r, 500, mean), 0).Rejected() {
				rejected++
			}
		}
		assert.InDelta(t, 100, rejected, 39, "mean %v", mean)
	}
}

func TestFitRejectsOtherLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 9))
	uniform := make([]int64, 500)
	for i := range uniform {
		uniform[i] = 100 * r.Int64N(11)
	}
	assert.Less(t, fitGeometric(t, uniform, 0).P, 1e-6)
	assert.Less(t, fitGeometric(t, drawPoisson(r, 500, 2), 0).P, 1e-6)
	assert.Less(t, fitGeometric(t, drawGeometric(r, 500, 2), -500).P, 1e-6, "of another floor")

	// Where somebody owes, of the law that is shifted by the limit.
	debt := drawGeometric(r, 500, 6)
	for i := range debt {
		debt[i] -= 500
	}
	assert.Greater(t, fitGeometric(t, debt, -500).P, 0.05)
}

// TestFitByHand: T = 1, 80 players, so that 40, 20, 10, 5 are expected with 0 to 3
// dollars and 5 with more.
func TestFitByHand(t *testing.T) {
	var balances []int64
	for units, players := range []int{44, 16, 10, 2, 8} { // 0, 1, 2, 3, and 8 with 4
		for range players {
			balances = append(balances, 100*int64(units))
		}
	}
	law := game.Law{Unit: 100, Mean: 1}
	fit := new(game.Meter).GoodnessOfFit(balances, law)
	assert.InDelta(t, 16.0/40+16.0/20+0+9.0/5+9.0/5, fit.ChiSquare, 1e-9)
	assert.Equal(t, 3, fit.Freedom)
	assert.InDelta(t, 0.187, fit.P, 0.001, "of 4.8 with 3 degrees of freedom")
}

func TestWhatCannotBeFitted(t *testing.T) {
	for _, balances := range [][]int64{nil, {0, 0}, {150}, {-100, 300}} {
		_, ok := game.Geometric(balances, 0, 100)
		assert.False(t, ok, "%v", balances)
	}
	_, ok := game.Geometric([]int64{100}, 0, 0)
	assert.False(t, ok)
	law, ok := game.Geometric([]int64{100, 300}, 0, 100)
	require.True(t, ok)
	for _, balances := range [][]int64{nil, {100, 300}, {150, 250}, {-100, 500}} {
		assert.True(t, math.IsNaN(new(game.Meter).GoodnessOfFit(balances, law).P), "%v", balances)
	}
}

func TestTheory(t *testing.T) {
	gini := func(mean float64) float64 { return game.Law{Unit: 100, Mean: mean}.Gini() }
	assert.Equal(t, 2.0/3, gini(1))
	assert.InDelta(t, 0.5, gini(1e9), 1e-9, "that of the exponential law")
	assert.True(t, math.IsNaN(gini(0)))

	r := rand.New(rand.NewPCG(3, 9))
	for _, mean := range []float64{0.5, 1, 7, 100} {
		sample := measure(drawGeometric(r, 200000, mean))
		assert.InDelta(t, gini(mean), sample.Gini, 0.004, "mean %v", mean)
		entropy := (1+mean)*math.Log2(1+mean) - mean*math.Log2(mean) // of the law, in bits
		assert.InDelta(t, entropy, sample.Entropy, 0.03, "mean %v", mean)
	}

	debt := drawGeometric(r, 200000, 6)
	for i := range debt {
		debt[i] -= 500
	}
	shifted, ok := game.Geometric(debt, -500, 100)
	require.True(t, ok)
	assert.InEpsilon(t, measure(debt).Gini, shifted.Gini(), 0.01, "a limit of debt shifts it above 1")

	bins := histogram([]int64{0, 100, 300}, 100, 4)
	law, ok := game.Geometric([]int64{0, 100, 200}, 0, 100)
	require.True(t, ok)
	assert.InDeltaSlice(t, []float64{40, 20, 10, 5}, law.Expected(bins, 80), 1e-9)
	assert.Equal(t, gini(1), law.Gini())
}

// play is the game at its plainest: n players with mean dollars each, by the random
// schedule or by rounds.
func play(seed uint64, n, dollars, rounds int, byRound bool) []int64 {
	r := rand.New(rand.NewPCG(seed, 11))
	have := make([]int64, n)
	for i := range have {
		have[i] = int64(dollars) * 100
	}
	for range rounds {
		giver := make([]int, 0, n)
		for i := range n {
			if !byRound {
				i = r.IntN(n)
				if have[i] > 0 {
					have[i] -= 100
					have[r.IntN(n)] += 100
				}
			} else if have[i] > 0 {
				giver = append(giver, i)
			}
		}
		for _, i := range giver {
			have[i] -= 100
			have[r.IntN(n)] += 100
		}
	}
	return have
}

// TestSchedulesHaveTheirLaws plays both schedules: each comes to its own law and not
// to that of the other.
func TestSchedulesHaveTheirLaws(t *testing.T) {
	for _, dollars := range []int{1, 4} {
		random, rounds := play(1, 20000, dollars, 400, false), play(1, 20000, dollars, 400, true)
		geometric, ok := game.Geometric(random, 0, 100)
		require.True(t, ok)
		queue, ok := game.RoundLaw(rounds, 100)
		require.True(t, ok)
		assert.Greater(t, new(game.Meter).GoodnessOfFit(random, geometric).P, 0.01, "T %d", dollars)
		assert.Greater(t, new(game.Meter).GoodnessOfFit(rounds, queue).P, 0.01, "T %d", dollars)
		assert.Less(t, new(game.Meter).GoodnessOfFit(rounds, geometric).P, 1e-6, "T %d", dollars)
		assert.Less(t, new(game.Meter).GoodnessOfFit(random, queue).P, 1e-6, "T %d", dollars)
		assert.InDelta(t, geometric.Gini(), measure(random).Gini, 0.01)
		assert.InDelta(t, queue.Gini(), measure(rounds).Gini, 0.01)
		assert.InDelta(t, float64(dollars)-math.Sqrt(1+float64(dollars*dollars))+1, 1-measure(rounds).Zero, 0.01)
	}
}

func TestRoundLaw(t *testing.T) {
	law, ok := game.RoundLaw([]int64{100}, 100)
	require.True(t, ok)
	assert.InDelta(t, 0.58, law.Gini(), 0.005, "that of NetLogo's Simple Economy at T = 1")
	// P(0) = 1-ρ, P(1) = (1-ρ)(e^ρ-1): by expanding (1-ρ)(1-z)/(1-z·e^(ρ(1-z))).
	rho := 2 - math.Sqrt2
	got := law.Expected([]game.Bin{{Low: 0, High: 100}, {Low: 100, High: 200}}, 1)
	assert.InDeltaSlice(t, []float64{1 - rho, (1 - rho) * math.Expm1(rho)}, got, 1e-12)

	for _, dollars := range []int64{1, 10, 1000} { // its mean is the mean
		law, ok := game.RoundLaw([]int64{100 * dollars}, 100)
		require.True(t, ok)
		sum := 0.0
		for k := int64(1); k < 100*dollars; k++ {
			sum += law.Expected([]game.Bin{{Low: 100 * k, High: math.MaxInt64 / 2}}, 1)[0]
		}
		assert.InEpsilon(t, float64(dollars), sum, 1e-6)
	}
	_, ok = game.RoundLaw([]int64{100100}, 100)
	assert.False(t, ok)
}

func TestInterval(t *testing.T) {
	// Mean 3, s = √2.5, t of 4 degrees of freedom 2.776445.
	mean, low, high := game.Interval([]float64{1, 2, 3, 4, 5})
	half := 2.776445105 * math.Sqrt(2.5) / math.Sqrt(5)
	assert.Equal(t, 3.0, mean)
	assert.InDelta(t, 3-half, low, 1e-8)
	assert.InDelta(t, 3+half, high, 1e-8)

	mean, low, high = game.Interval([]float64{7})
	assert.Equal(t, 7.0, mean)
	assert.True(t, math.IsNaN(low) && math.IsNaN(high))
	for _, samples := range [][]float64{nil, {1, math.NaN(), 2}} {
		mean, low, high = game.Interval(samples)
		assert.True(t, math.IsNaN(mean) && math.IsNaN(low) && math.IsNaN(high))
	}
	mean, low, high = game.Interval([]float64{2, 2, 2})
	assert.Equal(t, []float64{2, 2, 2}, []float64{mean, low, high})
}

// TestIntervalCovers: 95 in 100 intervals have the mean in them. Of 4000 that is
// 3800 ± 13.8; four standard deviations are allowed.
func TestIntervalCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 9))
	covered := 0
	samples := make([]float64, 6)
	for range 4000 {
		for i := range samples {
			samples[i] = 3 + r.NormFloat64()
		}
		if _, low, high := game.Interval(samples); low <= 3 && 3 <= high {
			covered++
		}
	}
	assert.InDelta(t, 3800, covered, 56)
}

// approach is a series that goes from 0 to 1 by a share of what is left each round,
// with noise that lasts a few.
func approach(r *rand.Rand, rounds int, rate, noise, lasting float64) []float64 {
	series := make([]float64, rounds)
	e := noise * r.NormFloat64()
	for i := range series {
		e = lasting*e + noise*math.Sqrt(1-lasting*lasting)*r.NormFloat64()
		series[i] = 1 - math.Exp(-rate*float64(i)) + e
	}
	return series
}

// TestSettled: what has settled is said to have in 95 of 100 cases or so, and from
// when it has; what still moves is not.
func TestSettled(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 9))
	count := func(series func() []float64) (settled, from int) {
		for range 500 {
			s := game.Settled(series())
			if s.Settled {
				settled++
			}
			from += s.From
		}
		return settled, from / 500
	}
	for _, rounds := range []int{100, 1000} {
		for _, lasting := range []float64{0, 0.5, 0.8} {
			flat, from := count(func() []float64 { return approach(r, rounds, 1000, 0.01, lasting) })
			assert.Greater(t, flat, 465, "flat, %d rounds, noise lasting %v", rounds, lasting)
			assert.Less(t, from, 20)
			// e^(-0.2·23) is 0.01, the noise.
			quick, from := count(func() []float64 { return approach(r, rounds, 0.2, 0.01, lasting) })
			assert.Greater(t, quick, 460, "quick, %d rounds, noise lasting %v", rounds, lasting)
			assert.InDelta(t, 28, from, 8)
			slow, _ := count(func() []float64 { return approach(r, rounds, 2/float64(rounds), 0.01, lasting) })
			assert.Zero(t, slow, "slow, %d rounds, noise lasting %v", rounds, lasting)
		}
	}
}

func TestSettledAtTheEdges(t *testing.T) {
	assert.Equal(t, game.Settling{Settled: true}, game.Settled(make([]float64, 100)), "what never moves has settled")
	line := make([]float64, 103)
	for i := range line {
		line[i] = float64(i)
	}
	assert.False(t, game.Settled(line).Settled)
	jump := make([]float64, 100)
	for i := range 30 {
		jump[i] = 1
	}
	assert.Equal(t, game.Settling{Settled: true, From: 30}, game.Settled(jump))
	start := make([]float64, 104) // whatever the number of rounds, the start is one of them
	start[0] = 1
	assert.Equal(t, game.Settling{Settled: true, From: 5}, game.Settled(start))
	line[50] = math.NaN()
	for _, series := range [][]float64{nil, make([]float64, 39), line} {
		s := game.Settled(series)
		assert.True(t, !s.Settled && s.From == -1 && math.IsNaN(s.Z))
	}
}
