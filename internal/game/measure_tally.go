package game

import (
	"iter"
	"math"
	"math/big"
	"math/bits"
	"slices"
)

// tally is how many players have which balance, in ascending order: counted in a
// table where balances lie close on a grid (dollars, most often), else sorted. It
// lives in cells that are given to it.
type tally struct {
	players     int
	total       wide
	least, most int64
	grid        grid
	counts      []int64 // players by slot of the grid, from least on
	sorted      []int64 // all balances, where there is no table
}

// survey is a tally without table: players, total, least and most.
func survey(balances []int64) *tally {
	t := &tally{players: len(balances)}
	if len(balances) == 0 {
		return t
	}
	least, most := balances[0], balances[0]
	high, low := int64(0), int64(0) // halves of 32 bits each, of which neither sum overflows
	for _, b := range balances {
		high += b >> 32
		low += int64(uint32(b))
		least, most = min(least, b), max(most, b)
	}
	t.total.addProduct(high, 1<<32)
	t.total.add(low)
	t.least, t.most = least, most
	return t
}

// count makes the table, if the cells suffice.
func (t *tally) count(balances, cells []int64) bool {
	span := uint64(t.most) - uint64(t.least) // right even where an int64 would overflow
	least, g := uint64(t.least), gridOf(span)
	for _, b := range balances {
		if away := uint64(b) - least; !g.has(away) {
			g = gridOf(gcd(g.step, away))
			if span/g.step >= uint64(len(cells)) {
				return false
			}
		}
	}
	if span/g.step >= uint64(len(cells)) {
		return false
	}
	counts := cells[:span/g.step+1]
	clear(counts)
	for _, b := range balances {
		counts[g.slot(uint64(b)-least)]++
	}
	t.grid, t.counts = g, counts
	return true
}

// slot is a balance's place in the table; the balance must be one that was counted.
func (t *tally) slot(balance int64) uint64 {
	return t.grid.slot(uint64(balance) - uint64(t.least))
}

// sort copies the balances into the cells and sorts them.
func (t *tally) sort(balances, cells []int64) {
	t.sorted = cells[:copy(cells, balances)]
	slices.Sort(t.sorted)
}

// runs are the different balances in ascending order, each with how many players
// have it.
func (t *tally) runs() iter.Seq2[int64, int64] {
	return func(yield func(int64, int64) bool) {
		for i, c := range t.counts {
			if c > 0 && !yield(t.least+int64(uint64(i)*t.grid.step), c) {
				return
			}
		}
		for i := 0; i < len(t.sorted); {
			j := i + 1
			for j < len(t.sorted) && t.sorted[j] == t.sorted[i] {
				j++
			}
			if !yield(t.sorted[i], int64(j-i)) {
				return
			}
			i = j
		}
	}
}

// times is n times the total.
func (t *tally) times(n int64) *big.Int {
	total := t.total.big()
	return total.Mul(total, big.NewInt(n))
}

// grid is the multiples of a step. Whether a number is one, and which, costs a
// multiplication and no division (Granlund and Montgomery 1994, "Division by
// invariant integers using multiplication", section 9).
type grid struct {
	step, inverse, limit uint64
	shift                int
}

// gridOf is the grid of a step; of 0, where all have the same, that of 1.
func gridOf(step uint64) grid {
	step = max(1, step)
	g := grid{step: step, limit: math.MaxUint64 / step, shift: bits.TrailingZeros64(step)}
	odd := step >> g.shift
	g.inverse = odd // right in three bits; each of Newton's steps doubles them
	for range 5 {
		g.inverse *= 2 - odd*g.inverse
	}
	return g
}

// slot is x/step for a multiple x of the step, more than limit for any other.
func (g grid) slot(x uint64) uint64 {
	return bits.RotateLeft64(x*g.inverse, -g.shift)
}

// has says whether x is a multiple of the step.
func (g grid) has(x uint64) bool { return g.slot(x) <= g.limit }

// gcd is the greatest common divisor (Euclid's).
func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
