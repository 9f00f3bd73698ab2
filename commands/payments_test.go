package commands

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
)

// TestPaymentsAreAsPsyNetReckonsThem: every calculate_reward and amount_paid that PsyNet
// itself gave, and nothing due to whom it has paid a bonus.
func TestPaymentsAreAsPsyNetReckonsThem(t *testing.T) {
	for _, fixture := range []string{"tutorial", "static"} {
		var rewards map[string]struct {
			CalculateReward float64 `json:"calculate_reward"`
			AmountPaid      float64 `json:"amount_paid"`
		}
		require.NoError(t, json.Unmarshal(readTruth(t, fixture).Queries["participant rewards"], &rewards))
		var rows []struct {
			Participant int
			Bot         bool
			Earned      float64
			Base        float64 `json:"base_payment"`
			Bonus, Due  float64
		}
		newRunner(t, pgtest.DB(t, fixture)).json(&rows, "payments", "--people", "--format", "json")
		require.Len(t, rows, len(rewards))
		paid := 0
		for _, r := range rows {
			expect := rewards[strconv.Itoa(r.Participant)]
			assert.Equal(t, math.Round(expect.CalculateReward*100), math.Round(r.Earned*100), "%s %d", fixture, r.Participant)
			assert.InDelta(t, expect.AmountPaid, r.Base+r.Bonus, 1e-9, "%s %d", fixture, r.Participant)
			if r.Bonus > 0 {
				paid++
				assert.Zero(t, r.Due, "%s %d", fixture, r.Participant)
			}
		}
		assert.Greater(t, paid, 3)
	}
}
