package game

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestStructures compares the trees with plain sorting, while balances change.
func TestStructures(t *testing.T) {
	var rng generator
	rng.Seed(3, 1)
	for _, n := range []int{2, 3, 8, 13, 100} {
		balances := make([]int64, n)
		low, high, all := newTournament(n, 1), newTournament(n, -1), newRanking(n)
		s := standings{low, high, all}
		s.fill(balances)
		for range 500 {
			i := rng.below(n)
			balances[i] = int64(rng.below(7)) - 2
			s.changed(balances, i)
			order := places(n)
			slices.SortStableFunc(order, func(a, b int32) int { return int(balances[a] - balances[b]) })
			x, count, sum := int64(rng.below(9)-3), 0, int64(0)
			for k, p := range order {
				require.Equal(t, int(p), all.at(k))
				require.Equal(t, k, all.before(int(p)))
				if balances[p] < x {
					count++
					sum += balances[p]
				}
			}
			c, s := all.below(x)
			require.Equal(t, []int64{int64(count), sum}, []int64{int64(c), s})

			player := rng.below(n)
			others := slices.DeleteFunc(order, func(p int32) bool { return int(p) == player })
			poorest, richest := low.other(&rng, player), high.other(&rng, player)
			require.NotContains(t, []int{poorest, richest}, player)
			require.Equal(t, balances[others[0]], balances[poorest])
			require.Equal(t, balances[others[n-2]], balances[richest])
			k := rng.below(n - 1)
			other := all.other(&rng, player, k)
			require.NotEqual(t, player, other)
			require.Equal(t, balances[others[k]], balances[other])
		}
	}
}

// TestTiesAreAlike: of equals each is drawn as often, whoever asks.
func TestTiesAreAlike(t *testing.T) {
	r, d := playing(t, []int64{2, 1, 1, 2, 1, 7}, "strategy", "egalitarian")
	alike(t, asked(r, d, 0, 6000), 1, 2, 4)
	r, d = playing(t, []int64{2, 1, 1, 2, 1, 7}, "strategy", "inequality-averse", "beta", "3")
	alike(t, asked(r, d, 3, 6000), 1, 2, 4)
	alike(t, func() map[int]int {
		counts := map[int]int{}
		for range 6000 {
			counts[d.standings.ranking.other(&r.rng, 1, 0)]++
		}
		return counts
	}(), 2, 4)
}

// TestRankingStaysLow: a question costs O(log n) however many players there are. The
// expected depth of a node of a treap is below 2 ln n.
func TestRankingStaysLow(t *testing.T) {
	var rng generator
	rng.Seed(1, 1)
	for _, n := range []int{1000, 100_000} {
		all := newRanking(n)
		all.fill(make([]int64, n)) // all equal, as most games begin
		for range 2 * n {
			all.set(rng.below(n), int64(rng.below(50)))
		}
		var depths func(v int32, depth int) int
		depths = func(v int32, depth int) int {
			if v == 0 {
				return 0
			}
			return depth + depths(all.nodes[v].left, depth+1) + depths(all.nodes[v].right, depth+1)
		}
		assert.Less(t, float64(depths(all.root, 0))/float64(n), 2*math.Log(float64(n)))
	}
}

// TestDrawsAreUniform is a chi-square test of the draws from one word; 41 degrees of
// freedom have the 99.99 % quantile 84.
func TestDrawsAreUniform(t *testing.T) {
	var rng generator
	rng.Seed(9, 1)
	var two, four, one [42]float64
	const draws = 420_000
	for range draws {
		i, k := rng.two(7, 6)
		two[i*6+k]++
		_, k, i, _ = rng.four(7, 6)
		four[i*6+k]++
		one[rng.below(42)]++
	}
	for _, counts := range [][42]float64{one, two, four} {
		sum := 0.0
		for _, c := range counts {
			sum += (c - draws/42) * (c - draws/42) / (draws / 42)
		}
		assert.Less(t, sum, 84.0)
	}
	assert.EqualValues(t, 0, rejected(1<<20), "a power of two divides the words")
	assert.EqualValues(t, 1, rejected(3))

	// The first words of xoshiro256++ with the state 1, 2, 3, 4, from its authors' program.
	g := generator{1, 2, 3, 4}
	assert.Equal(t, []uint64{41943041, 58720359, 3588806011781223, 3591011842654386}, []uint64{g.Uint64(), g.Uint64(), g.Uint64(), g.Uint64()})
	for drawn := range uint64(5) {
		assert.NotEqual(t, uint64(2), skip(drawn, 2))
	}
}
