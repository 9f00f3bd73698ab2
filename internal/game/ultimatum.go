package game

import "fmt"

// ultimatum is the game in which one offers a part of an endowment and the other accepts
// it or rejects it, and then neither has anything.
func ultimatum() *Game {
	return &Game{
		Name: "ultimatum", Title: "Ultimatum",
		Meaning: "one of two offers the other a part of an endowment; rejected, neither has anything; the selfish offer the least step and accept it, who does as was done to it accepts no less than half",
		Source:  "Güth, Schmittberger & Schwarze 1982; oTree's sample ultimatum",
		Parameters: []Parameter{
			{Name: "endowment", Kind: Dollars, Default: "100", Meaning: "what is divided in each round", Source: "oTree's sample ultimatum"},
			{Name: "offer_step", Kind: Dollars, Default: "10", Meaning: "offers are multiples of it", Source: "oTree's sample ultimatum"},
			rolesParameter(),
		},
		Defaults: dyadDefaults(),
		start:    startUltimatum,
	}
}

// offering is the game. Offers are whole steps. A responder's level says what it accepts:
// at least the part 1 − level, so that the generous accept all.
type offering struct {
	*dyad
	endowment, step int64
	steps           int64 // the largest offer

	proposer  proposing
	responder responding
}

func startUltimatum(r *Run) (rules, error) {
	d, err := newDyad(r, r.Treatment.Text("roles"))
	if err != nil {
		return nil, err
	}
	g := &offering{dyad: d}
	g.proposer.game, g.responder.game = g, g
	if g.endowment, err = d.unit.amount(r.Treatment, "endowment"); err != nil {
		return nil, err
	}
	if g.step, err = d.unit.amount(r.Treatment, "offer_step"); err != nil {
		return nil, err
	}
	if g.steps = g.endowment / g.step; g.steps == 0 {
		return nil, fmt.Errorf("offer_step: %s dollars are more than the endowment", r.Treatment.Text("offer_step"))
	}
	return g, nil
}

func (g *offering) play(r *Run) {
	g.pairs.draw(r)
	least := 1 / float64(g.steps)
	for k := range g.pairs.half {
		one, other := g.pairs.pair(k)
		v := view{got: g.levels.got[one], selfish: least, equal: 0.5, outlook: &g.proposer}
		steps := whole(g.levels.choose(r, one, v), g.steps)
		offer := g.step * steps
		g.responder.offer = offer
		g.levels.got[other] = g.level(offer)
		v = view{got: g.levels.got[other], selfish: 1 - least, equal: 0.5, outlook: &g.responder}
		if !g.accepts(g.levels.choose(r, other, v), offer) {
			// The record has what either could have had and gave up.
			r.decided(one, "offer", k, other, offer, 0)
			r.decided(other, "reject", k, one, offer, 0)
			continue
		}
		r.move(Benefit, Bank, one, g.endowment)
		r.move(Donation, one, other, offer)
		r.decided(one, "offer", k, other, offer, offer)
		r.decided(other, "accept", k, one, 0, g.endowment-offer)
	}
}

func (g *offering) level(offer int64) float64 { return float64(offer) / float64(g.endowment) }

// accepts reports whether a responder with a level accepts an offer.
func (g *offering) accepts(level float64, offer int64) bool { return g.level(offer) >= 1-level-1e-9 }

// proposing is the outlook of a proposer who expects of the other what it would do itself.
type proposing struct{ game *offering }

func (p *proposing) outcome(level float64) (own, more, less float64) {
	g := p.game
	offer := g.step * whole(level, g.steps)
	if g.levels.taste.utility(gap(float64(offer), float64(g.endowment-offer))) < -tiny(0) {
		return 0, 0, 0
	}
	return gap(float64(g.endowment-offer), float64(offer))
}

// responding is that of a responder, who knows the offer.
type responding struct {
	game  *offering
	offer int64
}

func (p *responding) outcome(level float64) (own, more, less float64) {
	if !p.game.accepts(level, p.offer) {
		return 0, 0, 0
	}
	return gap(float64(p.offer), float64(p.game.endowment-p.offer))
}
