package game_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/game"
)

// watched fits to all that happens in rounds of a game whose players have the ids 1, 2, …
func watched(r *game.Run, rounds int) *game.Observed {
	f := game.NewFitter()
	for i, b := range r.Start() {
		f.Add(game.Observation{To: int64(i) + 1, Sent: b, Received: b})
	}
	r.Record()
	for range rounds {
		r.Next()
		for _, m := range r.Transfers() {
			f.Add(game.Observation{From: int64(m.From) + 1, To: int64(m.To) + 1, Sent: m.Cents, Received: m.Cents, Gift: m.Kind == game.Donation})
		}
	}
	return f.Fit()
}

// TestKnownProbabilitiesAreFitted: a population that plays known probabilities is fitted
// back to them.
func TestKnownProbabilitiesAreFitted(t *testing.T) {
	for _, n := range []int{12, 60} {
		known := &game.Observed{Rates: map[int64]float64{}, Mean: 0.5, Back: 0.35}
		for i := range n {
			known.Rates[int64(i)+1] = []float64{1, 0.75, 0.5, 0.25, 0.1, 0}[i%6]
		}
		for k := range known.Tenths {
			known.Tenths[k] = float64(19-2*k) / 100
		}
		r, err := game.NewRun(treatment(t, "strategy", "observed", "tax", "0.02"), game.Setup{Start: equal(n, 10_000), Observed: known, Seed: 3})
		require.NoError(t, err)
		fitted := watched(r, 60_000/n*2)
		always := 0.0 // the rate of those who give at each turn
		for id, rate := range known.Rates {
			if rate == 1 {
				always += fitted.Rates[id] / float64(n/6)
			}
		}
		for id, rate := range known.Rates {
			assert.InDelta(t, rate, fitted.Rates[id]/always, 0.06, "%d of %d", id, n)
		}
		assert.InDelta(t, known.Back, fitted.Back, 0.02)
		for k, p := range known.Tenths {
			assert.InDelta(t, p, fitted.Tenths[k], 0.02, k)
		}
		assert.EqualValues(t, r.Moved(), fitted.Gifts)
	}
}

// TestRandomPlayersAreFittedAsRandom: nothing is seen that is not there.
func TestRandomPlayersAreFittedAsRandom(t *testing.T) {
	fitted := watched(begin(t, 40, 5), 2000)
	assert.Less(t, fitted.Back, 0.01)
	for k, p := range fitted.Tenths {
		assert.InDelta(t, 0.1, p, 0.01, k)
	}
	for id, rate := range fitted.Rates {
		assert.InDelta(t, fitted.Mean, rate, fitted.Mean/8, id)
	}
}

// TestFewRows: little is learnt of little, and nothing of nothing.
func TestFewRows(t *testing.T) {
	f := game.NewFitter()
	assert.Nil(t, f.Fit())
	f.Add(game.Observation{To: 4, Sent: 500, Received: 500})
	assert.Nil(t, f.Fit(), "the bank gives nothing")
	f.Add(game.Observation{From: 4, To: 6, Sent: 100, Received: 100, Gift: true})
	f.Add(game.Observation{From: 6, To: 4, Sent: 100, Received: 100, Gift: true})
	f.Add(game.Observation{From: 9, To: 9, Sent: 1, Received: 1, Gift: true})
	o := f.Fit()
	assert.Equal(t, 2, o.Gifts)
	assert.InDelta(t, 2.0/3, o.Mean, 1e-9, "4 could give twice, 6 once")
	assert.InDelta(t, 2/(2+1.5), o.Rates[4], 1e-9)
	assert.InDelta(t, 2/(1+1.5), o.Rates[6], 1e-9)
	assert.InDelta(t, 1/1.5, o.Rates[9], 1e-9, "never had any")
	sum := 0.0
	for _, p := range o.Tenths {
		assert.Positive(t, p)
		sum += p
	}
	assert.InDelta(t, 1, sum, 1e-9)

	// The participants of the database play on; who is not known plays the mean.
	r, err := game.NewRun(treatment(t, "strategy", "observed"), game.Setup{Start: equal(3, 1000), IDs: []int64{4, 6, 77}, Observed: o, Seed: 1})
	require.NoError(t, err)
	for range 100 {
		r.Next()
	}
	assert.Greater(t, r.Moved(), int64(100))
}
