package game

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// playing is a donation game with these dollars, whose first strategy is to be asked.
func playing(t *testing.T, dollars []int64, settings ...string) (*Run, *donating) {
	t.Helper()
	g, err := Find("donation")
	require.NoError(t, err)
	tr := NewTreatment(g)
	for i := 0; i < len(settings); i += 2 {
		require.NoError(t, tr.Set(settings[i], settings[i+1]))
	}
	start := make([]int64, len(dollars))
	for i, d := range dollars {
		start[i] = 100 * d
	}
	r, err := NewRun(tr, Setup{Start: start, Seed: 1})
	require.NoError(t, err)
	return r, r.rules.(*donating)
}

// asked counts to whom a player gives of so many turns at which nothing changes.
func asked(r *Run, d *donating, player, times int) map[int]int {
	counts := map[int]int{}
	for range times {
		other := int(skip(uint64(r.rng.below(len(r.balances)-1)), uint64(player)))
		counts[d.givers[0].choose(r, d, turn{player, other, 100})]++
	}
	return counts
}

func only(to int) map[int]int { return map[int]int{to: 100} }

// alike asserts that choices are those, each about as often: within six deviations.
func alike(t *testing.T, counts map[int]int, among ...int) {
	t.Helper()
	total := 0
	for _, c := range counts {
		total += c
	}
	assert.Len(t, counts, len(among), "%v", counts)
	mean := float64(total) / float64(len(among))
	for _, to := range among {
		assert.InDelta(t, mean, counts[to], 6*math.Sqrt(mean), "%v", counts)
	}
}

func TestSimpleStrategies(t *testing.T) {
	r, d := playing(t, []int64{1, 2, 3, 4})
	alike(t, asked(r, d, 1, 3000), 0, 2, 3)

	r, d = playing(t, []int64{1, 2, 3, 4}, "network", "ring")
	alike(t, asked(r, d, 1, 3000), 0, 2)

	r, d = playing(t, []int64{1, 2, 3, 4}, "strategy", "selfish")
	assert.Equal(t, only(None), asked(r, d, 1, 100))

	r, d = playing(t, []int64{1, 2, 3, 4}, "strategy", "generous")
	for _, to := range []int{3, 0, 1, 3, 0, 1} {
		assert.Equal(t, to, d.givers[0].choose(r, d, turn{2, 0, 100}), "to each other in turn")
	}
	r, d = playing(t, []int64{1, 2, 3, 4}, "strategy", "generous", "group_size", "4")
	alike(t, asked(r, d, 2, 99), 0, 1, 3)

	r, d = playing(t, []int64{1, 2, 3, 4}, "strategy", "noisy", "base", "selfish", "noise", "0.4")
	counts := asked(r, d, 1, 10_000)
	assert.InDelta(t, 7000, counts[None], 300, "of four choices that are alike keeping is one")
	delete(counts, None)
	alike(t, counts, 0, 2, 3)
}

// TestLookingStrategies asks those that look at balances, where they have a tree of all
// and where they look around in a group of all.
func TestLookingStrategies(t *testing.T) {
	for _, reach := range [][]string{{}, {"group_size", "5"}} {
		ask := func(strategy string, dollars []int64, player int) map[int]int {
			r, d := playing(t, dollars, append(reach, "strategy", strategy)...)
			return asked(r, d, player, 1000)
		}
		alike(t, ask("egalitarian", []int64{5, 1, 9, 1, 1}, 0), 1, 3, 4)
		alike(t, ask("egalitarian", []int64{5, 1, 9, 1, 1}, 1), None)
		alike(t, ask("egalitarian", []int64{5, 1, 9, 2, 2}, 0), 1)
		alike(t, ask("egalitarian", []int64{1, 3, 9, 2, 2}, 0), None)
		alike(t, ask("rich-first", []int64{5, 1, 9, 9, 1}, 0), 2, 3)
		alike(t, ask("rich-first", []int64{5, 1, 9, 7, 1}, 2), 3)
	}
	// On a network they see their neighbours only.
	r, d := playing(t, []int64{5, 3, 0, 9, 4}, "strategy", "egalitarian", "network", "ring")
	assert.Equal(t, only(1), asked(r, d, 0, 100))
	r, d = playing(t, []int64{5, 3, 0, 9, 4}, "strategy", "rich-first", "network", "ring")
	assert.Equal(t, only(4), asked(r, d, 0, 100))
}

func TestReciprocal(t *testing.T) {
	r, d := playing(t, []int64{9, 9, 9, 9}, "strategy", "reciprocal")
	next := func() int {
		to := d.givers[0].choose(r, d, turn{0, 2, 100})
		d.memories[0].turned(0, to)
		return to
	}
	assert.Equal(t, None, next(), "nobody gave")
	for _, donor := range []int{3, 1, 3} {
		d.memories[0].turned(donor, 0)
	}
	assert.Equal(t, []int{3, 1, 3, None}, []int{next(), next(), next(), next()}, "a gift for a gift")
	for range debtsKept + 5 {
		d.memories[0].turned(1, 0)
	}
	d.memories[0].turned(2, 0)
	for range debtsKept - 1 {
		assert.Equal(t, 1, next())
	}
	assert.Equal(t, []int{2, None}, []int{next(), next()}, "and no more than it remembers")
}

