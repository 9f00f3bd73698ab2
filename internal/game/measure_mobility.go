package game

import (
	"math"
	"math/big"
	"sort"
)

// Moves counts the players who have more at the end than at the start, less, and
// the same. Both are in the order of the players.
func Moves(start, end []int64) (rose, fell, same int) {
	for i, s := range start {
		switch e := end[i]; {
		case e > s:
			rose++
		case e < s:
			fell++
		default:
			same++
		}
	}
	return rose, fell, same
}

// Mobility is the rank correlation of balances at the start and at the end, both in
// the order of the players: 1 where the order stayed, -1 where it was turned
// around (Spearman 1904, "The proof and measurement of association between two
// things"; who has the same shares the middle of their ranks, Kendall 1945, "The
// treatment of ties in ranking problems"). It is NaN where all have the same at the
// start or at the end.
//
// In place of a rank r it computes with 2r-1, a whole number: how many have less,
// and how many no more, added. Its mean is n.
func (m *Meter) Mobility(start, end []int64) float64 {
	s, e := m.spread(start), m.spread(end)
	if s.Sign() == 0 || e.Sign() == 0 {
		return math.NaN()
	}
	together := toFloat(m.together(start, end))
	return min(1, max(-1, together/math.Sqrt(toFloat(s)*toFloat(e))))
}

// spread is the sum of squares of 2r-1, less that of their mean.
func (m *Meter) spread(balances []int64) *big.Int {
	t := m.tally(balances)
	var sum wide
	before, n := int64(0), int64(t.players)
	for _, c := range t.runs() {
		sum.addProduct((2*before+c)*c, 2*before+c)
		before += c
	}
	return fromMean(sum, n)
}

// together is the sum of products of 2r-1 at the start and at the end, less that of
// their means: from tables where both fit into the meter's memory, else by sorting.
func (m *Meter) together(start, end []int64) *big.Int {
	cells := m.room(slots(len(start)))
	half := len(cells) / 2
	s, e := survey(start), survey(end)
	if !s.count(start, cells[:half]) || !e.count(end, cells[half:]) {
		return fromMean(bySorting(start, end, cells[:len(start)]), int64(len(start)))
	}
	s.rank()
	e.rank()
	var sum wide
	for i := range start {
		sum.addProduct(s.counts[s.slot(start[i])], e.counts[e.slot(end[i])])
	}
	return fromMean(sum, int64(len(start)))
}

// rank turns the counts into 2r-1.
func (t *tally) rank() {
	before := int64(0)
	for i, c := range t.counts {
		t.counts[i] = 2*before + c
		before += c
	}
}

// bySorting is the sum of products of 2r-1. Of each cell the lower half is used for
// the number of a player, in the order of balances, and the upper half for 2r-1 of
// the player of the cell's own number.
func bySorting(start, end, cells []int64) wide {
	clear(cells)
	var sum wide
	order{cells, start}.each(func(rank int64, players []int64) {
		for _, p := range players {
			cells[uint32(p)] |= rank << 32
		}
	})
	order{cells, end}.each(func(rank int64, players []int64) {
		for _, p := range players {
			sum.addProduct(rank, int64(uint64(cells[uint32(p)])>>32))
		}
	})
	return sum
}

// order sorts the lower halves of cells, players, by their balances.
type order struct{ cells, balances []int64 }

func (o order) Len() int { return len(o.cells) }

func (o order) Less(i, j int) bool {
	return o.balances[uint32(o.cells[i])] < o.balances[uint32(o.cells[j])]
}

func (o order) Swap(i, j int) {
	a, b := o.cells[i], o.cells[j]
	different := int64(uint32(a ^ b))
	o.cells[i], o.cells[j] = a^different, b^different
}

// each sorts, and calls do with the players who have the same, and 2r-1 of them.
func (o order) each(do func(rank int64, players []int64)) {
	const upper = ^int64(1<<32 - 1)
	for i := range o.cells {
		o.cells[i] = o.cells[i]&upper | int64(i)
	}
	sort.Sort(o)
	for i := 0; i < len(o.cells); {
		j := i + 1
		for j < len(o.cells) && !o.Less(i, j) {
			j++
		}
		do(int64(i+j), o.cells[i:j])
		i = j
	}
}

// fromMean is sum - n³.
func fromMean(sum wide, n int64) *big.Int {
	cube := new(big.Int).Exp(big.NewInt(n), big.NewInt(3), nil)
	return cube.Sub(sum.big(), cube)
}

// toFloat is the float64 nearest to n.
func toFloat(n *big.Int) float64 {
	f, _ := new(big.Float).SetInt(n).Float64()
	return f
}
