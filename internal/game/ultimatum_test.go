package game_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestUltimatumPayoffs: accepted, an offer x of 100 leaves 100 − x; rejected, neither has
// anything (Güth, Schmittberger & Schwarze 1982).
func TestUltimatumPayoffs(t *testing.T) {
	for _, c := range []struct {
		set   string
		offer int64
		does  string
	}{
		{"strategy=selfish", 10, "accept"},
		{"strategy=selfish offer_step=0.01 endowment=1", 0, "accept"}, // a cent
		{"strategy=generous", 100, "accept"},
		{"strategy=egalitarian", 50, "accept"},
		{"strategy=reciprocal", 0, "reject"},
		{"strategy=conditional-cooperator", 50, "accept"},
	} {
		r := began(t, "ultimatum", 2, c.set)
		one, other := both(t, r, "offer")
		assert.Equal(t, c.does, other.Choice, c.set)
		assert.Equal(t, c.offer, one.Cost/100, c.set)
		pie := r.Treatment.Cents("endowment")
		if c.does == "reject" {
			assert.Empty(t, r.Transfers(), c.set)
			pie = 0
		}
		assert.Equal(t, one.Cost, earned(other), c.set)
		assert.Equal(t, pie-one.Cost, earned(one), c.set)
	}
}

// TestFehrSchmidtUltimatum is proposition 1 of Fehr & Schmidt 1999: an offer is accepted
// from α/(1+2α) of it on; the proposer offers a half where β > 1/2, and else what is just
// accepted; here on the next step.
func TestFehrSchmidtUltimatum(t *testing.T) {
	for _, alpha := range []float64{0, 0.1, 0.25, 1.0 / 3, 0.85, 4} {
		for _, beta := range []float64{0, 0.315, 0.49, 0.51, 0.9} {
			r := began(t, "ultimatum", 2, fmt.Sprintf("strategy=inequality-averse offer_step=1 alpha=%g beta=%g", alpha, beta))
			one, other := both(t, r, "offer")
			want := math.Ceil(100*alpha/(1+2*alpha) - 1e-9)
			if beta > 0.5 {
				want = 50
			}
			assert.Equal(t, int64(want)*100, one.Cost, "α=%g β=%g", alpha, beta)
			assert.Equal(t, "accept", other.Choice, "α=%g β=%g", alpha, beta)
		}
	}
	// Only where α is small enough is the least step of a selfish proposer accepted.
	for alpha, does := range map[float64]string{0.12: "accept", 0.13: "reject"} { // α/(1+2α) = 1/10 at α = 1/8
		r := began(t, "ultimatum", 2, fmt.Sprintf("strategy=selfish:0.5,inequality-averse:0.5 alpha=%g beta=0.3", alpha))
		seen := 0
		for r.Next() {
			for _, d := range r.Decisions() {
				if d.Choice == "offer" && d.Cost == 1000 && r.Decisions()[d.Recipient].Choice == does {
					seen++
				}
			}
		}
		assert.GreaterOrEqual(t, seen, 50, "α=%g: in each round that the selfish one proposes", alpha)
	}
}

// TestRandomUltimatum: each of the eleven offers alike (a chi-square test with 10 degrees
// of freedom, whose 99.99 % quantile is 35.6), accepted as often as the offer is large.
func TestRandomUltimatum(t *testing.T) {
	r := began(t, "ultimatum", 2000, "rounds=20")
	offers, accepted := make([]float64, 11), make([]float64, 11)
	for r.Next() {
		for _, d := range r.Decisions() {
			if d.Choice == "offer" {
				offers[d.Cost/1000]++
				if d.Benefit > 0 || r.Decisions()[d.Recipient].Choice == "accept" {
					accepted[d.Cost/1000]++
				}
			}
		}
	}
	chi := 0.0
	for k, n := range offers {
		mean := 20000.0 / 11
		chi += (n - mean) * (n - mean) / mean
		assert.InDelta(t, float64(k)/10, accepted[k]/n, 0.06, "offer %d", k)
	}
	assert.Less(t, chi, 35.6)
	require.NoError(t, r.Err())
}
