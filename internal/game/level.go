package game

import (
	"fmt"
	"math"
	"slices"
)

// In all games but donation a strategy decides a level: how far a player goes from the
// selfish extreme of the game, 0, to the generous one, 1.

// view is what a player looks at when it decides.
type view struct {
	got     float64 // the level that was last done to it: its partner's, or the mean of its group's others; unknown before
	selfish float64 // the level of the game's equilibrium among the selfish
	equal   float64 // the level of the equal split
	outlook outlook
}

// outlook tells what a player expects if others do as they did last.
type outlook interface {
	// outcome is what the player would get at a level, by how much others would have
	// more than it, as the mean over all others, and by how much less.
	outcome(level float64) (own, more, less float64)
}

// expected is the level that players expect of others before they have seen any: about
// half is what is contributed in first rounds (Ledyard 1995).
const expected = 0.5

// orElse is a level that was seen, or another.
func orElse(seen, otherwise float64) float64 {
	if math.IsNaN(seen) {
		return otherwise
	}
	return seen
}

// chooser decides a level.
type chooser func(*Run, *levels, view) float64

// levels decide for players, and remember what was done to each last.
type levels struct {
	choosers []chooser
	names    []string
	which    []uint8 // of the choosers, by place
	got      []float64
	taste    taste
	noise    float64
	averse   bool // somebody is inequality-averse, and needs outlooks
}

// newLevels gives players their strategies. It refuses those that cannot play the game.
func newLevels(r *Run) (*levels, error) {
	if err := checkGrouped(r); err != nil {
		return nil, err
	}
	t := r.Treatment
	mixture, err := readMixture(t.Text("strategy"))
	if err != nil {
		return nil, err
	}
	l := &levels{got: slices.Repeat([]float64{math.NaN()}, len(r.balances)), taste: taste{t.Number("alpha"), t.Number("beta")}, noise: t.Number("noise")}
	for _, m := range mixture {
		c, err := l.chooser(t, m.strategy)
		if err != nil {
			return nil, err
		}
		l.choosers, l.names = append(l.choosers, c), append(l.names, m.strategy.Name)
	}
	l.which = assignStrategies(r, mixture)
	return l, nil
}

// choose is the level of a player. It is never outside [0, 1].
func (l *levels) choose(r *Run, player int, v view) float64 {
	return max(0, min(1, l.choosers[l.which[player]](r, l, v)))
}

// chooser is how a strategy decides.
func (l *levels) chooser(t Treatment, s Strategy) (chooser, error) {
	if err := s.checkGame(t.Game); err != nil {
		return nil, err
	}
	switch s.Name {
	case "random":
		return func(r *Run, _ *levels, _ view) float64 { return r.rng.fraction() }, nil
	case "selfish":
		return func(_ *Run, _ *levels, v view) float64 { return v.selfish }, nil
	case "generous":
		return func(*Run, *levels, view) float64 { return 1 }, nil
	case "egalitarian":
		return func(_ *Run, _ *levels, v view) float64 { return v.equal }, nil
	case "reciprocal": // they do as was done to them, and differ in how they begin
		return func(_ *Run, _ *levels, v view) float64 { return orElse(v.got, 0) }, nil
	case "tit-for-tat":
		return func(_ *Run, _ *levels, v view) float64 { return orElse(v.got, 1) }, nil
	case "conditional-cooperator":
		return func(_ *Run, _ *levels, v view) float64 { return orElse(v.got, expected) }, nil
	case "inequality-averse":
		l.averse = true
		return func(_ *Run, l *levels, v view) float64 { return l.taste.best(v) }, nil
	case "noisy":
		base, err := findStrategy(t.Text("base"))
		if err != nil {
			return nil, err
		}
		play, err := l.chooser(t, base)
		return func(r *Run, l *levels, v view) float64 {
			if r.rng.fraction() < l.noise {
				return r.rng.fraction()
			}
			return play(r, l, v)
		}, err
	}
	return nil, fmt.Errorf("strategy: %s cannot play %s", s.Name, t.Game.Name)
}

// taste is how much a player minds inequality, to its disadvantage and to its advantage.
type taste struct{ alpha, beta float64 }

// utility is what an outcome is worth: own − α·more − β·less, where more and less are
// means over the others (Fehr & Schmidt 1999, equation 1).
func (t taste) utility(own, more, less float64) float64 { return own - t.alpha*more - t.beta*less }

// weighed is how many levels above 0 a player weighs.
const weighed = 100

// best is the level with the greatest utility, of those weighed, the equal split and what
// others did; the most generous of several.
func (t taste) best(v view) float64 {
	level, most := 0.0, math.Inf(-1)
	weigh := func(l float64) {
		u := t.utility(v.outlook.outcome(l))
		if d := u - most; d > tiny(u) || d >= -tiny(u) && l > level {
			level, most = l, max(u, most)
		}
	}
	for i := range weighed + 1 {
		weigh(float64(i) / weighed)
	}
	weigh(v.equal)
	weigh(orElse(v.got, expected))
	return level
}

// tiny is a difference that is no more than the rounding of floats.
func tiny(x float64) float64 { return 1e-9 * (1 + math.Abs(x)) }

// assignStrategies gives each place one of a mixture: as many as the shares say, what is
// left over to the largest remainders, in an order drawn from the seed.
func assignStrategies(r *Run, mixture []mixed) []uint8 {
	n := len(r.balances)
	which := make([]uint8, n)
	if len(mixture) == 1 {
		return which
	}
	counts, left := make([]int, len(mixture)), n
	remainders := make([]float64, len(mixture))
	for k, m := range mixture {
		exact := m.share * float64(n)
		counts[k] = min(left, int(exact+1e-9))
		remainders[k] = exact - float64(counts[k])
		left -= counts[k]
	}
	for ; left > 0; left-- {
		k := slices.Index(remainders, slices.Max(remainders))
		counts[k]++
		remainders[k]--
	}
	order, at := places(n), 0
	shuffle(r, order)
	for k, count := range counts {
		for range count {
			which[order[at]] = uint8(k)
			at++
		}
	}
	return which
}
