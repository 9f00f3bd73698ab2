package game

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Fit is a test of goodness of fit.
type Fit struct {
	ChiSquare float64 // Σ (observed-expected)²/expected
	Freedom   int     // degrees of freedom, bins - 2; 0 where it cannot be tested
	P         float64 // probability of as much or more if the law holds; NaN where it cannot be tested
}

// Rejected says whether the law is rejected at the level of 5 %.
func (f Fit) Rejected() bool { return f.P < 0.05 }

// GoodnessOfFit tests whether balances follow a law: chi-square (Pearson 1900), a bin for
// each balance, neighbours pooled until 5 or more players are expected (Cochran
// 1954, "Some methods for strengthening the common χ² tests"). The law's mean is
// that of the balances, which takes a degree of freedom more than the number of
// players does (Fisher 1924; nearly so with bins as fine as these, Chernoff and
// Lehmann 1954). It cannot be tested of so few players that there are less than
// three bins, nor where a balance is not of the law's.
func (m *Meter) GoodnessOfFit(balances []int64, law Law) Fit {
	untested := Fit{ChiSquare: math.NaN(), P: math.NaN()}
	if len(balances) == 0 || law.Unit < 1 || !(law.Mean > 0) {
		return untested
	}
	var chi compensated
	observed := 0.0
	bin := law.pool(0, float64(len(balances)))
	bins := 1
	next := func() {
		chi.add((observed - bin.expected) * (observed - bin.expected) / bin.expected)
		bin = law.pool(bin.high, float64(len(balances)))
		bins++
		observed = 0
	}
	for balance, c := range m.tally(balances).runs() {
		if balance < law.Floor || (balance-law.Floor)%law.Unit != 0 {
			return untested
		}
		for !bin.last && (balance-law.Floor)/law.Unit >= bin.high {
			next()
		}
		observed += float64(c)
	}
	for !bin.last {
		next()
	}
	chi.add((observed - bin.expected) * (observed - bin.expected) / bin.expected)
	if bins < 3 {
		return untested
	}
	return Fit{chi.value(), bins - 2, chiSquareAbove(chi.value(), float64(bins-2))}
}

// chiSquareAbove is the probability of as much as x or more of a chi-square
// distribution, from the incomplete gamma function (Abramowitz and Stegun 1964,
// 26.4.19).
func chiSquareAbove(x, freedom float64) float64 {
	return mathext.GammaIncRegComp(freedom/2, x/2)
}

// pooled is a bin of a test of fit.
type pooled struct {
	high     int64 // in units above the law's floor; not part of it
	expected float64
	last     bool // and all above
}

// enough is how many players a bin is expected to have at least.
const enough = 5

// pool is the least bin from low on in which enough of n players are expected, with
// enough left above it: otherwise it is the last, and takes them.
func (l Law) pool(low int64, n float64) pooled {
	from := l.atLeast(low)
	expects := func(high int64) bool { return n*(from-l.atLeast(high)) >= enough }
	step := int64(1)
	for !expects(low+step) && n*l.atLeast(low+step) >= enough {
		step *= 2
	}
	short, high := low+step/2, low+step // the bin's end is above short, and not above high
	for high-short > 1 {
		if middle := short + (high-short)/2; expects(middle) {
			high = middle
		} else {
			short = middle
		}
	}
	if above := l.atLeast(high); n*above >= enough && expects(high) {
		return pooled{high, n * (from - above), false}
	}
	return pooled{0, n * from, true}
}
