package game

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"slices"
)

// unit is the smallest amount that moves, in cents.
type unit int64

// down rounds an amount of 0 or more down to what can move.
func (u unit) down(cents int64) int64 { return cents - cents%int64(u) }

// part is the part of an amount that a level stands for: with the level drawn from [0,
// 1) each amount from nothing to all is alike, and a level that was an amount is that
// amount again.
func (u unit) part(level float64, cents int64) int64 {
	return whole(level, cents/int64(u)) * int64(u)
}

// whole is the whole number from 0 to most that a level stands for.
func whole(level float64, most int64) int64 {
	return min(most, int64(level*float64(most+1)))
}

func readUnit(t Treatment) (unit, error) {
	u := unit(t.Cents("unit"))
	if u == 0 {
		return 0, fmt.Errorf("unit: the smallest amount that moves is 0.01 or more")
	}
	return u, nil
}

// amount is a parameter of more than nothing, in whole units.
func (u unit) amount(t Treatment, name string) (int64, error) {
	cents := u.down(t.Cents(name))
	if cents == 0 {
		return 0, fmt.Errorf("%s: %s is less than %s, the smallest amount that moves", name, t.Text(name), dollarText(int64(u)))
	}
	return cents, nil
}

// factor is a number as it was written, so that products are exact: 1.8 × 100 is 180 and
// not a cent less.
type factor struct{ up, down uint64 }

// maxFactor keeps products of a factor and an amount within 128 bits, and its
// denominator times the players of a group within 64.
const maxFactor = 1_000_000_000

func readFactor(t Treatment, name string) (factor, error) {
	text := t.Text(name)
	x, ok := new(big.Rat).SetString(text)
	if !ok || !x.Num().IsUint64() || x.Num().Uint64() > maxFactor || !x.Denom().IsUint64() || x.Denom().Uint64() > maxFactor {
		return factor{}, fmt.Errorf("%s: %s is too large or has too many decimals", name, text)
	}
	return factor{x.Num().Uint64(), x.Denom().Uint64()}, nil
}

// number is the factor as a float.
func (f factor) number() float64 { return float64(f.up) / float64(f.down) }

// of is an amount times the factor, divided among some, rounded down to a cent. What is
// more than a player can have is MaxCents+1.
func (f factor) of(cents int64, among int) int64 {
	high, low := bits.Mul64(uint64(cents), f.up)
	by := f.down * uint64(among)
	if high >= by {
		return MaxCents + 1
	}
	each, _ := bits.Div64(high, low, by)
	return int64(min(each, MaxCents+1))
}

// groups are the players of a run, divided into groups that play together. Players left
// over, too few for a group, have no turn.
type groups struct {
	order     []int32 // places; a group is size of them in a row
	size      int
	strangers bool
}

// newGroups draws the groups of the first round. A size of 0 makes all one group.
func newGroups(r *Run, size int64) (*groups, error) {
	n := len(r.balances)
	switch {
	case size == 1:
		return nil, fmt.Errorf("group_size: a group has two players or more")
	case size > int64(n):
		return nil, fmt.Errorf("group_size: groups of %d need as many players, and there are %d", size, n)
	case size == 0:
		size = int64(n)
	}
	g := &groups{order: places(n), size: int(size), strangers: r.Treatment.Text("matching") == "stranger"}
	shuffle(r, g.order)
	return g, nil
}

// draw makes the groups of a round. Partners stay together, and so the same are left over.
func (g *groups) draw(r *Run) {
	if g.strangers && r.round > 1 {
		shuffle(r, g.order)
	}
}

func (g *groups) count() int { return len(g.order) / g.size }

func (g *groups) members(k int) []int32 { return g.order[k*g.size : (k+1)*g.size] }

// places are 0, 1, … n-1.
func places(n int) []int32 {
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

// below draws one of 0 … n-1, each alike but for one in 2^64/n (Lemire 2019 without its
// rejection: n is small).
func below(r *Run, n int) int {
	i, _ := bits.Mul64(r.rng.Uint64(), uint64(n))
	return int(i)
}

// fraction draws from [0, 1).
func fraction(r *Run) float64 { return float64(r.rng.Uint64()>>11) / (1 << 53) }

// shuffle puts places into an order drawn anew (Fisher & Yates 1938).
func shuffle(r *Run, all []int32) {
	for i := len(all) - 1; i > 0; i-- {
		k := below(r, i+1)
		all[i], all[k] = all[k], all[i]
	}
}

// tiny is a difference that is no more than the rounding of floats.
func tiny(x float64) float64 { return 1e-9 * (1 + math.Abs(x)) }

// assignStrategies gives each place one of a mixture: as many as the shares say, what is
// left over to the largest remainders, in an order drawn from the seed.
func assignStrategies(r *Run, mixture []mixed) []uint8 {
	n := len(r.balances)
	which := make([]uint8, n)
	if len(mixture) == 1 {
		return which
	}
	counts, left := make([]int, len(mixture)), n
	remainders := make([]float64, len(mixture))
	for k, m := range mixture {
		exact := m.share * float64(n)
		counts[k] = min(left, int(exact+1e-9))
		remainders[k] = exact - float64(counts[k])
		left -= counts[k]
	}
	for ; left > 0; left-- {
		k := slices.Index(remainders, slices.Max(remainders))
		counts[k]++
		remainders[k]--
	}
	order, at := places(n), 0
	shuffle(r, order)
	for k, count := range counts {
		for range count {
			which[order[at]] = uint8(k)
			at++
		}
	}
	return which
}

// expected is the level that players expect of others before they have seen any: about
// half is what is contributed in first rounds (Ledyard 1995).
const expected = 0.5
