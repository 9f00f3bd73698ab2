package report

import (
	"math"
	"strconv"
)

// axis is the range of a panel's numbers in one direction, and the ticks in it.
type axis struct {
	low, high float64
	ticks     []tick
}

// tick is a number on an axis.
type tick struct {
	at    float64
	label string
}

// place is where a number lies on the axis, from 0 to 1.
func (a axis) place(x float64) float64 { return (x - a.low) / (a.high - a.low) }

// extent is the range of numbers that were seen.
type extent struct{ low, high float64 }

// see takes a number into the range.
func (e *extent) see(x float64) {
	if finite(x) {
		e.low, e.high = math.Min(e.low, x), math.Max(e.high, x)
	}
}

// extents are the ranges of all that a panel draws; ok is false if that is nothing.
func (p Panel) extents() (x, y extent, ok bool) {
	x = extent{math.Inf(1), math.Inf(-1)}
	y = x
	for _, s := range p.Series {
		for i, v := range s.Y {
			if !finite(v) || !finite(s.X[i]) {
				continue
			}
			x.see(s.X[i])
			y.see(v)
			if s.Kind == Bars {
				x.see(s.X[i+1])
				y.see(0)
			}
		}
	}
	ok = x.low <= x.high && x.high-x.low < 1e300 && y.high-y.low < 1e300
	return x, y, ok
}

// newAxis is an axis over a range with at most so many ticks, which are 1, 2 or 5
// times a power of ten apart. If it is rounded it begins and ends at a tick. A range
// of one number, or of numbers that hardly differ, is made wider; differences below
// 1e-300 cannot be divided.
func newAxis(e extent, most int, rounded bool) axis {
	if size := math.Max(math.Abs(e.low), math.Abs(e.high)); e.high-e.low <= math.Max(1e-9*size, 1e-300) {
		low := e.low - math.Max(0.5, size/1000)
		if e.low >= 0 {
			low = math.Max(0, low)
		}
		e = extent{low, e.high + math.Max(0.5, size/1000)}
	}
	step, decimals := tickStep((e.high - e.low) / float64(most-1))
	first, last := math.Ceil(e.low/step-1e-9), math.Floor(e.high/step+1e-9)
	if rounded {
		first, last = math.Floor(e.low/step+1e-9), math.Ceil(e.high/step-1e-9)
		e = extent{first * step, last * step}
	}
	a := axis{low: e.low, high: e.high}
	for k := first; k <= last && len(a.ticks) < 2*most; k++ {
		a.ticks = append(a.ticks, tick{k * step, tickLabel(k*step, step, decimals)})
	}
	return a
}

// tickStep is the least of 1, 2 and 5 times a power of ten that is not less than x,
// and how many decimals it has.
func tickStep(x float64) (step float64, decimals int) {
	power := math.Floor(math.Log10(x))
	for _, factor := range []float64{1, 2, 5, 10} {
		if step = factor * math.Pow(10, power); step >= x*(1-1e-9) {
			if factor == 10 {
				power++
			}
			break
		}
	}
	return step, int(math.Max(0, -power))
}

// tickLabel writes the number of a tick, of which the next is a step away: 0.25,
// 1,500, 2.5M.
func tickLabel(x, step float64, decimals int) string {
	x += 0 // no -0
	switch size := math.Abs(x); {
	case size >= 1e15 || decimals > 6:
		return strconv.FormatFloat(x, 'g', 4, 64)
	case size >= 1e9 && step >= 1e6:
		return strconv.FormatFloat(math.Round(x/1e6)/1e3, 'f', -1, 64) + "B"
	case size >= 1e6 && step >= 1e3:
		return strconv.FormatFloat(math.Round(x/1e3)/1e3, 'f', -1, 64) + "M"
	case decimals == 0:
		return grouped(int(math.Round(x)))
	}
	return strconv.FormatFloat(x, 'f', decimals, 64)
}

// grouped writes a whole number with commas.
func grouped(n int) string {
	if n < 0 {
		return "-" + grouped(-n)
	}
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
