package game

import "fmt"

// publicGoods is the linear public goods game: π = e − c + (m/n) Σ c.
func publicGoods() *Game {
	return &Game{
		Name: "public-goods", Title: "Public goods",
		Meaning: "each of a group contributes a part of its endowment; all contributions are multiplied and shared alike",
		Source:  "Isaac, Walker & Thomas 1984; Ledyard 1995; oTree's sample public_goods_simple; with punishment Fehr & Gächter 2000 and 2002",
		Parameters: append([]Parameter{
			{Name: "endowment", Kind: Dollars, Default: "100", Meaning: "e, what each gets in each round", Source: "oTree's sample public_goods_simple"},
			{Name: "multiplier", Kind: Number, Default: "1.8", Meaning: "m, by which the contributions of a group of n are multiplied; m/n is the marginal per capita return",
				Source: "oTree's sample public_goods_simple"},
		}, punishmentParameters()...),
		Defaults: map[string]string{"start": "0", "group_size": "3"},
		start:    startPublicGoods,
	}
}

type contributing struct {
	*simultaneous
	endowment  int64
	multiplier factor
	punishment *punishment // nil: there is none
	view       view
}

func startPublicGoods(r *Run) (rules, error) {
	t, err := newSimultaneous(r)
	if err != nil {
		return nil, err
	}
	g := &contributing{simultaneous: t}
	if g.endowment, err = g.unit.amount(r.Treatment, "endowment"); err != nil {
		return nil, err
	}
	if g.endowment > maxTotal/int64(t.groups.size) {
		return nil, fmt.Errorf("endowment: %s dollars for each of a group of %d are too many", r.Treatment.Text("endowment"), t.groups.size)
	}
	if g.multiplier, err = readFactor(r.Treatment, "multiplier"); err != nil {
		return nil, err
	}
	if r.Treatment.Flag("punishment") {
		if g.punishment, err = newPunishment(r, g.simultaneous, g.endowment); err != nil {
			return nil, err
		}
	}
	g.view = view{equal: 0.5, outlook: g}
	if g.multiplier.number() > float64(t.groups.size) {
		g.view.selfish = 1 // what is contributed comes back, and more
	}
	return g, nil
}

func (g *contributing) play(r *Run) {
	g.groups.draw(r)
	for k := range g.groups.count() {
		members := g.groups.members(k)
		total := g.decide(r, members, g.endowment/int64(g.unit), g.view) * int64(g.unit)
		share := g.unit.down(g.multiplier.of(total, len(members)))
		for j, i := range members {
			contribution := g.picks[j] * int64(g.unit)
			r.move(Benefit, Bank, int(i), g.endowment)
			r.move(Tax, int(i), Bank, contribution)
			r.move(Share, Bank, int(i), share)
			r.decided(int(i), orKeep("contribute", contribution), g.groups.number(k), None, contribution, g.multiplier.of(contribution*int64(len(members)-1), len(members)))
		}
		if g.punishment != nil {
			g.punishment.play(r, members, g.picks, g.unit)
		}
	}
}

// outcome is that of the one stage; payoffs differ by what was contributed.
func (g *contributing) outcome(level float64) (own, more, less float64) {
	e, share := float64(g.endowment), g.multiplier.number()/float64(g.groups.size)
	above, below := g.crowd.differences(level)
	// What others contribute is left out: it adds the same to every choice.
	return e * (1 - level + share*level), e * below, e * above
}
