package game

import "math"

// Point is a point of a curve.
type Point struct{ X, Y float64 }

// Lorenz is the Lorenz curve (Lorenz 1905, "Methods of measuring the concentration
// of wealth") at so many points, evenly from (0, 0) to (1, 1): X is a share of the
// players, the poorest first, Y the share of the dollars that they have. There is
// none, nil, where the total is zero or less or points is less than 2.
func (m *Meter) Lorenz(balances []int64, points int) []Point {
	t := m.tally(balances)
	if points < 2 || t.times(1).Sign() <= 0 {
		return nil
	}
	cuts := make([]int, points)
	for i := range cuts {
		cuts[i] = i
	}
	parts := points - 1
	all := t.times(int64(parts))
	curve := make([]Point, points)
	for i, have := range t.poorest(cuts, parts) {
		curve[i] = Point{float64(i) / float64(parts), ratio(have, all)}
	}
	return curve
}

// Bin is a bar of a histogram: the players who have Low cents or more and less than
// High.
type Bin struct {
	Low, High int64
	Players   int
}

// Histogram counts players by balance in at most so many bins of the same width,
// which is 1, 2 or 5 times a power of ten times the unit (in cents: the amount of a
// move), and begins at a multiple of it. There are none where nobody plays, and
// where unit or bins is less than 1.
func (m *Meter) Histogram(balances []int64, unit int64, bins int) []Bin {
	if len(balances) == 0 || unit < 1 || bins < 1 {
		return nil
	}
	t := m.tally(balances)
	width := binWidth(t.least, t.most, unit, bins)
	first := floorDiv(t.least, width)
	all := make([]Bin, floorDiv(t.most, width)-first+1)
	for i := range all {
		all[i].Low = (first + int64(i)) * width
		all[i].High = all[i].Low + width
	}
	for balance, c := range t.runs() {
		all[floorDiv(balance, width)-first].Players += int(c)
	}
	return all
}

// binWidth is the least of 1, 2, 5, 10, 20 … units of which bins suffice.
func binWidth(least, most, unit int64, bins int) int64 {
	width := unit
	for i := 0; ; i++ {
		if floorDiv(most, width)-floorDiv(least, width) < int64(bins) {
			return width
		}
		factor := []int64{1, 2, 5}[(i+1)%3]
		power := math.Pow10((i + 1) / 3)
		if float64(unit)*power*float64(factor) > math.MaxInt64/4 {
			return math.MaxInt64 / 4
		}
		width = unit * int64(power) * factor
	}
}

// floorDiv is a/b rounded down, for b > 0.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
