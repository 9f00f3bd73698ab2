package game

import (
	"math"
	"math/big"
)

// The formulas over a tally. Each is one walk over the different balances.

// gini is Σ (2i-n-1)·xᵢ over the sorted balances, i from 1, which is the sum of
// |xᵢ-xⱼ| over pairs, divided by n·Σx and by n·Σ|x|.
func (t *tally) gini() (gini, debt float64) {
	var sum, size wide
	before, n := int64(0), int64(t.players)
	for balance, c := range t.runs() {
		// c players have it, from number before+1 on: their 2i-n-1 add up to this.
		sum.addProduct(balance, c*(2*before+c-n))
		before += c
		if balance < 0 {
			c = -c
		}
		size.addProduct(balance, c)
	}
	return sum.over(n, t.total), sum.over(n, size)
}

// hoover is what those below the mean lack, (k·Σx - n·Σ below) / (n·Σx) for the k
// of them.
func (t *tally) hoover() float64 {
	all := t.times(int64(t.players))
	if all.Sign() <= 0 {
		return math.NaN()
	}
	// A whole number is below Σx/n if it is below Σx/n rounded up.
	mean, rest := new(big.Int).DivMod(t.total.big(), big.NewInt(int64(t.players)), new(big.Int))
	limit := mean.Int64()
	if rest.Sign() > 0 {
		limit++
	}
	var below wide
	players := int64(0)
	for balance, c := range t.runs() {
		if balance >= limit {
			break
		}
		below.addProduct(balance, c)
		players += c
	}
	have := below.big()
	have.Mul(have, big.NewInt(int64(t.players)))
	return ratio(new(big.Int).Sub(t.times(players), have), all)
}

// theil: see Measures.
func (t *tally) theil() float64 {
	mean := ratio(t.total.big(), big.NewInt(int64(t.players)))
	switch {
	case t.least < 0 || !(mean > 0):
		return math.NaN()
	case t.least == t.most:
		return 0
	}
	var sum compensated
	for balance, c := range t.runs() {
		if balance > 0 {
			r := float64(balance) / mean
			sum.add(float64(c) * (r * math.Log(r)))
		}
	}
	return decimals(max(0, sum.value()/float64(t.players)))
}

// entropy: see Measures.
func (t *tally) entropy() float64 {
	if t.players == 0 {
		return math.NaN()
	}
	var sum compensated
	for _, c := range t.runs() {
		p := float64(c) / float64(t.players)
		sum.add(-p * math.Log2(p))
	}
	return decimals(sum.value())
}

// nothing is the shares of players who have nothing, and less.
func (t *tally) nothing() (zero, debt float64) {
	if t.players == 0 {
		return math.NaN(), math.NaN()
	}
	none, less := int64(0), int64(0)
	for balance, c := range t.runs() {
		if balance > 0 {
			break
		}
		if balance < 0 {
			less += c
		} else {
			none = c
		}
	}
	return float64(none) / float64(t.players), float64(less) / float64(t.players)
}

// median: see Measures.
func (t *tally) median() float64 {
	low, high := int64(t.players-1)/2, int64(t.players)/2 // counted from 0
	sum := new(big.Int)
	before := int64(0)
	for balance, c := range t.runs() {
		for _, at := range []int64{low, high} {
			if before <= at && at < before+c {
				sum.Add(sum, big.NewInt(balance))
			}
		}
		if before += c; before > high {
			return ratio(sum, big.NewInt(2))
		}
	}
	return math.NaN()
}

// poorest is parts times what the poorest k parts of the players have, for each k
// of cuts, which ascend from 0 to parts: parts times, because the last player may
// count in part.
func (t *tally) poorest(cuts []int, parts int) []*big.Int {
	have := make([]*big.Int, 0, len(cuts))
	var sum wide // of all before, times parts
	before, n := int64(0), int64(t.players)
	for balance, c := range t.runs() {
		for len(have) < len(cuts) && int64(cuts[len(have)])*n <= before+c*int64(parts) {
			here := sum
			here.addProduct(balance, int64(cuts[len(have)])*n-before)
			have = append(have, here.big())
		}
		sum.addProduct(balance, c*int64(parts))
		before += c * int64(parts)
	}
	for len(have) < len(cuts) { // nobody plays
		have = append(have, new(big.Int))
	}
	return have
}

// compensated is a sum of which little is lost (Neumaier 1974, "Rundungsfehleranalyse
// einiger Verfahren zur Summation endlicher Summen").
type compensated struct{ sum, lost float64 }

func (s *compensated) add(x float64) {
	x = float64(x) // rounds here: fused into the addition, some processors would give other bits
	total := s.sum + x
	if math.Abs(s.sum) >= math.Abs(x) {
		s.lost += (s.sum - total) + x
	} else {
		s.lost += (x - total) + s.sum
	}
	s.sum = total
}

func (s *compensated) value() float64 { return s.sum + s.lost }
