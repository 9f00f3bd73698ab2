package game

import "fmt"

// commonPool is the quadratic common-pool resource: π = w(e − x) + (x/Σx) F(Σx) with
// F(X) = aX − bX². The symmetric equilibrium of the selfish is x = (a−w) / (b(n+1)), the
// most that a group can have is at Σx = (a−w) / 2b.
func commonPool() *Game {
	const source = "Walker, Gardner & Ostrom 1990, design with 10 tokens; their cents are dollars here"
	return &Game{
		Name: "common-pool", Title: "Common-pool resource",
		Meaning: "each of a group puts tokens into a resource that yields the less the more all take, and the others into a safe market; generous takes nothing, egalitarian an equal part of what is best for all",
		Source:  "Walker, Gardner & Ostrom 1990; Ostrom, Gardner & Walker 1994, chapter 5",
		Parameters: []Parameter{
			{Name: "tokens", Kind: Count, Default: "10", Meaning: "e, the tokens that each has in each round", Source: source},
			{Name: "safe", Kind: Dollars, Default: "5", Meaning: "w, what a token yields in the safe market", Source: source},
			{Name: "yield", Kind: Dollars, Default: "23", Meaning: "a, what a first token yields in the resource", Source: source},
			{Name: "depletion", Kind: Dollars, Default: "0.25", Meaning: "b, by how much each token lessens what every token yields", Source: source},
		},
		Defaults: map[string]string{"start": "0", "group_size": "8"},
		start:    startCommonPool,
	}
}

type extracting struct {
	*simultaneous
	tokens                 int64
	safe, yield, depletion int64
	view                   view
}

func startCommonPool(r *Run) (rules, error) {
	t, err := newSimultaneous(r)
	if err != nil {
		return nil, err
	}
	tr := r.Treatment
	g := &extracting{simultaneous: t, tokens: tr.Count("tokens"), safe: tr.Cents("safe"), yield: tr.Cents("yield"), depletion: tr.Cents("depletion")}
	n, e := float64(t.groups.size), float64(g.tokens)
	switch {
	case g.tokens == 0:
		return nil, fmt.Errorf("tokens: who has none has no choice")
	case e*(float64(g.safe)+float64(g.yield)+float64(g.depletion)*e*n) > MaxCents:
		return nil, fmt.Errorf("tokens: with %d of them for each of %d players amounts are too large", g.tokens, t.groups.size)
	}
	nash, best := g.extremes(n)
	g.view = view{selfish: 1 - nash/e, equal: 1 - best/e, outlook: g}
	return g, nil
}

// extremes are the tokens of a player in the equilibrium of the selfish, and where the
// group gets most; no more than it has.
func (g *extracting) extremes(n float64) (nash, best float64) {
	e, gain := float64(g.tokens), float64(g.yield-g.safe)
	switch {
	case gain <= 0:
		return 0, 0
	case g.depletion == 0:
		return e, e
	}
	return min(e, gain/float64(g.depletion)/(n+1)), min(e, gain/float64(g.depletion)/2/n)
}

func (g *extracting) play(r *Run) {
	g.groups.draw(r)
	for k := range g.groups.count() {
		members := g.groups.members(k)
		left := g.decide(r, members, g.tokens, g.view)
		all := g.tokens*int64(len(members)) - left
		for j, i := range members {
			x := g.tokens - g.picks[j]
			r.move(Benefit, Bank, int(i), g.unit.down(g.safe*g.picks[j]))
			if yield := x * (g.yield - g.depletion*all); yield >= 0 {
				r.move(Share, Bank, int(i), g.unit.down(yield))
			} else { // a loss: nobody pays what it has not
				r.move(Tax, int(i), Bank, g.unit.down(min(-yield, r.balances[i])))
			}
			choice := "extract"
			if x == 0 {
				choice = "refrain"
			}
			// What others get for it is a loss: each of their tokens yields less.
			r.decided(int(i), choice, g.groups.number(k), None, g.safe*x, -g.depletion*x*(all-x))
		}
	}
}

// outcome compares whole tokens. All tokens in the resource yield the same, so that
// payoffs differ by how many one has there.
func (g *extracting) outcome(level float64) (own, more, less float64) {
	e := float64(g.tokens)
	left := float64(whole(level, g.tokens))
	x := e - left
	all := x + g.crowd.others*e - g.crowd.total()*e
	token := float64(g.yield) - float64(g.depletion)*all
	above, below := g.crowd.differences(left / e)
	gain := e * (token - float64(g.safe))
	own = float64(g.safe)*left + token*x
	if gain >= 0 {
		return own, gain * below, gain * above
	}
	return own, -gain * above, -gain * below
}
