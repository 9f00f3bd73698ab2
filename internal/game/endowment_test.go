package game_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/game"
)

func draws(e game.Endowment, seed uint64, n int) []int64 {
	all := make([]int64, n)
	for i := range all {
		all[i] = e.Draw(seed, int64(i+1))
	}
	return all
}

func TestEndowmentsStayInside(t *testing.T) {
	for _, d := range game.Distributions() {
		e := game.Endowment{Distribution: game.Distribution(d), Min: 1, Max: 100}
		require.NoError(t, e.Check(1000))
		all := draws(e, 42, 20000)
		assert.GreaterOrEqual(t, slices.Min(all), int64(1), d)
		assert.LessOrEqual(t, slices.Max(all), int64(100), d)
		assert.Equal(t, all, draws(e, 42, 20000), "the same seed gives the same dollars")
		if d != "equal" {
			assert.NotEqual(t, all, draws(e, 43, 20000))
		}
	}
}

// TestUniformIsUniform is a chi-square test with 99 degrees of freedom, whose
// 99.99 % quantile is 161.
func TestUniformIsUniform(t *testing.T) {
	counts := make([]float64, 101)
	for _, x := range draws(game.Endowment{Distribution: game.Uniform, Min: 1, Max: 100}, 7, 100000) {
		counts[x]++
	}
	sum := 0.0
	for _, c := range counts[1:] {
		sum += (c - 1000) * (c - 1000) / 1000
	}
	assert.Less(t, sum, 161.0)
}

func TestMomentsOfEndowments(t *testing.T) {
	mean := func(all []int64) float64 {
		sum := int64(0)
		for _, x := range all {
			sum += x
		}
		return float64(sum) / float64(len(all))
	}
	normal := draws(game.Endowment{Distribution: game.Normal, Min: 0, Max: 60}, 1, 100000)
	m, variance := mean(normal), 0.0
	for _, x := range normal {
		variance += (float64(x) - m) * (float64(x) - m) / float64(len(normal))
	}
	assert.InDelta(t, 30, m, 0.2)
	assert.InDelta(t, 9.87, math.Sqrt(variance), 0.15, "10, less what is cut off at three of them, and a little for rounding")

	// Half of a Pareto law lies below Min·2^(1/α) = 10·1.817.
	pareto := draws(game.Endowment{Distribution: game.Pareto, Min: 10, Max: 1000000}, 1, 100000)
	slices.Sort(pareto)
	assert.InDelta(t, 18, pareto[50000], 1)
	assert.EqualValues(t, 50, game.Endowment{Distribution: game.Equal, Min: 1, Max: 100}.Draw(1, 1))
}

func TestImpossibleEndowments(t *testing.T) {
	for _, e := range []game.Endowment{
		{"zipf", 1, 2}, {game.Uniform, -1, 2}, {game.Uniform, 3, 2}, {game.Uniform, 0, 0}, {game.Uniform, 1, 1001}, {game.Pareto, 0, 9},
	} {
		assert.Error(t, e.Check(1000), "%v", e)
	}
}
