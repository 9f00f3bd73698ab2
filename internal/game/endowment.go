package game

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Distribution is how dollars are handed out at the start.
type Distribution string

// The distributions.
const (
	Uniform Distribution = "uniform" // each whole number from Min to Max alike
	Equal   Distribution = "equal"   // everybody the middle of Min and Max
	Normal  Distribution = "normal"  // around the middle, Min and Max three standard deviations away
	Pareto  Distribution = "pareto"  // few rich, many poor: from Min, no more than Max
)

// Distributions are their names.
func Distributions() []string {
	return []string{string(Uniform), string(Equal), string(Normal), string(Pareto)}
}

// paretoShape is the shape α at which a fifth has four fifths: log 5 / log 4
// (Newman 2005, "Power laws, Pareto distributions and Zipf's law", section 3.5).
const paretoShape = 1.1609640474436813

// Endowment says what a player starts with, in whole dollars.
type Endowment struct {
	Distribution Distribution
	Min, Max     int64
}

// Check says what is wrong with an endowment, nil if nothing is. most is the
// largest amount allowed.
func (e Endowment) Check(most int64) error {
	switch {
	case !slices.Contains(Distributions(), string(e.Distribution)):
		return fmt.Errorf("there is no distribution %q; there are %s", e.Distribution, strings.Join(Distributions(), ", "))
	case e.Min < 0:
		return fmt.Errorf("the least endowment is negative")
	case e.Max < e.Min:
		return fmt.Errorf("the most, %d, is less than the least, %d", e.Max, e.Min)
	case e.Max > most:
		return fmt.Errorf("an endowment of %d dollars is too large", e.Max)
	case e.Max == 0:
		return fmt.Errorf("an endowment of nothing is none")
	case e.Distribution == Pareto && e.Min == 0:
		return fmt.Errorf("a Pareto distribution needs a least endowment of 1 or more")
	}
	return nil
}

// Draw is the endowment of a player in dollars. It depends on nothing but the seed
// and the player's id: who comes later changes nobody's.
func (e Endowment) Draw(seed uint64, id int64) int64 {
	return e.draw(rand.New(rand.NewPCG(seed, stream(id))))
}

// stream is that of a player: ids are alike, streams must not be.
func stream(id int64) uint64 { return uint64(id) * 0x9E3779B97F4A7C15 }

func (e Endowment) draw(r *rand.Rand) int64 {
	low, high := float64(e.Min), float64(e.Max)
	switch e.Distribution {
	case Equal:
		return e.Min + (e.Max-e.Min)/2
	case Normal:
		for { // cut off at both ends by drawing again
			x := math.Round((low+high)/2 + r.NormFloat64()*(high-low)/6)
			if x >= low && x <= high {
				return int64(x)
			}
		}
	case Pareto:
		// The inverse of the distribution function of a Pareto law cut off at Max+1.
		cut := 1 - math.Pow(low/(high+1), paretoShape)
		return min(e.Max, int64(low*math.Pow(1-r.Float64()*cut, -1/paretoShape)))
	}
	return e.Min + r.Int64N(e.Max-e.Min+1)
}
