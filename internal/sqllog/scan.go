package sqllog

import "strings"

// Classes of the bytes that can begin a token of SQL.
const (
	cOther uint8 = iota
	cSpace
	cLetter // also _ and every byte from 0x80 on, as Postgres' scanner has it
	cDigit
	cQuote  // '
	cIdent  // "
	cDollar // $
	cOp
	cPunct // ( ) [ ] , ;
	cDot
	cColon
)

var classes = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c >= 0x80:
			t[c] = cLetter
		case c >= '0' && c <= '9':
			t[c] = cDigit
		}
	}
	for set, class := range map[string]uint8{
		" \t\n\r\f\v": cSpace, "'": cQuote, `"`: cIdent, "$": cDollar,
		"+-*/<>=~!@#%^&|`?": cOp, "()[],;": cPunct, ".": cDot, ":": cColon,
	} {
		for _, c := range []byte(set) {
			t[c] = class
		}
	}
	return t
}()

// wordEnd is where the identifier that begins at i ends.
func wordEnd(s string, i int) int {
	for i < len(s) && (classes[s[i]] == cLetter || classes[s[i]] == cDigit || s[i] == '$') {
		i++
	}
	return i
}

// stringEnd is the offset after the literal whose opening quote is s[i]; the
// end of s where it is not closed.
func stringEnd(s string, i int, backslash bool) int {
	quote := s[i]
	for i++; ; {
		var n int
		if backslash {
			n = strings.IndexAny(s[i:], `'\`)
		} else {
			n = strings.IndexByte(s[i:], quote)
		}
		if n < 0 {
			return len(s)
		}
		i += n
		switch {
		case s[i] == '\\' && backslash:
			if i += 2; i > len(s) {
				return len(s)
			}
		case i+1 < len(s) && s[i+1] == quote:
			i += 2
		default:
			return i + 1
		}
	}
}

// dollarEnd is the offset after what begins with the $ at i, and whether that
// is a dollar-quoted string or a parameter; i where it is neither.
func dollarEnd(s string, i int) (end int, param bool) {
	j := i + 1
	if j < len(s) && classes[s[j]] == cDigit {
		for j < len(s) && classes[s[j]] == cDigit {
			j++
		}
		return j, true
	}
	for j < len(s) && (classes[s[j]] == cLetter || classes[s[j]] == cDigit) {
		j++
	}
	if j >= len(s) || s[j] != '$' {
		return i, false
	}
	tag := s[i : j+1]
	n := strings.Index(s[j+1:], tag)
	if n < 0 {
		return len(s), false
	}
	return j + 1 + n + len(tag), false
}

// numberEnd is where the number that begins at i ends: 12, 1_000, 1.5e-3, 0xff.
func numberEnd(s string, i int) int {
	for start := i; i < len(s); i++ {
		c := s[i]
		if classes[c] == cDigit || c == '.' || c < 0x80 && classes[c] == cLetter {
			continue
		}
		if (c == '+' || c == '-') && (s[i-1]|0x20) == 'e' && i > start && !(s[start] == '0' && i > start+1 && s[start+1]|0x20 == 'x') &&
			i+1 < len(s) && classes[s[i+1]] == cDigit {
			continue
		}
		break
	}
	return i
}

// commentEnd is the offset after the comment that begins at i, i where none does.
func commentEnd(s string, i int) int {
	if i+1 >= len(s) {
		return i
	}
	if s[i] == '-' && s[i+1] == '-' {
		if n := strings.IndexByte(s[i:], '\n'); n >= 0 {
			return i + n
		}
		return len(s)
	}
	if s[i] != '/' || s[i+1] != '*' {
		return i
	}
	depth := 0
	for i+1 < len(s) {
		switch {
		case s[i] == '/' && s[i+1] == '*':
			depth++
			i += 2
		case s[i] == '*' && s[i+1] == '/':
			i += 2
			if depth--; depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return len(s)
}

// operatorEnd is where the operator that begins at i ends, by Postgres' rules:
// a comment ends it, and so does a sign at its end, unless it holds one of the
// characters that no standard operator has.
func operatorEnd(s string, i int) int {
	start, special := i, false
	for i < len(s) && classes[s[i]] == cOp && commentEnd(s, i) == i {
		special = special || strings.IndexByte("~!@#%^&|`?", s[i]) >= 0
		i++
	}
	for !special && i > start+1 && (s[i-1] == '+' || s[i-1] == '-') {
		i--
	}
	return i
}

// stringPrefix says what literal the word s[i:end] begins, if a quote follows:
// E” has backslashes, B”, X”, N” and U&” have not.
func stringPrefix(s string, i, end int) (quote int, backslash, ok bool) {
	if end-i != 1 || end >= len(s) {
		return 0, false, false
	}
	switch s[i] | 0x20 {
	case 'e':
		return end, true, s[end] == '\''
	case 'b', 'x', 'n':
		return end, false, s[end] == '\''
	case 'u':
		return end + 1, false, s[end] == '&' && end+1 < len(s) && s[end+1] == '\''
	}
	return 0, false, false
}

// escapedEnd is the offset after a literal with a prefix, UESCAPE '!' included.
func escapedEnd(s string, i, quote int, backslash bool) int {
	end := stringEnd(s, quote, backslash)
	if s[i]|0x20 == 'u' {
		if j := wordsEnd(s, end, "uescape"); j > end {
			if j = skipSpace(s, j); j < len(s) && s[j] == '\'' {
				return stringEnd(s, j, false)
			}
		}
	}
	return end
}

// skipSpace is the offset of the next token at or after i.
func skipSpace(s string, i int) int {
	for i < len(s) {
		switch c := s[i]; {
		case classes[c] == cSpace:
			i++
		case c == '-' || c == '/':
			end := commentEnd(s, i)
			if end == i {
				return i
			}
			i = end
		default:
			return i
		}
	}
	return i
}

func isOwn(s string) bool {
	for len(s) > 0 && classes[s[0]] == cSpace {
		s = s[1:]
	}
	return strings.HasPrefix(s, "/* exptool */")
}
