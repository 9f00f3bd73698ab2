package game_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"exptool/internal/game"
)

// treated is a game with parameters, as "rounds=3 strategy=selfish".
func treated(t *testing.T, name, set string) game.Treatment {
	t.Helper()
	tr := game.NewTreatment(find(t, name))
	for _, s := range strings.Fields(set) {
		k, v, _ := strings.Cut(s, "=")
		require.NoError(t, tr.Set(k, v), s)
	}
	return tr
}

func newRun(tr game.Treatment, start []int64, seed uint64) (*game.Run, error) {
	return game.NewRun(tr, game.Setup{Start: start, Seed: seed})
}

// began begins a game of n players who have nothing, and records it.
func began(t *testing.T, name string, n int, set string) *game.Run {
	t.Helper()
	r, err := newRun(treated(t, name, set), make([]int64, n), 42)
	require.NoError(t, err)
	r.Record()
	return r
}

// next plays a round and returns who decided what, by what they did.
func next(t *testing.T, r *game.Run) map[string][]game.Decision {
	t.Helper()
	require.True(t, r.Next(), "%v", r.Err())
	all := map[string][]game.Decision{}
	for _, d := range r.Decisions() {
		all[d.Choice] = append(all[d.Choice], d)
	}
	return all
}

// earned is what a player got in a round, in cents.
func earned(d game.Decision) int64 { return d.After - d.Before }
