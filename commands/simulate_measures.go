package commands

import (
	"math"
	"strconv"

	"exptool/internal/game"
)

// scale is what a quantity is counted in.
type scale int

const (
	plain   scale = iota // shares, indices and whole numbers
	dollars              // cents, shown as dollars
	yesNo                // 1 or 0; of repetitions the share
)

// measure is a column of numbers about a game. NaN is not known.
type measure struct {
	name, meaning string
	scale         scale
	before, after func(*game.Outcome) float64 // before is nil where it is about the whole game
	single        bool                        // of one game: a mean over several means nothing
}

// distribution is a measure of the balances, before and after.
func distribution(name, meaning string, s scale, of func(*game.Measures) float64) measure {
	return measure{name: name, meaning: meaning, scale: s,
		before: func(o *game.Outcome) float64 { return of(&o.Before) },
		after:  func(o *game.Outcome) float64 { return of(&o.After) }}
}

// distributions are the measures of how dollars are distributed.
func distributions() []measure {
	type m = game.Measures
	return []measure{
		distribution("gini", "0: all equal; 1: one has all", plain, func(x *m) float64 { return x.Gini }),
		distribution("hoover", "share to hand over for equality", plain, func(x *m) float64 { return x.Hoover }),
		distribution("theil", "0: all equal; ln N: one has all", plain, func(x *m) float64 { return x.Theil }),
		distribution("palma", "richest 10 % over poorest 40 %", plain, func(x *m) float64 { return x.Palma }),
		distribution("entropy", "variety of balances, in bits", plain, func(x *m) float64 { return x.Entropy }),
		distribution("top_1", "share of the richest 1 %", plain, func(x *m) float64 { return x.Top1 }),
		distribution("top_10", "share of the richest 10 %", plain, func(x *m) float64 { return x.Top10 }),
		distribution("bottom_50", "share of the poorest 50 %", plain, func(x *m) float64 { return x.Bottom50 }),
		distribution("bottom_40", "share of the poorest 40 %", plain, func(x *m) float64 { return x.Bottom40 }),
		distribution("zero", "share of players with nothing", plain, func(x *m) float64 { return x.Zero }),
		distribution("debt", "share of players in debt", plain, func(x *m) float64 { return x.Debt }),
		distribution("gini_debt", "Gini that debt keeps below 1", plain, func(x *m) float64 { return x.GiniDebt }),
		distribution("median", "balance of the middle player", dollars, func(x *m) float64 { return x.Median }),
		distribution("min", "least balance", dollars, func(x *m) float64 { return float64(x.Min) }),
		distribution("max", "largest balance", dollars, func(x *m) float64 { return float64(x.Max) }),
	}
}

// whole are the measures of a whole game that stand before the distributions, and
// those behind them.
func whole() (first, last []measure) {
	of := func(name, meaning string, s scale, after func(*game.Outcome) float64) measure {
		return measure{name: name, meaning: meaning, scale: s, after: after}
	}
	first = []measure{
		of("played", "rounds played", plain, func(o *game.Outcome) float64 { return float64(o.Played) }),
		of("transfers", "from player to player", plain, func(o *game.Outcome) float64 { return float64(o.Transfers) }),
		distribution("total", "all dollars", dollars, func(x *game.Measures) float64 { return float64(x.Total) }),
	}
	last = []measure{
		of("mobility", "rank correlation, start to end", plain, func(o *game.Outcome) float64 { return o.Mobility }),
		of("rose", "players who have more now", plain, func(o *game.Outcome) float64 { return float64(o.Rose) }),
		of("fell", "players who have less now", plain, func(o *game.Outcome) float64 { return float64(o.Fell) }),
		of("settled", "Gini is where it stays", yesNo, func(o *game.Outcome) float64 {
			if o.Settling.From < 0 {
				return math.NaN()
			}
			return oneIf(o.Settling.Settled)
		}),
		of("law_gini", "Gini of theory (many players)", plain, func(o *game.Outcome) float64 {
			if !o.Tested {
				return math.NaN()
			}
			return o.Law.Gini()
		}),
		of("fit_p", "p of a χ² test against theory", plain, fitP),
		of("fit_rejected", "it rejects theory, at 5 %", yesNo, func(o *game.Outcome) float64 {
			if math.IsNaN(fitP(o)) {
				return math.NaN()
			}
			return oneIf(o.Fit.Rejected())
		}),
	}
	return first, last
}

// fitP is the p of an outcome's test against theory, NaN where there is none.
func fitP(o *game.Outcome) float64 {
	if !o.Tested {
		return math.NaN()
	}
	return o.Fit.P
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// measures are all of them, in the order of columns.
func measures() []measure {
	first, last := whole()
	return append(append(first, distributions()...), last...)
}

// forPeople puts first what people look at first: a terminal may not have room for
// all.
func forPeople() []measure {
	first, last := whole()
	return append(append(distributions(), last...), first...)
}

// decimal is a number as a value: twelve digits that matter (of dollars fifteen),
// which are the same on every machine; NaN is NULL.
func (s scale) decimal(x float64) []byte {
	digits := 12
	if s == dollars {
		x, digits = x/100, 15
	}
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return nil
	case x == math.Trunc(x) && math.Abs(x) < 1<<53:
		return strconv.AppendInt(nil, int64(x), 10)
	}
	// It reads back what it has printed, and so does not fail.
	x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
	if math.Abs(x) < 1e-6 {
		return strconv.AppendFloat(nil, x, 'g', -1, 64)
	}
	return strconv.AppendFloat(nil, x, 'f', -1, 64)
}

// short is a number for people, empty for NaN.
func (s scale) short(x float64) string {
	switch {
	case math.IsNaN(x):
		return ""
	case s == yesNo && x == 0:
		return "no"
	case s == yesNo && x == 1:
		return "yes"
	case s == dollars:
		x /= 100
	case x != 0 && math.Abs(x) < 0.0005:
		return strconv.FormatFloat(x, 'e', 1, 64)
	}
	if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
		return strconv.FormatInt(int64(x), 10)
	}
	if s == dollars {
		return strconv.FormatFloat(x, 'f', 2, 64)
	}
	return strconv.FormatFloat(x, 'f', 3, 64)
}
