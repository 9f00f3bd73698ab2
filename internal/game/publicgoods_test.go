package game_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/game"
)

// TestPublicGoodsPayoffs holds each payoff against π = e − c + (m/n) Σ c (Isaac, Walker &
// Thomas 1984; Ledyard 1995, equation 1).
func TestPublicGoodsPayoffs(t *testing.T) {
	for _, c := range []struct {
		set   string
		n     int64
		tenth int64 // m in tenths
	}{{"", 3, 18}, {"group_size=4 multiplier=1.6", 4, 16}, {"group_size=7 multiplier=0.3", 7, 3}, {"group_size=2 multiplier=5", 2, 50}} {
		r := began(t, "public-goods", 28, "strategy=random endowment=100.01 rounds=50 "+c.set)
		for r.Next() {
			totals := map[int32]int64{}
			for _, d := range r.Decisions() {
				totals[d.Group] += d.Cost
			}
			for _, d := range r.Decisions() {
				if d.Group == game.None {
					continue
				}
				share := c.tenth * totals[d.Group] / (10 * c.n)
				require.Equal(t, 10001-d.Cost+share, earned(d), "%s", c.set)
				require.Equal(t, c.tenth*d.Cost*(c.n-1)/(10*c.n), d.Benefit, "what the others got of it")
			}
		}
	}
}

// TestPublicGoodsByHand has the corners of oTree's sample: three with 100 and 1.8.
func TestPublicGoodsByHand(t *testing.T) {
	for strategy, want := range map[string]int64{"generous": 18000, "selfish": 10000, "egalitarian": 5000 + 9000} {
		for _, d := range next(t, began(t, "public-goods", 3, "strategy="+strategy)) {
			assert.Equal(t, want, earned(d[0]), strategy)
		}
	}
	r := began(t, "public-goods", 3, "strategy=generous:0.666,selfish:0.334")
	decided := next(t, r)
	assert.EqualValues(t, 12000, earned(decided["contribute"][0]), "0 kept, 120 of the pot")
	assert.EqualValues(t, 22000, earned(decided[game.Keep][0]), "who rides free has 100 more")
	assert.Len(t, r.Transfers(), 8, "endowments and shares of three, contributions of two")

	// An amount below a cent stays with the bank: 1.8 × 0.02 / 3 is 1.2 cents.
	decided = next(t, began(t, "public-goods", 3, "strategy=generous:0.334,selfish:0.666 endowment=0.02"))
	assert.EqualValues(t, 1, earned(decided["contribute"][0]))

	// Where m > n contributing is what the selfish do.
	assert.Len(t, next(t, began(t, "public-goods", 3, "strategy=selfish multiplier=3.1"))["contribute"], 3)
}

// TestFehrSchmidtPublicGoods is proposition 4 of Fehr & Schmidt 1999 for marginal return
// a = m/n, k of n players selfish, and the others alike: with β < 1 − a they contribute
// nothing; with β > 1 − a they contribute as much as each other, if and only if k/(n−1)
// is less than (a+β−1)/(α+β).
func TestFehrSchmidtPublicGoods(t *testing.T) {
	contributing := 0
	for _, alpha := range []float64{0, 0.4, 0.85, 2} {
		for _, beta := range []float64{0, 0.1, 0.3, 0.6, 0.9} {
			for _, n := range []int{3, 5, 8} {
				for k := range n - 1 {
					a := 0.63
					bound := (a + beta - 1) / (alpha + beta)
					if math.Abs(float64(k)/float64(n-1)-bound) < 1e-6 {
						continue
					}
					share := float64(k) / float64(n)
					r := began(t, "public-goods", n, fmt.Sprintf("group_size=0 multiplier=%.2f alpha=%g beta=%g strategy=selfish:%g,inequality-averse:%g",
						a*float64(n), alpha, beta, share, 1-share))
					for range 3 {
						next(t, r)
					}
					want, givers := int64(0), 0
					if beta > 1-a && float64(k)/float64(n-1) < bound {
						want, givers = 5000, n-k
						contributing++
					}
					got := 0
					for _, c := range costs(r) {
						if c > 0 {
							got++
							assert.Equal(t, want, c)
						}
					}
					assert.Equal(t, givers, got, "α=%g β=%g n=%d k=%d", alpha, beta, n, k)
				}
			}
		}
	}
	assert.Greater(t, contributing, 20)
}

// TestPunishment holds payoffs against π = e − c + (m/n) Σ c − 1·(points given) − 3·(points
// got) (Fehr & Gächter 2002).
func TestPunishment(t *testing.T) {
	// Two contribute 50 of 100 and have 50 + 60; the third has 160. It is half an
	// endowment below them, and gets half of the points from each.
	set := "punishment=yes strategy=conditional-cooperator:0.666,selfish:0.334"
	decided := next(t, began(t, "public-goods", 3, set))
	assert.EqualValues(t, 11000-5*100, earned(decided["contribute"][0]))
	assert.EqualValues(t, 16000-10*300, earned(decided[game.Keep][0]))

	decided = next(t, began(t, "public-goods", 3, set+" punishment_cost=2 punishment_effect=7 punishment_points=4"))
	assert.EqualValues(t, 11000-2*200, earned(decided["contribute"][0]))
	assert.EqualValues(t, 16000-4*700, earned(decided[game.Keep][0]))

	// Nobody loses or spends more than it has.
	decided = next(t, began(t, "public-goods", 3, set+" punishment_cost=30 punishment_effect=1000"))
	assert.EqualValues(t, 11000-3*3000, earned(decided["contribute"][0]), "four points are more than it has")
	assert.EqualValues(t, 0, earned(decided[game.Keep][0]))

	// Without who contributes less nobody is punished; the selfish never punish.
	for _, strategy := range []string{"tit-for-tat", "selfish", "selfish:0.5,generous:0.5"} {
		one := began(t, "public-goods", 6, "punishment=yes strategy="+strategy)
		other := began(t, "public-goods", 6, "strategy="+strategy)
		next(t, one)
		next(t, other)
		assert.Equal(t, other.Balances(), one.Balances(), strategy)
	}
}

// TestFehrSchmidtPunishment: an inequality-averse player makes payoffs equal where a
// dollar less of another costs less than α / ((n−1)(1+α)), here a third (Fehr & Schmidt
// 1999, proposition 5).
func TestFehrSchmidtPunishment(t *testing.T) {
	for alpha, points := range map[float64]int64{1.9: 0, 2.1: 10} { // α / 2(1+α) = 1/3 at α = 2
		r := began(t, "public-goods", 3, fmt.Sprintf(
			"punishment=yes punishment_points=10 endowment=40 alpha=%g beta=0.9 multiplier=2.4 strategy=inequality-averse:0.666,selfish:0.334", alpha))
		decided := next(t, r)
		rich, poor := decided[game.Keep][0], decided["contribute"][0]
		require.EqualValues(t, 2000, poor.Cost)
		assert.EqualValues(t, 5200-points*100, earned(poor))
		assert.EqualValues(t, 7200-2*points*300, earned(rich))
	}
}
