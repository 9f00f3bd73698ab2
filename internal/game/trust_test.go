package game_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/game"
)

// both are the decisions of a pair's sender and trustee, or proposer and responder, by
// what the first is called.
func both(t *testing.T, r *game.Run, first string) (one, other game.Decision) {
	t.Helper()
	decided := next(t, r)
	require.Len(t, decided[first], 1)
	return decided[first][0], r.Decisions()[decided[first][0].Recipient]
}

// TestTrustPayoffs: the sender has e − s + r and the trustee m s − r (Berg, Dickhaut &
// McCabe 1995, who gave the trustee an endowment, too).
func TestTrustPayoffs(t *testing.T) {
	for _, c := range []struct {
		set                         string
		sent, back, sender, trustee int64
	}{
		{"strategy=generous", 100, 300, 300, 0},
		{"strategy=egalitarian", 50, 50, 100, 100},
		{"strategy=egalitarian trustee_endowment=100", 50, 100, 150, 150},
		{"strategy=egalitarian multiplier=2", 50, 25, 75, 75},
		{"strategy=tit-for-tat", 100, 300, 300, 0},
		{"strategy=conditional-cooperator", 50, 75, 125, 75},
		{"strategy=generous multiplier=0.5", 100, 50, 50, 0},
		// A trustee with β > 1/2 makes both equal, who sends expects half of what grew.
		{"strategy=inequality-averse beta=0.6", 100, 150, 150, 150},
		{"strategy=inequality-averse beta=0.4", 100, 0, 0, 300},
	} {
		r := began(t, "trust", 2, c.set)
		one, other := both(t, r, "send")
		assert.Equal(t, []int64{c.sent, c.back, c.sender, c.trustee}, []int64{one.Cost / 100, other.Cost / 100, earned(one) / 100, earned(other) / 100}, c.set)
		assert.EqualValues(t, float64(one.Cost)*r.Treatment.Number("multiplier"), one.Benefit, c.set)
	}
	// In the subgame-perfect equilibrium nothing is sent, and there is nothing to return.
	r := began(t, "trust", 2, "strategy=selfish")
	decided := next(t, r)
	assert.EqualValues(t, 10000, earned(decided[game.Keep][0]))
	assert.EqualValues(t, 0, earned(decided[game.NoTurn][0]))
	assert.Len(t, r.Transfers(), 1)

	r = began(t, "trust", 200, "strategy=random rounds=20")
	for r.Next() {
		for _, d := range r.Decisions() {
			if d.Choice == "send" {
				back := r.Decisions()[d.Recipient].Cost
				require.Equal(t, 10000-d.Cost+back, earned(d))
				require.Equal(t, 3*d.Cost-back, earned(r.Decisions()[d.Recipient]))
			}
		}
	}
}

// TestTrustIsLearnt: an inequality-averse sender expects what it got back last: nothing,
// and sends nothing more.
func TestTrustIsLearnt(t *testing.T) {
	r := began(t, "trust", 40, "strategy=inequality-averse:0.5,selfish:0.5 roles=fixed rounds=3 beta=0.2")
	assert.NotEmpty(t, next(t, r)["send"])
	assert.Empty(t, next(t, r)["send"])
}
