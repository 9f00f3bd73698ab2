package pyjson

import "bytes"

// What Postgres's numeric holds, in decimal digits: numeric_in and make_result
// of its source. The weight counts digits in front of the point.
const (
	maxWeight   = 131_071
	maxScale    = 16_383
	maxExponent = 1<<30 - 1 // INT_MAX/2; from here on numeric_in refuses even zero
)

// fitsNumeric reports whether Postgres's numeric, and so jsonb, takes the
// number token.
func fitsNumeric(t []byte) bool {
	if len(t) < 1000 && bytes.IndexByte(t, 'e') < 0 && bytes.IndexByte(t, 'E') < 0 {
		return true
	}
	if t[0] == '-' {
		t = t[1:]
	}
	exponent := 0
	if i := bytes.IndexAny(t, "eE"); i >= 0 {
		exponent = exponentOf(t[i+1:])
		t = t[:i]
	}
	if exponent >= maxExponent || exponent <= -maxExponent {
		return false
	}
	whole, fraction, _ := bytes.Cut(t, []byte("."))
	if len(fraction)-exponent > maxScale {
		return false
	}
	digits := bytes.TrimLeft(whole, "0")
	weight := len(digits) - 1
	if len(digits) == 0 {
		digits = bytes.TrimLeft(fraction, "0")
		weight = len(digits) - len(fraction) - 1
	}
	return len(digits) == 0 || weight+exponent <= maxWeight
}

// exponentOf reads an exponent, stopping at what is too large anyway.
func exponentOf(t []byte) int {
	negative := t[0] == '-'
	if negative || t[0] == '+' {
		t = t[1:]
	}
	n := 0
	for _, c := range t {
		if n = n*10 + int(c-'0'); n > maxExponent {
			break
		}
	}
	if negative {
		return -n
	}
	return n
}
