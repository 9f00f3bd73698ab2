package game

// egalitarian gives to the poorest, while that is poorer than itself. In ties each is
// alike.
type egalitarian struct{}

func (egalitarian) choose(r *Run, d *donating, t turn) int {
	to := d.poorestFor(r, t.player)
	if to == None || r.balances[to] >= r.balances[t.player] {
		return None
	}
	return to
}

// richFirst gives to the richest of the others.
type richFirst struct{}

func (richFirst) choose(r *Run, d *donating, t turn) int {
	if rich := d.standings.richest; rich != nil {
		return rich.other(&r.rng, t.player)
	}
	return d.reach.best(r, t.player, -1)
}

// poorestFor is the poorest whom a player reaches, None where there is nobody.
func (d *donating) poorestFor(r *Run, player int) int {
	switch {
	case !d.reach.everybody():
		return d.reach.best(r, player, 1)
	case d.standings.poorest != nil:
		return d.standings.poorest.other(&r.rng, player)
	}
	return d.standings.ranking.other(&r.rng, player, 0)
}

// best is the poorest whom a player reaches where sign is 1, the richest where it is
// -1, each alike of those who are equal. It looks at all of them.
func (c *reach) best(r *Run, player int, sign int64) int {
	best, ties := None, 0
	for _, i := range c.list(player) {
		switch {
		case int(i) == player:
		case best == None || sign*r.balances[i] < sign*r.balances[best]:
			best, ties = int(i), 1
		case r.balances[i] == r.balances[best]:
			if ties++; r.rng.below(ties) == 0 { // a reservoir of one (Waterman, in Knuth 1981)
				best = int(i)
			}
		}
	}
	return best
}

// averse gives where that raises its utility,
//
//	U = x − α/m Σ max(y − x, 0) − β/m Σ max(x − y, 0)
//
// with its own balance x and the balances y of the m others that it sees (Fehr & Schmidt
// 1999, equation 1). No receiver raises it more than the poorest. Sums are of whole
// cents: equal choices are equal, and then it keeps.
type averse struct {
	alpha, beta float64
	everywhere  bool // it sees all players, and not only those whom it reaches
}

func (g averse) choose(r *Run, d *donating, t turn) int {
	to := d.poorestFor(r, t.player)
	if to == None {
		return None
	}
	x := r.balances[t.player]
	c := compared{x: x, after: x - t.amount}
	if g.everywhere || d.reach.everybody() {
		c.rank(d.standings.ranking)
	} else {
		for _, i := range d.reach.list(t.player) {
			if int(i) != t.player {
				c.look(r.balances[i])
			}
		}
	}
	received := d.received
	if d.shared {
		received = d.times(t.amount)
	}
	if g.gain(c, r.balances[to], received) > 0 {
		return to
	}
	return None
}

// compared is how a player stands among others, with its balance x and with what is left
// after a gift.
type compared struct {
	x, after      int64
	others        int   // whom it sees
	poorer        int   // have no more than what is left
	richer        int   // have as much as it or more
	between, sums int64 // the others, and what they have together
}

// rank asks a ranking of all players.
func (c *compared) rank(t *ranking) {
	less, lessSum := t.below(c.x)
	left, leftSum := t.below(c.after + 1)
	c.others, c.poorer, c.richer = t.len()-1, left, t.len()-1-less
	c.between, c.sums = int64(less-left), lessSum-leftSum
}

// look takes the balance of another.
func (c *compared) look(y int64) {
	c.others++
	switch {
	case y <= c.after:
		c.poorer++
	case y >= c.x:
		c.richer++
	default:
		c.between++
		c.sums += y
	}
}

// gain is m times the change of the utility by a gift of x − after of which one with the
// balance y receives so much.
func (g averse) gain(c compared, y, received int64) float64 {
	gift := float64(c.x - c.after)
	above := float64(c.sums - c.between*c.after) // of those between, over what is left
	below := float64(c.between*c.x - c.sums)
	envy := gift*float64(c.richer) + above
	guilt := -gift*float64(c.poorer) - below
	// That is with the receiver as it was. It has more, too.
	envy += float64(max(y+received-c.after, 0) - max(y-c.after, 0))
	guilt += float64(max(c.after-y-received, 0) - max(c.after-y, 0))
	gain := -gift*float64(c.others) - g.alpha*envy - g.beta*guilt
	if gain <= tiny(gift*float64(c.others)) {
		return 0
	}
	return gain
}
