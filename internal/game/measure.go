package game

import (
	"math"
	"math/big"
)

// Measures say how dollars are distributed among players. Money is in cents.
//
// What is not defined is NaN, in all of this package, and is printed as nothing:
// a mean of nobody, a share of a total that is zero or less, a ratio to a poorer
// part that has nothing. Balances may be negative where a game has debt; then
// shares may be below 0 or above 1, and so may what is made of them.
//
// Except Theil and Entropy, which need logarithms, all are computed in integers
// and rounded once, to the nearest float64: they are the same on every machine.
type Measures struct {
	Players int
	Total   int64   // cents; the largest or smallest int64 where it does not fit
	Mean    float64 // cents
	Median  float64 // cents; of an even number the middle of the two in the middle
	Min     int64   // cents; 0 where there are no players
	Max     int64   // cents; 0 where there are no players

	// Gini is Σ|xᵢ-xⱼ| / (2n²·mean), over all ordered pairs: 0 where all have the
	// same, (n-1)/n where one has all (Gini 1912, "Variabilità e mutabilità"; in
	// this form Sen 1973, "On Economic Inequality"). With debt it can be above 1
	// (Chen, Tsaur and Rhai 1982, "The Gini coefficient and negative income").
	Gini float64
	// GiniDebt is Gini with the mean of |xᵢ| in place of the mean: the same where
	// nobody is in debt, and within 0 and 1 where somebody is, even at total 0
	// (Raffinetti, Siletti and Vernizzi 2015, "On the Gini coefficient normalization
	// when attributes with negative values are considered", with n for their n-1).
	GiniDebt float64
	// Hoover is Σ|xᵢ-mean| / (2n·mean), the share of all dollars that would have to
	// change hands until all have the same (Hoover 1936, "The measurement of
	// industrial localization"): also called Pietra's and the Robin Hood index.
	Hoover float64
	// Theil is (1/n)·Σ (xᵢ/mean)·ln(xᵢ/mean), with 0·ln 0 = 0: 0 where all have the
	// same, ln n where one has all (Theil 1967, "Economics and Information Theory",
	// chapter 4). With debt it is not defined.
	Theil float64
	// Palma is Top10 / Bottom40 (Palma 2011, "Homogeneous middles vs. heterogeneous
	// tails"; Cobham and Sumner 2013, "Putting the Gini back in the bottle?").
	Palma float64
	// Entropy is -Σ p·log₂ p in bits, where p is the share of players that have the
	// same balance, over all balances (Shannon 1948, "A mathematical theory of
	// communication"; as Drăgulescu and Yakovenko 2000 follow it over time). The
	// entropy of who has the dollars is ln n - Theil, in nats.
	Entropy float64

	// The shares of all dollars that the richest and the poorest hundredths of
	// players have, from the Lorenz curve, straight between players (Lorenz 1905,
	// "Methods of measuring the concentration of wealth").
	Top1, Top10, Bottom40, Bottom50 float64

	Zero float64 // the share of players who have exactly nothing
	Debt float64 // the share of players who have less than nothing
}

// Meter measures many times in the same memory: no more than 8 bytes a player,
// and nothing new where it has measured as many before. The zero value is ready.
// One Meter is for one goroutine.
type Meter struct {
	cells []int64
}

// Measure measures balances in cents, which it does not change.
func (m *Meter) Measure(balances []int64) Measures {
	t := m.tally(balances)
	s := Measures{
		Players: t.players,
		Total:   t.total.clamp(),
		Mean:    ratio(t.total.big(), big.NewInt(int64(t.players))),
		Median:  t.median(),
		Min:     t.least,
		Max:     t.most,
		Hoover:  t.hoover(),
		Theil:   t.theil(),
		Entropy: t.entropy(),
	}
	s.Gini, s.GiniDebt = t.gini()
	s.Zero, s.Debt = t.nothing()
	poorest := t.poorest([]int{40, 50, 90, 99}, 100)
	all := t.times(100)
	top := func(below *big.Int) *big.Int { return new(big.Int).Sub(all, below) }
	if all.Sign() > 0 {
		s.Bottom40, s.Bottom50 = ratio(poorest[0], all), ratio(poorest[1], all)
		s.Top10, s.Top1 = ratio(top(poorest[2]), all), ratio(top(poorest[3]), all)
		s.Palma = ratio(top(poorest[2]), poorest[0])
	} else {
		nan := math.NaN()
		s.Bottom40, s.Bottom50, s.Top10, s.Top1, s.Palma = nan, nan, nan, nan, nan
	}
	return s
}

// Gini is Measures.Gini alone, for a series over rounds.
func (m *Meter) Gini(balances []int64) float64 {
	gini, _ := m.tally(balances).gini()
	return gini
}

// tally counts balances in the meter's memory.
func (m *Meter) tally(balances []int64) *tally {
	t := survey(balances)
	cells := m.room(slots(t.players))
	if !t.count(balances, cells) {
		t.sort(balances, cells)
	}
	return t
}

// room is memory of n cells; what was in it is lost.
func (m *Meter) room(n int) []int64 {
	if cap(m.cells) < n {
		m.cells = nil // the collector may have the old before the new is there
		m.cells = make([]int64, n)
	}
	return m.cells[:n]
}

// slots is how many cells are for so many players: one each and one more, which
// makes halves for Mobility; in a small game some more, because counting is
// quicker than sorting.
func slots(players int) int {
	return max(players+1, min(8*players, 4096))
}

// ratio is the float64 nearest to num/den, NaN where den is zero or less.
func ratio(num, den *big.Int) float64 {
	if den.Sign() <= 0 {
		return math.NaN()
	}
	if num.BitLen() <= 53 && den.BitLen() <= 53 { // both are float64s
		return float64(num.Int64()) / float64(den.Int64())
	}
	f, _ := new(big.Rat).SetFrac(num, den).Float64()
	return f
}

// decimals rounds what came through a logarithm to 12 decimals: the last bits of
// logarithms differ between processors, and a cell of a sweep may run on any.
func decimals(x float64) float64 {
	return math.Abs(math.Round(x*1e12) / 1e12) // no measure is negative, -0 neither
}
