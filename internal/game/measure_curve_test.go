package game_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"exptool/internal/game"
)

// lorenz and histogram are those of a meter of their own.
func lorenz(balances []int64, points int) []game.Point {
	return new(game.Meter).Lorenz(balances, points)
}

func histogram(balances []int64, unit int64, bins int) []game.Bin {
	return new(game.Meter).Histogram(balances, unit, bins)
}

func TestLorenz(t *testing.T) {
	assert.Equal(t, []game.Point{{0, 0}, {0.25, 0.1}, {0.5, 0.3}, {0.75, 0.6}, {1, 1}}, lorenz([]int64{4, 3, 2, 1}, 5))
	assert.Equal(t, []game.Point{{0, 0}, {0.5, 0.3125}, {1, 1}}, lorenz([]int64{4, 1, 3}, 3), "1 and half of 3, of 8: straight between players")
	assert.Equal(t, []game.Point{{0, 0}, {0.5, -0.5}, {1, 1}}, lorenz([]int64{-1, 3}, 3), "below 0 with debt")
	assert.Nil(t, lorenz([]int64{0, 0}, 5))
	assert.Nil(t, lorenz([]int64{-1, 1}, 5))
	assert.Nil(t, lorenz(nil, 5))
	assert.Nil(t, lorenz([]int64{1}, 1))
}

// TestLorenzAndGini: the Gini is twice the area between the curve and the line of
// equality, and all of the curve is drawn where it has a point for each player.
func TestLorenzAndGini(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 200 {
		balances := random(r, 1+r.IntN(50))
		curve := lorenz(balances, len(balances)+1)
		area := 0.0
		for i := 1; i < len(curve); i++ {
			area += (curve[i].X - curve[i-1].X) * (curve[i].Y + curve[i-1].Y) / 2
		}
		if curve != nil {
			gini := measure(balances).Gini
			assert.InDelta(t, gini, 1-2*area, 1e-9*(1+gini))
		}
	}
}

func TestHistogram(t *testing.T) {
	assert.Equal(t, []game.Bin{{0, 100, 2}, {100, 200, 1}, {200, 300, 0}, {300, 400, 1}},
		histogram([]int64{0, 300, 100, 0}, 100, 10))
	assert.Equal(t, []game.Bin{{-200, 0, 1}, {0, 200, 3}, {200, 400, 1}},
		histogram([]int64{-1, 0, 199, 100, 399}, 100, 3), "the width is a multiple of the unit, edges of the width")
	assert.Equal(t, []game.Bin{{0, 5000, 1}, {5000, 10000, 0}, {10000, 15000, 1}}, histogram([]int64{100, 12300}, 100, 3))
	assert.Nil(t, histogram(nil, 100, 10))
	assert.Nil(t, histogram([]int64{1}, 0, 10))
	assert.Nil(t, histogram([]int64{1}, 1, 0))

	r := rand.New(rand.NewPCG(5, 5))
	for range 300 {
		balances := random(r, 1+r.IntN(50))
		bins := histogram(balances, 100, 1+r.IntN(40))
		players := 0
		for i, b := range bins {
			players += b.Players
			assert.True(t, i == 0 || b.Low == bins[i-1].High)
		}
		assert.Equal(t, len(balances), players)
		assert.LessOrEqual(t, bins[0].Low, slices.Min(balances))
		assert.Greater(t, bins[len(bins)-1].High, slices.Max(balances))
	}
}

func TestMoves(t *testing.T) {
	rose, fell, same := game.Moves([]int64{1, 2, 3, 4}, []int64{2, 1, 3, 9})
	assert.Equal(t, []int{2, 1, 1}, []int{rose, fell, same})
}

func TestMobility(t *testing.T) {
	for _, c := range []struct {
		start, end []int64
		want       float64
	}{
		{[]int64{1, 2, 3}, []int64{10, 20, 99}, 1},
		{[]int64{1, 2, 3}, []int64{3, 2, 1}, -1},
		{[]int64{1, 2, 3, 4}, []int64{2, 1, 4, 3}, 0.6},             // 1 - 6·4/(4·15)
		{[]int64{1, 2, 2, 3}, []int64{1, 2, 3, 4}, 0.9486832980505}, // ranks 1, 2.5, 2.5, 4: 4.5/√(4.5·5)
		{[]int64{5, 5, 5}, []int64{1, 2, 3}, math.NaN()},
		{[]int64{1, 2, 3}, []int64{0, 0, 0}, math.NaN()},
		{[]int64{1}, []int64{2}, math.NaN()},
		{nil, nil, math.NaN()},
	} {
		assertFloat(t, c.want, new(game.Meter).Mobility(c.start, c.end), 1e-12, "mobility")
	}
}

// midranks are the ranks by definition: how many have less, and half of those who
// have the same, and oneself.
func midranks(balances []int64) []float64 {
	all := make([]float64, len(balances))
	for i, x := range balances {
		all[i] = 0.5
		for _, y := range balances {
			if y < x {
				all[i]++
			} else if y == x {
				all[i] += 0.5
			}
		}
	}
	return all
}

// TestMobilityByRanks compares with Pearson's correlation of ranks, in games whose
// balances are counted and whose are sorted, in parts, and one of each.
func TestMobilityByRanks(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	var m game.Meter
	for range 300 {
		n := 2 + r.IntN(300)
		start, end := random(r, n), random(r, n)
		if r.IntN(2) == 0 {
			for i := range end {
				end[i] += start[i]
			}
		}
		a, b := midranks(start), midranks(end)
		mean := float64(n+1) / 2
		both, aa, bb := 0.0, 0.0, 0.0
		for i := range a {
			both += (a[i] - mean) * (b[i] - mean)
			aa += (a[i] - mean) * (a[i] - mean)
			bb += (b[i] - mean) * (b[i] - mean)
		}
		want := both / math.Sqrt(aa*bb) // 0/0 is NaN
		assertFloat(t, want, m.Mobility(start, end), 1e-9, "mobility")
		if aa > 0 {
			assert.Equal(t, 1.0, m.Mobility(start, start))
		}
	}
}
