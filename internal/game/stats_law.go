package game

import "math"

// Law is the distribution of a player's balance that theory says a game comes to:
// Floor + k·Unit cents for k = 0, 1, 2 …. Unit is the amount of a move, Floor how
// far down a player may go: 0, or the limit of debt, by which a law is shifted.
type Law struct {
	Name        string
	Floor, Unit int64
	Mean        float64 // in units above Floor

	tail []float64 // the probability of k units or more; nil for the geometric law
}

// Geometric is the law of the random schedule: one random giver a move, who passes
// when broke, and a receiver random among all. The game visits all ways to divide
// the units among the players alike, of which a player's share is k units with
// probability (1-q)·qᵏ, q = T/(1+T), where players are many (Drăgulescu and
// Yakovenko 2000, "Statistical mechanics of money", of which this is the discrete
// form; with debt their section on it).
//
// Its mean T is that of the balances, because moves leave it as it is. ok is false
// where there is no such law: nobody plays, the unit is less than 1, a balance is
// below the floor or no whole number of units above it, or all are on it.
func Geometric(balances []int64, floor, unit int64) (law Law, ok bool) {
	if len(balances) == 0 || unit < 1 {
		return Law{}, false
	}
	sum := 0.0
	for _, b := range balances {
		if b < floor || (b-floor)%unit != 0 {
			return Law{}, false
		}
		sum += float64((b - floor) / unit)
	}
	law = Law{Name: "geometric", Floor: floor, Unit: unit, Mean: sum / float64(len(balances))}
	return law, sum > 0
}

// atLeast is the probability of k units or more above the floor.
func (l Law) atLeast(k int64) float64 {
	switch {
	case k <= 0:
		return 1
	case l.tail == nil:
		return math.Exp(-float64(k) * math.Log1p(1/l.Mean))
	case k < int64(len(l.tail)):
		return l.tail[k]
	}
	return 0
}

// Expected is how many of so many players the law has in each bin: the curve over a
// histogram.
func (l Law) Expected(bins []Bin, players int) []float64 {
	all := make([]float64, len(bins))
	for i, b := range bins {
		low, high := -floorDiv(l.Floor-b.Low, l.Unit), -floorDiv(l.Floor-b.High, l.Unit) // rounded up
		all[i] = float64(players) * (l.atLeast(low) - l.atLeast(high))
	}
	return all
}

// Gini is Measures.Gini of the law: half the mean of |x-y| over the mean. Of the
// geometric law of a mean of T units above 0 that is (1+T)/(1+2T), 2/3 at T = 1; where
// T is large it tends to 1/2, that of the exponential law (Drăgulescu and Yakovenko
// 2001, "Evidence for the exponential distribution of income in the USA"). Of another
// law the mean of |x-y| is 2·Σ F(1-F). It is NaN where the mean balance is zero or less.
func (l Law) Gini() float64 {
	gini := (1 + l.Mean) / (1 + 2*l.Mean)
	if l.tail != nil {
		var sum compensated
		for _, above := range l.tail[1:] {
			sum.add(above * (1 - above))
		}
		gini = sum.value() / l.Mean
	}
	switch floor := float64(l.Floor) / float64(l.Unit); {
	case l.Mean+floor <= 0:
		return math.NaN()
	case floor == 0:
		return gini
	default:
		return gini * l.Mean / (l.Mean + floor)
	}
}