func TestTitForTat(t *testing.T) {
	r, d := playing(t, []int64{9, 9, 9, 9}, "strategy", "tit-for-tat")
	next := func() int {
		to := d.givers[0].choose(r, d, turn{0, 2, 100})
		d.memories[0].turned(0, to)
		return to
	}
	assert.Equal(t, []int{2, None, None}, []int{next(), next(), next()}, "it begins by giving to anybody")
	d.memories[0].turned(3, 0)
	d.memories[0].turned(1, 0)
	d.memories[0].turned(3, None)
	assert.Equal(t, []int{1, None}, []int{next(), next()})

	// Alone among themselves all go on giving; one that is selfish ends it.
	r, _ = playing(t, []int64{9, 9, 9, 9}, "strategy", "tit-for-tat", "schedule", "round")
	r.Next()
	assert.EqualValues(t, 4, r.Moved())
	r, _ = playing(t, []int64{9, 9}, "strategy", "tit-for-tat:0.5,selfish:0.5", "schedule", "round")
	for r.Next() {
	}
	assert.EqualValues(t, 1, r.Moved())
}

func TestConditionalCooperator(t *testing.T) {
	for _, reach := range [][]string{{}, {"group_size", "4"}} {
		r, d := playing(t, []int64{9, 9, 9, 9}, append(reach, "strategy", "conditional-cooperator")...)
		keeps := func() float64 { return float64(asked(r, d, 0, 10_000)[None]) / 10_000 }
		assert.InDelta(t, 0.5, keeps(), 0.03, "before anything is known")
		for range 3 {
			d.memories[0].turned(1, 2)
			d.memories[0].turned(2, None)
			d.memories[0].turned(0, None)
		}
		d.memories[0].turned(3, 1)
		d.memories[0].turned(3, 1)
		assert.InDelta(t, 0.5, keeps(), 0.03, "it looks at the round before")
		d.memories[0].begin()
		assert.InDelta(t, 3.0/8, keeps(), 0.03, "at what others did")
		d.memories[0].begin()
		assert.InDelta(t, 0.5, keeps(), 0.03)
	}
}

// utility is that of Fehr & Schmidt 1999, equation 1, as it stands there.
func utility(alpha, beta float64, balances []int64, i int, sees []int) float64 {
	u := float64(balances[i])
	for _, j := range sees {
		diff := float64(balances[j] - balances[i])
		u -= alpha/float64(len(sees))*max(diff, 0) + beta/float64(len(sees))*max(-diff, 0)
	}
	return u
}

// TestInequalityAverse compares with all choices tried one by one.
func TestInequalityAverse(t *testing.T) {
	var rng generator
	rng.Seed(1, 1)
	gave, kept := 0, 0
	for k := range 4000 {
		dollars := make([]int64, 6)
		for i := range dollars {
			dollars[i] = int64(rng.below(8))
		}
		alpha, beta := []string{"0", "0.5", "2"}[rng.below(3)], []string{"0.3", "0.9", "1.2", "2.5"}[rng.below(4)]
		settings := []string{"strategy", "inequality-averse", "alpha", alpha, "beta", beta, "multiplier", []string{"0.5", "1", "3"}[k%3]}
		reach := [][]string{{}, {"group_size", "6"}, {"network", "ring", "visible", "neighbours"}, {"network", "ring"}, {"group_size", "3", "visible", "neighbours"}}[rng.below(5)]
		r, d := playing(t, dollars, append(settings, reach...)...)
		player := rng.below(6)
		if r.balances[player] < 100 {
			continue
		}
		reached, sees := []int{}, []int{}
		for j := range dollars {
			if j == player {
				continue
			}
			can := d.reach.can(player, j)
			if can {
				reached = append(reached, j)
			}
			if can || r.Treatment.Text("visible") == "all" {
				sees = append(sees, j)
			}
		}
		a, b := r.Treatment.Number("alpha"), r.Treatment.Number("beta")
		now, best := utility(a, b, r.balances, player, sees), math.Inf(-1)
		with := func(to int) float64 {
			after := append([]int64{}, r.balances...)
			after[player] -= 100
			after[to] += d.received
			return utility(a, b, after, player, sees)
		}
		for _, j := range reached {
			best = max(best, with(j))
		}
		to := d.givers[0].choose(r, d, turn{player, reached[0], 100})
		if best > now+1e-6 {
			gave++
			require.NotEqual(t, None, to, "%v %v", dollars, settings)
			require.InDelta(t, best, with(to), 1e-6, "%v %v", dollars, settings)
		} else {
			kept++
			require.Equal(t, None, to, "%v %v", dollars, settings)
		}
	}
	assert.Greater(t, gave, 500)
	assert.Greater(t, kept, 500)
}

func TestMixtureByLargestRemainder(t *testing.T) {
	_, d := playing(t, make([]int64, 11), "strategy", "random:0.5,selfish:0.3,generous:0.2")
	counts := [3]int{}
	for _, w := range d.which {
		counts[w]++
	}
	assert.Equal(t, [3]int{6, 3, 2}, counts, "5.5, 3.3, 2.2")
}
