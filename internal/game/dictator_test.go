package game_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/game"
)

// TestDictator: who divides 100 has 100 − x and the other x (Forsythe et al. 1994). An
// inequality-averse dictator gives half where β > 1/2, else nothing (Fehr & Schmidt
// 1999, section III).
func TestDictator(t *testing.T) {
	for set, gift := range map[string]int64{
		"strategy=selfish": 0, "strategy=generous": 10000, "strategy=egalitarian": 5000, "strategy=tit-for-tat": 10000,
		"strategy=inequality-averse beta=0.49": 0, "strategy=inequality-averse beta=0.51 alpha=3": 5000,
	} {
		r := began(t, "dictator", 2, set)
		next(t, r)
		if gift == 0 {
			assert.Len(t, r.Transfers(), 1, set)
		}
		for _, d := range r.Decisions() {
			if d.Choice == game.NoTurn {
				assert.Equal(t, gift, earned(d), set)
				continue
			}
			assert.Equal(t, 10000-gift, earned(d), set)
			assert.Equal(t, [2]int64{gift, gift}, [2]int64{d.Cost, d.Benefit}, set)
			assert.Equal(t, map[bool]string{true: game.Keep, false: game.Give}[gift == 0], d.Choice)
		}
	}
}

// TestDictatorsDoAsWasDone: in turns with one who keeps all tit-for-tat gives once; with
// one who gives all, always.
func TestDictatorsDoAsWasDone(t *testing.T) {
	for other, most := range map[string]int{"selfish": 1, "generous": 10} {
		r := began(t, "dictator", 2, "rounds=20 strategy=tit-for-tat:0.5,"+other+":0.5")
		gifts := 0
		for r.Next() {
			for _, d := range r.Decisions() {
				if d.Choice == game.Give {
					gifts++
				}
			}
		}
		require.NoError(t, r.Err())
		if other == "generous" {
			most *= 2
		}
		assert.LessOrEqual(t, gifts, most, other)
		assert.GreaterOrEqual(t, gifts, most-1, other)
	}
}
