package game

import "slices"

// debtsKept is how many gifts that it has not returned a reciprocal player remembers:
// the last ones.
const debtsKept = 16

// reciprocal gives back to who gave, a gift for a gift, who gave first first.
type reciprocal struct {
	donors [][debtsKept]int32 // by player, the first debts[i] of them
	debts  []uint8
}

func newReciprocal(n int) *reciprocal {
	return &reciprocal{make([][debtsKept]int32, n), make([]uint8, n)}
}

func (g *reciprocal) owed(player int) []int32 { return g.donors[player][:g.debts[player]] }

func (g *reciprocal) choose(_ *Run, d *donating, t turn) int {
	for _, donor := range g.owed(t.player) {
		if d.reach.can(t.player, int(donor)) {
			return int(donor)
		}
	}
	return None
}

func (g *reciprocal) begin() {}

func (g *reciprocal) turned(from, to int) {
	if to == None {
		return
	}
	for k, donor := range g.owed(from) {
		if int(donor) == to {
			g.forget(from, k)
			break
		}
	}
	if g.debts[to] == debtsKept {
		g.forget(to, 0)
	}
	g.donors[to][g.debts[to]] = int32(from)
	g.debts[to]++
}

// forget strikes the k-th gift that a player has not returned.
func (g *reciprocal) forget(player, k int) {
	all := g.owed(player)
	copy(all[k:], all[k+1:])
	g.debts[player]--
}

// What titForTat knows of a player beside who gave to it.
const (
	nobodyGave = -1
	noTurnYet  = -2
)

// titForTat gives at its first turn, to anybody. Later it gives if somebody gave to it
// since its last turn: to the last who did, or to anybody where that one is out of
// reach.
type titForTat struct{ last []int32 }

func newTitForTat(n int) *titForTat {
	return &titForTat{slices.Repeat([]int32{noTurnYet}, n)}
}

func (g *titForTat) choose(r *Run, d *donating, t turn) int {
	switch last := g.last[t.player]; {
	case last == nobodyGave:
		return None
	case last >= 0 && d.reach.can(t.player, int(last)):
		return int(last)
	}
	return d.reach.any(r, t.player, t.other)
}

func (g *titForTat) begin() {}

func (g *titForTat) turned(from, to int) {
	g.last[from] = nobodyGave
	if to != None {
		g.last[to] = int32(from)
	}
}

// conduct counts turns of players who could give, and gifts.
type conduct struct{ turns, gifts int32 }

// conditional gives, to anybody, with the probability with which others gave in the
// round before, at the turns at which they could. Before anything is known it expects
// what players of public goods games do.
type conditional struct {
	before, now     []conduct // by player, in the last round and in this
	allBefore, done conduct   // of all players
}

func newConditional(n int) *conditional {
	return &conditional{before: make([]conduct, n), now: make([]conduct, n)}
}

func (g *conditional) choose(r *Run, d *donating, t turn) int {
	seen := conduct{}
	if own := g.before[t.player]; d.reach.everybody() {
		seen = conduct{g.allBefore.turns - own.turns, g.allBefore.gifts - own.gifts}
	} else {
		for _, i := range d.reach.list(t.player) {
			if int(i) != t.player {
				seen.turns += g.before[i].turns
				seen.gifts += g.before[i].gifts
			}
		}
	}
	rate := expected
	if seen.turns > 0 {
		rate = float64(seen.gifts) / float64(seen.turns)
	}
	if r.rng.fraction() >= rate {
		return None
	}
	return d.reach.any(r, t.player, t.other)
}

func (g *conditional) begin() {
	g.before, g.now = g.now, g.before
	clear(g.now)
	g.allBefore, g.done = g.done, conduct{}
}

func (g *conditional) turned(from, to int) {
	gift := int32(0)
	if to != None {
		gift = 1
	}
	g.now[from].turns++
	g.now[from].gifts += gift
	g.done.turns++
	g.done.gifts += gift
}
