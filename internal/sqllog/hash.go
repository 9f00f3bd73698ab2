package sqllog

import "math/bits"

// The hash is a multiply-fold over eight bytes at a time (as wyhash mixes), so
// that it is the same on every machine; it is no defence against an enemy.
const (
	hashSeed  = 0xA0761D6478BD642F
	hashWord  = 0xE7037ED1A0B428DB
	hashPunct = 0x8EBC6AF09C88C6E3
)

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// mask keeps the low n bytes; all where n is 8 or more.
func mask(n int) uint64 {
	if n >= 8 {
		return ^uint64(0)
	}
	return 1<<(uint(n)*8) - 1
}

// load is up to 8 bytes of s from i, n of which count.
func load(s string, i, n int) uint64 {
	if i+8 <= len(s) {
		t := s[i : i+8]
		return (uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
			uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56) & mask(n)
	}
	var x uint64
	for k := min(n, 8, len(s)-i) - 1; k >= 0; k-- {
		x = x<<8 | uint64(s[i+k])
	}
	return x
}

// hashText adds the text s[i:end] to h, its length included.
func hashText(h uint64, s string, i, end int) uint64 {
	n := end - i
	for ; end-i > 8; i += 8 {
		h = mix(h^load(s, i, 8), hashWord)
	}
	return mix(h^load(s, i, end-i), hashWord^uint64(n)<<1)
}

// hashChar adds one punctuation mark.
func hashChar(h uint64, c byte) uint64 {
	return mix(h^uint64(c), hashPunct)
}
