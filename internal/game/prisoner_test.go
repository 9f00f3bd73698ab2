package game_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestPrisonersPayoffs is the matrix of Rapoport & Chammah 1965 with oTree's amounts.
func TestPrisonersPayoffs(t *testing.T) {
	for strategy, want := range map[string]map[string]int64{
		"generous": {"cooperate": 20000}, "selfish": {"defect": 10000}, "selfish:0.5,generous:0.5": {"defect": 30000, "cooperate": 0},
	} {
		decided := next(t, began(t, "prisoner", 2, "strategy="+strategy))
		assert.Len(t, decided, len(want))
		for choice, cents := range want {
			assert.Equal(t, cents, earned(decided[choice][0]), "%s %s", strategy, choice)
		}
		if d := decided["cooperate"]; d != nil {
			assert.EqualValues(t, 10000, d[0].Cost, "T − R, and P − S")
			assert.EqualValues(t, 20000, d[0].Benefit, "R − S, and T − P")
			assert.EqualValues(t, 1, d[0].Gifts)
		}
	}
}

// plays is what each of two does in some rounds: C or D.
func plays(t *testing.T, set string) (all []string) {
	t.Helper()
	r := began(t, "prisoner", 2, "rounds=6 "+set)
	all = []string{"", ""}
	for r.Next() {
		for i, d := range r.Decisions() {
			all[i] += map[string]string{"cooperate": "C", "defect": "D"}[d.Choice]
		}
	}
	return all
}

// TestPrisonersInTurn: two of tit-for-tat cooperate for ever, one is exploited once
// (Axelrod & Hamilton 1981); reciprocal players wait for each other.
func TestPrisonersInTurn(t *testing.T) {
	for strategy, want := range map[string][]string{
		"tit-for-tat":                            {"CCCCCC", "CCCCCC"},
		"selfish:0.5,tit-for-tat:0.5":            {"DDDDDD", "CDDDDD"},
		"reciprocal":                             {"DDDDDD", "DDDDDD"},
		"reciprocal:0.5,tit-for-tat:0.5":         {"DCDCDC", "CDCDCD"},
		"reciprocal:0.5,generous:0.5":            {"DCCCCC", "CCCCCC"},
		"conditional-cooperator:0.5,generous:.5": {"CCCCCC", "CCCCCC"},
	} {
		assert.ElementsMatch(t, want, plays(t, "strategy="+strategy), strategy)
	}
}

// TestFehrSchmidtPrisoners: with who cooperates an inequality-averse player does so, too,
// where R > T − β (T − S), that is β > 1/3 (Fehr & Schmidt 1999).
func TestFehrSchmidtPrisoners(t *testing.T) {
	for beta, last := range map[float64]string{0.3: "D", 0.36: "C"} {
		all := plays(t, fmt.Sprintf("alpha=0.1 beta=%g strategy=inequality-averse:0.5,generous:0.5", beta))
		assert.ElementsMatch(t, []string{"C", last}, []string{all[0][5:], all[1][5:]})
	}
	assert.Equal(t, []string{"DDDDDD", "DDDDDD"}, plays(t, "strategy=inequality-averse alpha=4 beta=0.2"))
}

// TestRandomPrisoners toss a coin.
func TestRandomPrisoners(t *testing.T) {
	r := began(t, "prisoner", 1000, "rounds=10")
	n := 0
	for r.Next() {
		for _, d := range r.Decisions() {
			if d.Choice == "cooperate" {
				n++
			}
		}
	}
	assert.InDelta(t, 5000, n, 250) // five standard deviations
}
