package game

import "math/bits"

// generator is xoshiro256++ (Blackman & Vigna 2021, "Scrambled linear pseudorandom
// number generators"). It is here because a loop can keep it in registers: rand.PCG is
// called, a move then takes two fifths longer, and 1,000 players do not come to the 250
// million a second that they are to make.
type generator struct{ a, b, c, d uint64 }

// Seed fills the state by SplitMix64 (Steele, Lea & Flood 2014), as its authors
// advise. Streams of a seed have nothing in common.
func (g *generator) Seed(seed, stream uint64) {
	x := seed ^ mix(stream)
	for _, word := range []*uint64{&g.a, &g.b, &g.c, &g.d} {
		x += 0x9e3779b97f4a7c15
		*word = mix(x)
	}
}

// mix is the finaliser of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// next is a word and the generator after it.
func (g generator) next() (uint64, generator) {
	x := bits.RotateLeft64(g.a+g.d, 23) + g.a
	t := g.b << 17
	g.c ^= g.a
	g.d ^= g.b
	g.b ^= g.c
	g.a ^= g.d
	g.c ^= t
	g.d = bits.RotateLeft64(g.d, 45)
	return x, g
}

// Uint64 is the next word.
func (g *generator) Uint64() (x uint64) {
	x, *g = g.next()
	return x
}

// below draws one of 0 … n-1, each exactly alike (Lemire 2019, "Fast random integer
// generation in an interval").
func (g *generator) below(n int) int {
	high, low := bits.Mul64(g.Uint64(), uint64(n))
	if low < uint64(n) {
		for least := -uint64(n) % uint64(n); low < least; {
			high, low = bits.Mul64(g.Uint64(), uint64(n))
		}
	}
	return int(high)
}

// fraction draws from [0, 1).
func (g *generator) fraction() float64 { return float64(g.Uint64()>>11) / (1 << 53) }

// two draws one of 0 … n-1 and one of 0 … m-1 from one word, exactly alike and
// independent (Brackett-Rozinsky & Lemire 2024, "Batched ranged random integer
// generation"). n·m is below 2^64.
func (g *generator) two(n, m uint64) (i, k uint64) {
	for least := rejected(n * m); ; {
		i, r := bits.Mul64(g.Uint64(), n)
		k, r := bits.Mul64(r, m)
		if r >= least {
			return i, k
		}
	}
}

// four is two of each.
func (g *generator) four(n, m uint64) (i, k, i2, k2 uint64) {
	for least := rejected(n * m * n * m); ; {
		i, r := bits.Mul64(g.Uint64(), n)
		k, r := bits.Mul64(r, m)
		i2, r := bits.Mul64(r, n)
		k2, r := bits.Mul64(r, m)
		if r >= least {
			return i, k, i2, k2
		}
	}
}

// rejected is how many of the 2^64 words would make some of n results likelier.
func rejected(n uint64) uint64 { return -n % n }

// skip turns a draw from n-1 into one of the n places that is not own, without a branch.
func skip(drawn, own uint64) uint64 { return drawn + 1 + uint64(int64(drawn-own)>>63) }
