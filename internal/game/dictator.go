package game

// dictator is the game in which one divides an endowment and the other has no say.
func dictator() *Game {
	return &Game{
		Name: "dictator", Title: "Dictator",
		Meaning: "one of two divides an endowment between them; the other has no say",
		Source:  "Kahneman, Knetsch & Thaler 1986; Forsythe, Horowitz, Savin & Sefton 1994; oTree's sample dictator",
		Parameters: []Parameter{
			{Name: "endowment", Kind: Dollars, Default: "100", Meaning: "what the dictator gets in each round", Source: "oTree's sample dictator"},
			rolesParameter(),
		},
		Defaults: dyadDefaults(),
		start:    startDictator,
	}
}

type dictating struct {
	*dyad
	endowment int64
}

func startDictator(r *Run) (rules, error) {
	d, err := newDyad(r, r.Treatment.Text("roles"))
	if err != nil {
		return nil, err
	}
	g := &dictating{dyad: d}
	g.endowment, err = d.unit.amount(r.Treatment, "endowment")
	return g, err
}

func (g *dictating) play(r *Run) {
	g.pairs.draw(r)
	for k := range g.pairs.half {
		one, other := g.pairs.pair(k)
		level := g.levels.choose(r, one, view{got: g.levels.got[one], equal: 0.5, outlook: g})
		gift := g.unit.part(level, g.endowment)
		r.move(Benefit, Bank, one, g.endowment)
		r.move(Donation, one, other, gift)
		g.levels.got[other] = float64(gift) / float64(g.endowment)
		r.decided(one, orKeep(Give, gift), k, other, gift, gift)
		r.decided(other, NoTurn, k, None, 0, 0)
	}
}

func (g *dictating) outcome(level float64) (own, more, less float64) {
	gift := float64(g.unit.part(level, g.endowment))
	return gap(float64(g.endowment)-gift, gift)
}
