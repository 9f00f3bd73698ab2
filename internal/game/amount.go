package game

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
)

// unit is the smallest amount that moves, in cents.
type unit int64

// down rounds an amount of 0 or more down to what can move.
func (u unit) down(cents int64) int64 { return cents - cents%int64(u) }

// part is the part of an amount that a level stands for. Where the level is drawn from
// [0, 1) each amount from nothing to all is alike, and a level that was an amount is
// that amount again.
func (u unit) part(level float64, cents int64) int64 {
	return whole(level, cents/int64(u)) * int64(u)
}

// whole is the whole number from 0 to most that a level stands for.
func whole(level float64, most int64) int64 {
	if k := math.Round(level * float64(most)); k/float64(most) == level {
		return int64(k) // below it is one more for the largest of them, by rounding
	}
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
