package game

import "fmt"

// prisoner is the prisoner's dilemma: T > R > P > S.
func prisoner() *Game {
	const source = "oTree's sample prisoner"
	return &Game{
		Name: "prisoner", Title: "Prisoner's dilemma",
		Meaning: "each of two cooperates or defects; a level of one half or more cooperates",
		Source:  "Rapoport & Chammah 1965; oTree's sample prisoner",
		Parameters: []Parameter{
			{Name: "temptation", Kind: Dollars, Default: "300", Meaning: "T, for who defects while the other cooperates", Source: source},
			{Name: "reward", Kind: Dollars, Default: "200", Meaning: "R, for each where both cooperate", Source: source},
			{Name: "punishment", Kind: Dollars, Default: "100", Meaning: "P, for each where both defect", Source: source},
			{Name: "sucker", Kind: Dollars, Default: "0", Meaning: "S, for who cooperates while the other defects", Source: source},
		},
		Defaults: dyadDefaults(),
		start:    startPrisoner,
	}
}

type dilemma struct {
	*dyad
	payoffs [2][2]int64 // of who does the first to who does the second: 0 defects, 1 cooperates
	other   float64     // the level that is expected of the other
}

func startPrisoner(r *Run) (rules, error) {
	d, err := newDyad(r, rolesRandom)
	if err != nil {
		return nil, err
	}
	t := r.Treatment
	of := func(name string) int64 { return d.unit.down(t.Cents(name)) }
	g := &dilemma{dyad: d, payoffs: [2][2]int64{{of("punishment"), of("temptation")}, {of("sucker"), of("reward")}}}
	if p := g.payoffs; p[0][1] <= p[1][1] || p[1][1] <= p[0][0] || p[0][0] <= p[1][0] {
		return nil, fmt.Errorf("the prisoner's dilemma has temptation > reward > punishment > sucker, and not %s, %s, %s, %s",
			t.Text("temptation"), t.Text("reward"), t.Text("punishment"), t.Text("sucker"))
	}
	return g, nil
}

func (g *dilemma) play(r *Run) {
	g.pairs.draw(r)
	for k := range g.pairs.half {
		one, other := g.pairs.pair(k)
		a, b := g.choose(r, one), g.choose(r, other)
		g.settle(r, k, one, other, a, b)
		g.settle(r, k, other, one, b, a)
	}
}

// choose is 1 where a player cooperates.
func (g *dilemma) choose(r *Run, player int) int64 {
	got := g.levels.got[player]
	g.other = orElse(got, expected)
	return whole(g.levels.choose(r, player, view{got: got, equal: 1, outlook: g}), 1)
}

// settle pays a player. Cooperating costs it what it would have had otherwise, and gives
// that to the other which that would not have had.
func (g *dilemma) settle(r *Run, pair, player, other int, did, done int64) {
	r.move(Benefit, Bank, player, g.payoffs[did][done])
	g.levels.got[player] = float64(done)
	if did == 0 {
		r.decided(player, "defect", pair, other, 0, 0)
		return
	}
	r.decided(player, "cooperate", pair, other, g.payoffs[0][done]-g.payoffs[1][done], g.payoffs[done][1]-g.payoffs[done][0])
}

// outcome is the mean over what the other may do, which is as likely as its level.
func (g *dilemma) outcome(level float64) (own, more, less float64) {
	did := whole(level, 1)
	for done, chance := range [2]float64{1 - g.other, g.other} {
		x, m, l := gap(float64(g.payoffs[did][done]), float64(g.payoffs[done][did]))
		own, more, less = own+chance*x, more+chance*m, less+chance*l
	}
	return own, more, less
}
