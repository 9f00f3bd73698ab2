package pyjson

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
)

// item is one element of a binary array: a bool, a signed or unsigned integer,
// a float, or a string (kinds b, i, u, f, U).
type item struct {
	kind byte
	size int // bytes
	big  bool
}

func (it item) appendJSON(dst, b []byte) []byte {
	switch it.kind {
	case 'b':
		return strconv.AppendBool(dst, b[0] != 0)
	case 'i':
		shift := 64 - 8*it.size
		return strconv.AppendInt(dst, int64(it.bits(b)<<shift)>>shift, 10)
	case 'u':
		return strconv.AppendUint(dst, it.bits(b), 10)
	case 'f':
		return appendFloat(dst, it.float(b))
	}
	var s strings.Builder
	for ; len(b) >= 4; b = b[4:] {
		if c := (item{size: 4, big: it.big}).bits(b); c != 0 {
			s.WriteRune(rune(c))
		} else if empty(b) {
			break // numpy fills up with zeros
		} else {
			s.WriteRune('\uFFFD')
		}
	}
	return appendQuoted(dst, s.String())
}

func empty(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// bits are the bytes of an item of up to 8 bytes as a number.
func (it item) bits(b []byte) uint64 {
	var w [8]byte
	if it.big {
		copy(w[8-it.size:], b[:it.size])
		return binary.BigEndian.Uint64(w[:])
	}
	copy(w[:], b[:it.size])
	return binary.LittleEndian.Uint64(w[:])
}

func (it item) float(b []byte) float64 {
	n := it.bits(b)
	switch it.size {
	case 4:
		return float64(math.Float32frombits(uint32(n)))
	case 8:
		return math.Float64frombits(n)
	}
	sign, exponent, fraction := 1.0, int(n>>10&31), float64(n&1023)
	if n>>15 == 1 {
		sign = -1
	}
	switch {
	case exponent == 31 && fraction == 0:
		return math.Inf(int(sign))
	case exponent == 31:
		return math.NaN()
	case exponent == 0:
		return sign * math.Ldexp(fraction, -24)
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// appendFloat writes a float as Python's tolist and repr do: a double of the
// same value, in its shortest text, exponents from 1e16 and below 1e-4.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		format = 'e'
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	if format == 'f' && !strings.Contains(string(dst[start:]), ".") {
		dst = append(dst, ".0"...)
	}
	return dst
}
