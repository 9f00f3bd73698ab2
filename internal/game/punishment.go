package game

import (
	"fmt"
)

// punishmentParameters are those of the second stage of the public goods game.
func punishmentParameters() []Parameter {
	const source = "Fehr & Gächter 2002, in their money units"
	return []Parameter{
		{Name: "punishment", Kind: Flag, Default: "no", Meaning: "whether those who see what the others of the group contributed may take points from them, at a cost of their own"},
		{Name: "punishment_cost", Kind: Dollars, Default: "1", Meaning: "what a point costs who gives it", Source: source},
		{Name: "punishment_effect", Kind: Dollars, Default: "3", Meaning: "what a point takes from who gets it, never more than it has", Source: source},
		{Name: "punishment_points", Kind: Count, Default: "10", Meaning: "how many points one may give another in a round", Source: source},
	}
}

// punisher is how many points a player gives another that contributed less than it by a
// gap, in cents; the gap is negative where the other contributed more.
type punisher func(r *Run, gap int64) int64

// punishment is the second stage. Who contributed less than the punisher is punished, the
// more the less it contributed; so, Fehr and Gächter found, do people.
type punishment struct {
	levels       *levels
	punishers    []punisher
	cost, effect int64
	most         int64
	spent, lost  []int64
}

// maxPunishing is how many a group with punishment may have: each looks at each.
const maxPunishing = 100

func newPunishment(r *Run, s *simultaneous, endowment int64) (*punishment, error) {
	p := &punishment{levels: s.levels, most: r.Treatment.Count("punishment_points"),
		cost: r.Treatment.Cents("punishment_cost"), effect: r.Treatment.Cents("punishment_effect"),
		spent: make([]int64, s.groups.size), lost: make([]int64, s.groups.size)}
	switch {
	case s.groups.size > maxPunishing:
		return nil, fmt.Errorf("group_size: a group with punishment has %d players or fewer, and not %d: each looks at each", maxPunishing, s.groups.size)
	case p.most > 1000:
		return nil, fmt.Errorf("punishment_points: %d are more than 1000", p.most)
	}
	for _, name := range s.levels.names {
		p.punishers = append(p.punishers, p.punisher(r.Treatment, name, endowment, s.groups.size))
	}
	return p, nil
}

// punisher is how those of a strategy punish. Selfish players do not: it costs.
func (p *punishment) punisher(t Treatment, name string, endowment int64, size int) punisher {
	switch name {
	case "random":
		return func(r *Run, _ int64) int64 { return int64(r.rng.below(int(p.most) + 1)) }
	case "selfish", "generous":
		return func(*Run, int64) int64 { return 0 }
	case "inequality-averse":
		return p.averse(p.levels.taste, size)
	case "noisy":
		base := p.punisher(t, t.Text("base"), endowment, size)
		return func(r *Run, gap int64) int64 {
			if r.rng.fraction() < p.levels.noise {
				return int64(r.rng.below(int(p.most) + 1))
			}
			return base(r, gap)
		}
	}
	return func(_ *Run, gap int64) int64 { return whole(max(0, float64(gap)/float64(endowment)), p.most) }
}

// averse makes payoffs equal where that is worth its cost for a player alone: where a
// dollar less of another costs less than α / ((n−1)(1+α)) (Fehr & Schmidt 1999,
// proposition 5 with one enforcer).
func (p *punishment) averse(is taste, size int) punisher {
	price := float64(p.cost) / float64(p.effect)
	worth := p.effect > p.cost && price < is.alpha/(float64(size-1)*(1+is.alpha))
	return func(_ *Run, gap int64) int64 {
		if !worth || gap <= 0 {
			return 0
		}
		return min(p.most, gap/(p.effect-p.cost))
	}
}

// play takes from each what its points cost, as far as it can pay them, and what those of
// the others take, as far as it has it.
func (p *punishment) play(r *Run, members []int32, contributed []int64, u unit) {
	clear(p.spent)
	clear(p.lost)
	for a, i := range members {
		punish := p.punishers[p.levels.which[i]]
		for b := range members {
			if a == b {
				continue
			}
			points := punish(r, (contributed[a]-contributed[b])*int64(u))
			if p.cost > 0 {
				points = min(points, (r.balances[i]-p.spent[a])/p.cost)
			}
			p.spent[a] += points * p.cost
			p.lost[b] += points * p.effect
		}
	}
	for a, i := range members {
		r.move(Tax, int(i), Bank, u.down(min(p.spent[a]+p.lost[a], r.balances[i])))
	}
}
