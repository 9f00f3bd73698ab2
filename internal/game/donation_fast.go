package game

import "math/bits"

// Where all give the same amount to any other at random, which is the chapter's game,
// nothing is to be asked of anybody. These loops keep the generator in registers and
// have no branch that depends on who has how much. They draw as donating.play does:
// what happens is the same. Each returns how many gave.

// fewPlayers are so few that one random word serves two moves.
const fewPlayers = 1 << 14

// terms are what a gift changes.
type terms struct {
	amount, received int64
	need             int64 // what one must have to give
}

// apply lets one give to another if it has enough. It returns -1 if it has not.
func (t terms) apply(balances []int64, from, to uint64) int64 {
	b := balances[from]
	broke := (b - t.need) >> 63
	balances[from] = b - t.amount&^broke
	balances[to] += t.received &^ broke
	return broke
}

// fastFew plays turns of few players.
func fastFew(rng *generator, balances []int64, t terms) (gave int64) {
	g, turns := *rng, len(balances)
	n := uint64(turns)
	m := n - 1
	least := rejected(n * m * n * m)
	gave = int64(turns)
	for done := 0; done < turns; done += 2 {
	again:
		var x uint64
		x, g = g.next()
		from, r := bits.Mul64(x, n)
		to, r := bits.Mul64(r, m)
		from2, r := bits.Mul64(r, n)
		to2, r := bits.Mul64(r, m)
		if r < least {
			goto again
		}
		gave += t.apply(balances, from, skip(to, from))
		if done+1 < turns {
			gave += t.apply(balances, from2, skip(to2, from2))
		}
	}
	*rng = g
	return gave
}

// ahead are turns that are drawn before they are played, so that all their balances are
// on their way from memory at once: among ten million players that is more than twice
// as fast as one turn after the other.
type ahead struct {
	turns [128]struct{ from, to uint32 }
	seen  int64 // makes the compiler read what is only to come near
}

// fastMany plays turns of many players.
func fastMany(rng *generator, balances []int64, t terms, a *ahead) (gave int64) {
	gave = int64(len(balances))
	for left := len(balances); left > 0; left -= len(a.turns) {
		turns := a.turns[:min(left, len(a.turns))]
		a.draw(rng, turns, uint64(len(balances)))
		seen := int64(0)
		for _, turn := range turns {
			seen |= balances[turn.from] | balances[turn.to]
		}
		a.seen = seen
		for _, turn := range turns {
			gave += t.apply(balances, uint64(turn.from), uint64(turn.to))
		}
	}
	return gave
}

// draw fills turns of n players.
func (a *ahead) draw(rng *generator, turns []struct{ from, to uint32 }, n uint64) {
	g, m := *rng, n-1
	least := rejected(n * m)
	for i := range turns {
	again:
		var x uint64
		x, g = g.next()
		from, r := bits.Mul64(x, n)
		to, r := bits.Mul64(r, m)
		if r < least {
			goto again
		}
		turns[i].from, turns[i].to = uint32(from), uint32(skip(to, from))
	}
	*rng = g
}

// fastRound lets each who has enough give once. gains count the gifts that each got;
// they are all 0 before and after.
func fastRound(rng *generator, balances []int64, gains []int32, t terms) (gave int64) {
	g, n := *rng, len(balances)
	m := uint64(n - 1)
	least := rejected(m * m)
	for i := 0; i < n; i += 2 {
	again:
		var x uint64
		x, g = g.next()
		to, r := bits.Mul64(x, m)
		to2, r := bits.Mul64(r, m)
		if r < least {
			goto again
		}
		gains[skip(to, uint64(i))] += 1 + int32((balances[i]-t.need)>>63)
		if i+1 < n {
			gains[skip(to2, uint64(i+1))] += 1 + int32((balances[i+1]-t.need)>>63)
		}
	}
	gave = int64(n)
	for i, b := range balances {
		broke := (b - t.need) >> 63
		balances[i] = b - t.amount&^broke + t.received*int64(gains[i])
		gains[i] = 0
		gave += broke
	}
	*rng = g
	return gave
}
