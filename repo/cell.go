package repo

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"
)

// cell takes one value from lib/pq and gives back the text that the server
// sent: lib/pq makes Go values of some types, and their Go forms are not the
// server's.
type cell struct {
	driverType string
	buf        []byte
	null       bool
}

func (c *cell) value() []byte {
	if c.null {
		return nil
	}
	return c.buf
}

// Scan is sql.Scanner's.
func (c *cell) Scan(src any) error {
	c.null = src == nil
	if c.buf == nil {
		c.buf = make([]byte, 0, 32) // never nil, which would be NULL
	}
	c.buf = c.buf[:0]
	switch v := src.(type) {
	case nil:
	case []byte:
		if c.driverType == "BYTEA" {
			c.buf = hex.AppendEncode(append(c.buf, `\x`...), v)
		} else {
			c.buf = append(c.buf, v...)
		}
	case string:
		c.buf = append(c.buf, v...)
	case int64:
		c.buf = strconv.AppendInt(c.buf, v, 10)
	case bool:
		c.buf = strconv.AppendBool(c.buf, v)
	case float64:
		bits := 64
		if c.driverType == "FLOAT4" {
			v, bits = float64(float32(v)), 32 // lib/pq reads the digits as of a double
		}
		c.buf = appendFloat(c.buf, v, bits)
	case time.Time:
		c.buf = appendTime(c.buf, v, c.driverType)
	default:
		return fmt.Errorf("a value of the unexpected type %T", src)
	}
	return nil
}

// appendFloat writes a float as Postgres 12 and later do: the shortest digits
// that give the same value, with an exponent outside 1e-4 … 1e15 (real: 1e6).
func appendFloat(dst []byte, v float64, bits int) []byte {
	switch {
	case math.IsNaN(v):
		return append(dst, "NaN"...)
	case math.IsInf(v, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(v, -1):
		return append(dst, "-Infinity"...)
	case v == 0:
		return strconv.AppendFloat(dst, v, 'f', -1, bits) // keeps -0
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, v, 'e', -1, bits)
	for digits := 0; digits <= 16 && halfway(dst[start:], v, bits); digits++ {
		dst = strconv.AppendFloat(dst[:start], v, 'e', digits, bits)
	}
	exp := exponent(dst[start:])
	limit := 15
	if bits == 32 {
		limit = 6
	}
	if exp < -4 || exp >= limit {
		return dst
	}
	return strconv.AppendFloat(dst[:start], v, 'f', -1, bits)
}

// halfway reports whether a decimal lies exactly between v and its neighbour, or
// beyond. Go takes such a decimal for v where ties round to it, Postgres does
// not. Only integers that floats cannot all hold can be so.
func halfway(decimal []byte, v float64, bits int) bool {
	if limit := math.Ldexp(1, 53); bits == 64 && math.Abs(v) < limit {
		return false
	}
	if limit := math.Ldexp(1, 24); bits == 32 && math.Abs(v) < limit {
		return false
	}
	d, ok := new(big.Rat).SetString(string(decimal))
	exact := new(big.Rat).SetFloat64(v)
	if !ok || exact == nil || d.Cmp(exact) == 0 {
		return false
	}
	toward := math.Inf(d.Cmp(exact))
	neighbour := math.Nextafter(v, toward)
	if bits == 32 {
		neighbour = float64(math.Nextafter32(float32(v), float32(toward)))
	}
	if math.IsInf(neighbour, 0) {
		return false
	}
	middle := new(big.Rat).SetFloat64(neighbour)
	middle.Add(middle, exact).Mul(middle, big.NewRat(1, 2))
	return d.Cmp(middle) != -d.Cmp(exact)
}

// exponent reads the exponent of d.ddde±xx.
func exponent(s []byte) int {
	for i := len(s) - 1; i > 0; i-- {
		if s[i] != 'e' {
			continue
		}
		n := 0
		for _, c := range s[i+2:] {
			n = n*10 + int(c-'0')
		}
		if s[i+1] == '-' {
			return -n
		}
		return n
	}
	return 0
}

// appendTime writes a time as Postgres does with DateStyle ISO, which lib/pq
// insists on.
func appendTime(dst []byte, t time.Time, driverType string) []byte {
	switch driverType {
	case "TIME", "TIMETZ":
		dst = appendClock(dst, t, t.Day() == 2) // lib/pq's way to say 24:00
		if driverType == "TIMETZ" {
			dst = appendZone(dst, t)
		}
		return dst
	}
	year, month, day := t.Date()
	bc := year <= 0
	if bc {
		year = 1 - year
	}
	dst = appendPadded(dst, year, 4)
	dst = appendPadded(append(dst, '-'), int(month), 2)
	dst = appendPadded(append(dst, '-'), day, 2)
	if driverType != "DATE" {
		dst = appendClock(append(dst, ' '), t, false)
	}
	if driverType == "TIMESTAMPTZ" {
		dst = appendZone(dst, t)
	}
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

func appendClock(dst []byte, t time.Time, midnight bool) []byte {
	hour, minute, second := t.Clock()
	if midnight {
		hour = 24
	}
	dst = appendPadded(dst, hour, 2)
	dst = appendPadded(append(dst, ':'), minute, 2)
	dst = appendPadded(append(dst, ':'), second, 2)
	if micro := t.Nanosecond() / 1000; micro > 0 {
		dst = appendPadded(append(dst, '.'), micro, 6)
		for dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
	}
	return dst
}

// appendZone writes +01, +05:30 or +00:19:32.
func appendZone(dst []byte, t time.Time) []byte {
	_, offset := t.Zone()
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	dst = appendPadded(append(dst, sign), offset/3600, 2)
	if offset%3600 != 0 {
		dst = appendPadded(append(dst, ':'), offset/60%60, 2)
	}
	if offset%60 != 0 {
		dst = appendPadded(append(dst, ':'), offset%60, 2)
	}
	return dst
}

func appendPadded(dst []byte, n, width int) []byte {
	for limit, w := 10, 1; w < width; w, limit = w+1, limit*10 {
		if n < limit {
			dst = append(dst, '0')
		}
	}
	return strconv.AppendInt(dst, int64(n), 10)
}
