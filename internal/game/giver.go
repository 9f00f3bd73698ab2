package game

import "fmt"

// turn is a player's chance to give.
type turn struct {
	player int
	other  int // one of all others, drawn
	amount int64
}

// giver is how a strategy decides in the donation game.
type giver interface {
	// choose is to whom a player gives, None where it keeps. It allocates nothing.
	choose(r *Run, d *donating, t turn) int
}

// remembering is a strategy that looks at what everybody did.
type remembering interface {
	// begin is told before a round.
	begin()
	// turned is told what a player did who could give: to whom it gave, or None.
	turned(from, to int)
}

// newGiver makes a strategy, and what it must know.
func (d *donating) newGiver(r *Run, s Strategy) (giver, error) {
	t, n := r.Treatment, len(r.balances)
	switch s.Name {
	case "random":
		return random{}, nil
	case "selfish":
		return selfish{}, nil
	case "generous":
		return &generous{next: make([]int32, n)}, nil
	case "egalitarian":
		d.standings.poorest = d.newTournament(1)
		return egalitarian{}, nil
	case "rich-first":
		d.standings.richest = d.newTournament(-1)
		return richFirst{}, nil
	case "reciprocal":
		return newReciprocal(n), nil
	case "tit-for-tat":
		return newTitForTat(n), nil
	case "conditional-cooperator":
		return newConditional(n), nil
	case "inequality-averse":
		everywhere := t.Text("visible") == "all"
		if everywhere || d.reach.everybody() {
			d.standings.needRanking(n)
		}
		return averse{t.Number("alpha"), t.Number("beta"), everywhere}, nil
	case "noisy":
		base, err := findStrategy(t.Text("base"))
		if err != nil {
			return nil, err
		}
		g, err := d.giver(r, base)
		return noisy{g, t.Number("noise")}, err
	case "observed":
		if r.observed == nil {
			return nil, fmt.Errorf("strategy: observed needs donations in the ledger of a database, and there are none")
		}
		if d.reach.everybody() {
			d.standings.needRanking(n)
		}
		return newReplayed(r), nil
	}
	return nil, fmt.Errorf("strategy: %s cannot play donation", s.Name)
}

// random gives to anybody.
type random struct{}

func (random) choose(r *Run, d *donating, t turn) int { return d.reach.any(r, t.player, t.other) }

// selfish never gives.
type selfish struct{}

func (selfish) choose(*Run, *donating, turn) int { return None }

// generous gives to each other in turn, beginning with the next.
type generous struct{ next []int32 } // how many gifts a player has given, as far as it must be known

func (g *generous) choose(_ *Run, d *donating, t turn) int {
	next := &g.next[t.player]
	if d.reach.everybody() {
		to := (t.player + 1 + int(*next)) % d.reach.players
		*next = (*next + 1) % int32(d.reach.players-1)
		return to
	}
	list := d.reach.list(t.player)
	for range min(2, len(list)) { // itself may be in the list, once
		to := int(list[int(*next)%len(list)])
		*next = int32((int(*next) + 1) % len(list))
		if to != t.player {
			return to
		}
	}
	return None
}

// noisy trembles: with a probability any choice is alike, and keeping is one.
type noisy struct {
	base  giver
	noise float64
}

func (g noisy) choose(r *Run, d *donating, t turn) int {
	to := g.base.choose(r, d, t)
	if r.rng.fraction() >= g.noise {
		return to
	}
	if r.rng.below(d.reach.size(t.player)+1) == 0 {
		return None
	}
	return d.reach.any(r, t.player, t.other)
}
