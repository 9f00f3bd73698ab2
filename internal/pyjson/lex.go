package pyjson

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// The lexer's functions take a text and an offset, and return the offset behind
// what they read. Where the text is wrong they return ^offset of the wrong byte,
// a negative number: an error value would cost the hot path its speed.

// unexpected is the error for the byte at offset i.
func unexpected(t []byte, i int) *Error {
	switch {
	case i >= len(t):
		return &Error{Offset: len(t), Msg: "unexpected end"}
	case t[i] < ' ' || t[i] == 0x7f:
		return &Error{Offset: i, Msg: fmt.Sprintf("unexpected control character 0x%02x", t[i])}
	case t[i] > 0x7f:
		return &Error{Offset: i, Msg: "unexpected character"}
	}
	return &Error{Offset: i, Msg: fmt.Sprintf("unexpected %q", t[i])}
}

func tooDeep(i int) *Error {
	return &Error{Offset: i, Msg: fmt.Sprintf("nested deeper than %d levels", maxDepth)}
}

func skipSpace(t []byte, i int) int {
	for i < len(t) && (t[i] == ' ' || t[i] == '\n' || t[i] == '\t' || t[i] == '\r') {
		i++
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// stops marks, by the high bit of its byte, the first byte of the word that is
// a quote, a backslash or a control character; bytes above it may be marked
// wrongly.
func stops(w uint64) uint64 {
	quote := w ^ ones*'"'
	slash := w ^ ones*'\\'
	return ((quote-ones)&^quote | (slash-ones)&^slash | (w-ones*' ')&^w) & highs
}

// scanString reads the string whose opening quote is at i.
func scanString(t []byte, i int) (end int, escaped bool) {
	j := i + 1
	for {
		for j+8 <= len(t) {
			if m := stops(binary.LittleEndian.Uint64(t[j:])); m != 0 {
				j += bits.TrailingZeros64(m) >> 3
				break
			}
			j += 8
		}
		for j < len(t) && t[j] != '"' && t[j] != '\\' && t[j] >= ' ' {
			j++
		}
		if j >= len(t) || t[j] < ' ' {
			return ^j, escaped
		}
		if t[j] == '"' {
			return j + 1, escaped
		}
		escaped = true
		if j = scanEscape(t, j); j < 0 {
			return j, escaped
		}
	}
}

// scanEscape reads the escape whose backslash is at i.
func scanEscape(t []byte, i int) int {
	if i+1 >= len(t) {
		return ^(i + 1)
	}
	switch t[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		for j := i + 2; j < i+6; j++ {
			if j >= len(t) || hexValue(t[j]) < 0 {
				return ^j
			}
		}
		return i + 6
	}
	return ^(i + 1)
}

func hexValue(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10
	}
	return -1
}

func scanDigits(t []byte, i int) int {
	if i >= len(t) || t[i]-'0' > 9 {
		return ^i
	}
	for i < len(t) && t[i]-'0' <= 9 {
		i++
	}
	return i
}

// scanNumber reads the number that begins at i, which is a digit or a minus.
func scanNumber(t []byte, i int) int {
	if t[i] == '-' {
		i++
	}
	if i < len(t) && t[i] == '0' {
		i++
	} else if i = scanDigits(t, i); i < 0 {
		return i
	}
	if i < len(t) && t[i] == '.' {
		if i = scanDigits(t, i+1); i < 0 {
			return i
		}
	}
	if i < len(t) && (t[i] == 'e' || t[i] == 'E') {
		i++
		if i < len(t) && (t[i] == '+' || t[i] == '-') {
			i++
		}
		return scanDigits(t, i)
	}
	return i
}

// scanWord reads one of the words of JSON and of Python's JSON.
func scanWord(t []byte, i int) (end int, k kind) {
	word := ""
	switch t[i] {
	case 't':
		word, k = "true", kindTrue
	case 'f':
		word, k = "false", kindFalse
	case 'n':
		word, k = "null", kindNull
	case 'N':
		word, k = "NaN", kindNaN
	case 'I':
		word, k = "Infinity", kindInfinity
	case '-':
		word, k = "-Infinity", kindMinusInfinity
	}
	for j := range len(word) {
		if i+j >= len(t) || t[i+j] != word[j] {
			return ^(i + j), k
		}
	}
	if word == "" {
		return ^i, k
	}
	return i + len(word), k
}

// isMinusInfinity says that the minus at i begins -Infinity, not a number.
func isMinusInfinity(t []byte, i int) bool {
	return t[i] == '-' && i+1 < len(t) && t[i+1] == 'I'
}
