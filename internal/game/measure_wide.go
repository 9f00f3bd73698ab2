package game

import (
	"math"
	"math/big"
	"math/bits"
)

// wide is a sum in 128 bits, in two's complement. It holds what 2³⁰ players with
// any int64 can make of it.
type wide struct{ high, low uint64 }

// add adds x.
func (w *wide) add(x int64) {
	var carry uint64
	w.low, carry = bits.Add64(w.low, uint64(x), 0)
	w.high += uint64(x>>63) + carry
}

// addProduct adds a·b.
func (w *wide) addProduct(a, b int64) {
	high, low := bits.Mul64(uint64(a), uint64(b))
	high -= uint64(a>>63)&uint64(b) + uint64(b>>63)&uint64(a) // of unsigned factors, to signed
	var carry uint64
	w.low, carry = bits.Add64(w.low, low, 0)
	w.high += high + carry
}

// big is the sum.
func (w wide) big() *big.Int {
	n := big.NewInt(int64(w.high))
	return n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(w.low))
}

// over is the ratio of the sum and n times another. A series over rounds asks for it
// often: where both are float64s it needs no large numbers.
func (w wide) over(n int64, other wide) float64 {
	const exact = 1 << 53
	num, den := w.clamp(), other.clamp()
	if -exact <= num && num <= exact && 0 < den && den <= exact/n {
		return float64(num) / float64(n*den)
	}
	by := big.NewInt(n)
	return ratio(w.big(), by.Mul(by, other.big()))
}

// clamp is the sum, or the int64 next to it.
func (w wide) clamp() int64 {
	switch fits := int64(w.low); {
	case w.high == uint64(fits>>63):
		return fits
	case int64(w.high) < 0:
		return math.MinInt64
	}
	return math.MaxInt64
}
