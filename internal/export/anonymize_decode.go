package export

import (
	"bytes"
	"slices"
	"sort"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDecodings is how many encodings around one another are taken off: JSON in JSON in
// an address in CSV.
const maxDecodings = 4

// decoding is a text with one layer of encoding taken off, wherever something looks
// like it: the escapes of JSON, the percent signs of addresses, the doubled quotes of
// CSV. Where it takes off too much, the layer before shows what there was. Base64 and
// compression are no layers.
type decoding struct {
	text  []byte
	jumps jumps
}

// jump says that from a place on the text was at another place before.
type jump struct{ at, was int }

type jumps []jump

// before is where the place of a text was before decoding.
func (j jumps) before(at int) int {
	i := sort.Search(len(j), func(i int) bool { return j[i].at > at })
	if i == 0 {
		return at
	}
	return j[i-1].was + at - j[i-1].at
}

// decode fills d, and reports whether the text had anything to decode: only encodings
// are decoded that stand for a byte that is needed; nil needs all.
func (d *decoding) decode(text []byte, needed *[256]bool) bool {
	d.text, d.jumps = d.text[:0], d.jumps[:0]
	quotes := needed == nil || needed['"']
	if !quotes && bytes.IndexByte(text, '\\') < 0 && bytes.IndexByte(text, '%') < 0 {
		return false
	}
	from := 0
	for i := 0; i < len(text); {
		n := nextEncoded(text[i:], quotes)
		if n < 0 {
			break
		}
		i += n
		var buf [utf8.UTFMax]byte
		value, size := decoded(buf[:0], text[i:])
		if size == 0 || needed != nil && !slices.ContainsFunc(value, func(c byte) bool { return needed[c] }) {
			i += max(size, 1)
			continue
		}
		d.text = append(d.text, text[from:i]...)
		d.jumps = append(d.jumps, jump{len(d.text), i})
		d.text = append(d.text, value...)
		i += size
		d.jumps = append(d.jumps, jump{len(d.text), i})
		from = i
	}
	if len(d.jumps) == 0 {
		return false
	}
	d.text = append(d.text, text[from:]...)
	return true
}

// encoded marks the bytes that begin something to decode.
var encoded = [256]bool{'\\': true, '%': true, '"': true}

// nextEncoded is where the next byte is that may begin something to decode, or -1.
func nextEncoded(text []byte, quotes bool) int {
	for i, c := range text {
		if encoded[c] && i+1 < len(text) && (c != '"' || quotes && text[i+1] == '"') {
			return i
		}
	}
	return -1
}

// decoded appends what the first bytes of a text stand for, and returns how many they
// are; 0 where they stand for themselves.
func decoded(dst, text []byte) ([]byte, int) {
	switch {
	case text[0] == '"':
		return append(dst, '"'), 2
	case text[0] == '%':
		if len(text) >= 3 {
			if v, ok := hex(text[1:3]); ok {
				return append(dst, byte(v)), 3
			}
		}
		return dst, 0
	case text[1] == 'u':
		return decodedRune(dst, text)
	case text[1] == 'x':
		if len(text) >= 4 {
			if v, ok := hex(text[2:4]); ok { // Python's
				return utf8.AppendRune(dst, v), 4
			}
		}
		return dst, 0
	}
	if i := bytes.IndexByte([]byte(`"'\/bfnrt`), text[1]); i >= 0 {
		return append(dst, "\"'\\/\b\f\n\r\t"[i]), 2
	}
	return dst, 0
}

// decodedRune decodes \u and four digits, or two of them that are one letter.
func decodedRune(dst, text []byte) ([]byte, int) {
	one, ok := unit(text)
	if !ok {
		return dst, 0
	}
	if !utf16.IsSurrogate(one) {
		return utf8.AppendRune(dst, one), 6
	}
	if two, ok := unit(text[6:]); ok {
		if r := utf16.DecodeRune(one, two); r != utf8.RuneError {
			return utf8.AppendRune(dst, r), 12
		}
	}
	return dst, 0
}

// unit reads \u and four digits.
func unit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	return hex(text[2:6])
}

func hex(digits []byte) (v rune, ok bool) {
	for _, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			v = v<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			v = v<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return v, true
}
