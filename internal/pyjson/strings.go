package pyjson

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// appendUnescaped appends the inside of a string token, its \uXXXX as UTF-8. As
// JSON it keeps the escapes that JSON demands; else it resolves them all.
func appendUnescaped(dst, s []byte, asJSON bool) []byte {
	for {
		i := bytes.IndexByte(s, '\\')
		if i < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:i]...)
		s = s[i:]
		c, size := unescape(s)
		if asJSON {
			dst = appendEscaped(dst, c)
		} else {
			dst = utf8.AppendRune(dst, c)
		}
		s = s[size:]
	}
}

// unescape reads the valid escape at the beginning of s: the character, U+FFFD
// for what is none, and the length of the escape. A pair of surrogates is one.
func unescape(s []byte) (c rune, size int) {
	switch s[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		c = hex4(s[2:])
	default:
		return rune(s[1]), 2
	}
	if c == 0 {
		return utf8.RuneError, 6
	}
	if !utf16.IsSurrogate(c) {
		return c, 6
	}
	if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		if pair := utf16.DecodeRune(c, hex4(s[8:])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

func hex4(s []byte) rune {
	return hexValue(s[0])<<12 | hexValue(s[1])<<8 | hexValue(s[2])<<4 | hexValue(s[3])
}

// appendEscaped appends a character as it stands inside a JSON string.
func appendEscaped(dst []byte, c rune) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', byte(c))
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	}
	if c < ' ' {
		const digits = "0123456789abcdef"
		return append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
	}
	return utf8.AppendRune(dst, c)
}

// appendQuoted appends s as a JSON string.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			dst = appendEscaped(dst, rune(c))
		} else {
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// lossy says that a string token holds \u0000 or a lone surrogate: an escape
// that jsonb refuses and that becomes U+FFFD here.
func lossy(s []byte) bool {
	for {
		i := bytes.IndexByte(s, '\\')
		if i < 0 {
			return false
		}
		s = s[i:]
		c, size := unescape(s)
		if c == utf8.RuneError && size == 6 && hex4(s[2:]) != utf8.RuneError {
			return true
		}
		s = s[size:]
	}
}
