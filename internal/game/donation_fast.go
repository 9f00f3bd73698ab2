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
func (t terms) apply(balances []int64, from, drawn uint64) int64 {
	b := balances[from]
	broke := (b - t.need) >> 63
	balances[from] = b - t.amount&^broke
	balances[skip(drawn, from)] += t.received &^ broke
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
		gave += t.apply(balances, from, to)
		if done+1 < turns {
			gave += t.apply(balances, from2, to2)
		}
	}
	*rng = g
	return gave
}

// fastMany plays turns of many players.
func fastMany(rng *generator, balances []int64, t terms) (gave int64) {
	g, turns := *rng, len(balances)
	n := uint64(turns)
	m := n - 1
	least := rejected(n * m)
	gave = int64(turns)
	for range turns {
	again:
		var x uint64
		x, g = g.next()
		from, r := bits.Mul64(x, n)
		to, r := bits.Mul64(r, m)
		if r < least {
			goto again
		}
		gave += t.apply(balances, from, to)
	}
	*rng = g
	return gave
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
