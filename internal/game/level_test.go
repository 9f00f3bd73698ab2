package game_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/game"
)

// TestSharesOfStrategies counts who is who by what they contribute: 3.4 and 6.6 of ten
// are 3 and 7, in an order that the seed draws.
func TestSharesOfStrategies(t *testing.T) {
	who := map[string]bool{}
	for seed := range uint64(20) {
		r, err := newRun(treated(t, "public-goods", "group_size=0 strategy=selfish:0.34,generous:0.66"), make([]int64, 10), seed)
		require.NoError(t, err)
		r.Record()
		decided := next(t, r)
		require.Len(t, decided[game.Keep], 3)
		require.Len(t, decided["contribute"], 7)
		order := ""
		for _, d := range r.Decisions() {
			order += d.Choice[:1]
			require.EqualValues(t, game.None, d.Group, "all are one group")
		}
		who[order] = true
	}
	assert.Greater(t, len(who), 10)
	r := began(t, "public-goods", 4, "group_size=0 strategy=selfish:0.3333333333,generous:0.3333333333,egalitarian:0.3333333334")
	assert.Len(t, next(t, r)[game.Keep], 1, "a third of four and what is left over: to the largest remainder, which is not the first")
}

// TestFirstAndNextLevels has what each strategy does first, and when another keeps all
// and gives all.
func TestFirstAndNextLevels(t *testing.T) {
	for _, c := range []struct {
		strategy             string
		first, harsh, lavish int64
	}{
		{"selfish", 0, 0, 0},
		{"generous", 100, 100, 100},
		{"egalitarian", 50, 50, 50},
		{"reciprocal", 0, 0, 100},
		{"tit-for-tat", 100, 0, 100},
		{"conditional-cooperator", 50, 0, 100},
		{"inequality-averse", 50, 0, 100}, // β is more than 1 − m/n = 0.1
		{"noisy noise=0", 100, 0, 100},    // its base is tit-for-tat
	} {
		for other, second := range map[string]int64{"selfish": c.harsh, "generous": c.lavish} {
			if c.strategy == other {
				continue
			}
			r := began(t, "public-goods", 2, "group_size=2 strategy="+other+":0.5,"+withShare(c.strategy))
			next(t, r)
			lavish := map[string]int64{"selfish": 0, "generous": 10000}[other]
			first := costs(r)
			require.Contains(t, first, lavish)
			assert.Contains(t, first, c.first*100, "%s first", c.strategy)
			next(t, r)
			assert.ElementsMatch(t, []int64{lavish, second * 100}, costs(r), "%s after %s", c.strategy, other)
		}
	}
}

func withShare(strategy string) string {
	for i, c := range strategy {
		if c == ' ' {
			return strategy[:i] + ":0.5" + strategy[i:]
		}
	}
	return strategy + ":0.5"
}

func costs(r *game.Run) (all []int64) {
	for _, d := range r.Decisions() {
		all = append(all, d.Cost)
	}
	return all
}

// TestRandomLevels: any contribution alike, so a mean of a half and a variance of a
// twelfth; with noise so is that part of the decisions.
func TestRandomLevels(t *testing.T) {
	r := began(t, "public-goods", 3000, "strategy=random rounds=10")
	n, mean, square := 0.0, 0.0, 0.0
	for r.Next() {
		for _, c := range costs(r) {
			x := float64(c) / 10000
			n, mean, square = n+1, mean+x, square+x*x
		}
	}
	mean /= n
	assert.InDelta(t, 0.5, mean, 0.008) // five standard errors
	assert.InDelta(t, 1.0/12, square/n-mean*mean, 0.003)

	r = began(t, "public-goods", 3000, "strategy=noisy noise=0.2 base=selfish rounds=10")
	some := 0
	for r.Next() {
		for _, c := range costs(r) {
			if c > 0 {
				some++
			}
		}
	}
	assert.InDelta(t, 0.2, float64(some)/30000, 0.012)
}
