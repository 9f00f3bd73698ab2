package game

import (
	"fmt"
	"math"
	"slices"
)

// trust is the investment game: the sender has e − s + r, the trustee its own
// endowment + m s − r.
func trust() *Game {
	return &Game{
		Name: "trust", Title: "Trust",
		Meaning: "one of two sends a part of its endowment, the other gets it multiplied and returns a part; egalitarian sends half and returns what makes both equal",
		Source:  "Berg, Dickhaut & McCabe 1995; oTree's sample trust",
		Parameters: []Parameter{
			{Name: "endowment", Kind: Dollars, Default: "100", Meaning: "e, what the sender gets in each round", Source: "oTree's sample trust"},
			{Name: "trustee_endowment", Kind: Dollars, Default: "0", Meaning: "what the trustee gets, which it cannot return; the same as the sender's in Berg, Dickhaut & McCabe 1995",
				Source: "oTree's sample trust"},
			{Name: "multiplier", Kind: Number, Default: "3", Meaning: "m, by which is multiplied what is sent", Source: "Berg, Dickhaut & McCabe 1995; oTree's sample trust"},
			rolesParameter(),
		},
		Defaults: dyadDefaults(),
		start:    startTrust,
	}
}

type trusting struct {
	*dyad
	endowment, trustees int64
	multiplier          factor
	returned            []float64 // the level that each got back when it sent last, by place; only where somebody expects the same

	sender  sending
	trustee returning
}

func startTrust(r *Run) (rules, error) {
	d, err := newDyad(r, r.Treatment.Text("roles"))
	if err != nil {
		return nil, err
	}
	g := &trusting{dyad: d, trustees: d.unit.down(r.Treatment.Cents("trustee_endowment"))}
	g.sender.game, g.trustee.game = g, g
	if g.endowment, err = d.unit.amount(r.Treatment, "endowment"); err != nil {
		return nil, err
	}
	if g.multiplier, err = readFactor(r.Treatment, "multiplier"); err != nil {
		return nil, err
	}
	if g.multiplier.of(g.endowment, 1) > MaxCents {
		return nil, fmt.Errorf("multiplier: %s times %s dollars are too many", r.Treatment.Text("multiplier"), r.Treatment.Text("endowment"))
	}
	if d.levels.averse {
		g.returned = slices.Repeat([]float64{math.NaN()}, len(r.balances))
	}
	return g, nil
}

func (g *trusting) play(r *Run) {
	g.pairs.draw(r)
	for k := range g.pairs.half {
		one, other := g.pairs.pair(k)
		r.move(Benefit, Bank, one, g.endowment)
		r.move(Benefit, Bank, other, g.trustees)
		sent := g.send(r, one)
		got := g.grown(sent)
		r.gift(one, other, sent, got)
		r.decided(one, orKeep("send", sent), k, other, sent, got)
		g.levels.got[other] = float64(sent) / float64(g.endowment)
		if got == 0 { // nothing to decide
			r.decided(other, NoTurn, k, None, 0, 0)
			continue
		}
		back := g.giveBack(r, other, sent, got)
		r.move(Donation, other, one, back)
		r.decided(other, orKeep("return", back), k, one, back, back)
		g.levels.got[one] = float64(back) / float64(got)
		if g.returned != nil {
			g.returned[one] = g.levels.got[one]
		}
	}
}

// grown is what the trustee gets of what is sent.
func (g *trusting) grown(sent int64) int64 { return g.unit.down(g.multiplier.of(sent, 1)) }

func (g *trusting) send(r *Run, player int) int64 {
	if g.returned != nil {
		g.sender.back = orElse(g.returned[player], expected)
	}
	return g.unit.part(g.levels.choose(r, player, view{got: g.levels.got[player], equal: 0.5, outlook: &g.sender}), g.endowment)
}

func (g *trusting) giveBack(r *Run, player int, sent, got int64) int64 {
	g.trustee.sent, g.trustee.got = sent, got
	// e − s + r = trustee's + m s − r
	equal := float64(g.trustees+got-g.endowment+sent) / 2 / float64(got)
	v := view{got: g.levels.got[player], equal: max(0, min(1, equal)), outlook: &g.trustee}
	return g.unit.part(g.levels.choose(r, player, v), got)
}

// sending is the outlook of a sender who expects to get back what it got last.
type sending struct {
	game *trusting
	back float64
}

func (s *sending) outcome(level float64) (own, more, less float64) {
	sent := s.game.unit.part(level, s.game.endowment)
	got := s.game.grown(sent)
	back := s.game.unit.part(s.back, got)
	return gap(float64(s.game.endowment-sent+back), float64(s.game.trustees+got-back))
}

// returning is that of a trustee, who knows all.
type returning struct {
	game      *trusting
	sent, got int64
}

func (t *returning) outcome(level float64) (own, more, less float64) {
	back := t.game.unit.part(level, t.got)
	return gap(float64(t.game.trustees+t.got-back), float64(t.game.endowment-t.sent+back))
}
