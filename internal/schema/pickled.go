package schema

import "strings"

// LooksPickled reports whether the values can only be jsonpickle: each of them
// is JSON (NaN and Infinity included) and at least one is a quoted string, a
// list or an object. Values of cut bytes or more may end early; cut 0 says that
// none does.
func LooksPickled(values []string, cut int) bool {
	pickled, _ := judgePickled(values, cut)
	return pickled
}

// judgePickled is LooksPickled; text says that some value is no JSON.
func judgePickled(values []string, cut int) (pickled, text bool) {
	for _, v := range values {
		v := strings.TrimSpace(v)
		if !jsonLike(v, cut > 0 && len(v) >= cut) {
			return false, true
		}
		pickled = pickled || strings.ContainsRune(`{["`, rune(v[0]))
	}
	return pickled, false
}

// jsonLike reports whether text is one JSON value, or the beginning of one where
// it was cut. It looks at brackets, strings and scalars, not at the commas: it
// tells data from prose and need not be a parser.
func jsonLike(text string, cut bool) bool {
	var open []byte
	values := 0
	for i := 0; i < len(text); {
		if len(open) == 0 && values > 0 && !isSpace(text[i]) {
			return false // something follows the value
		}
		switch c := text[i]; {
		case c == '{' || c == '[':
			open = append(open, c+2) // the closing bracket, in ASCII
			i++
		case c == '}' || c == ']':
			if len(open) == 0 || open[len(open)-1] != c {
				return false
			}
			open = open[:len(open)-1]
			values++
			i++
		case c == '"':
			n := stringEnd(text[i:])
			if n < 0 {
				return cut
			}
			values++
			i += n
		case (c == ',' || c == ':') && len(open) > 0, isSpace(c):
			i++
		default:
			n := scalarEnd(text[i:])
			if !isScalar(text[i : i+n]) {
				return cut && i+n == len(text) && len(open) > 0
			}
			values++
			i += n
		}
	}
	return values > 0 && len(open) == 0 || cut && len(open) > 0
}

// stringEnd is the length of the JSON string that text begins with, -1 where it
// does not end.
func stringEnd(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// scalarEnd is the length of the word that text begins with, at least 1.
func scalarEnd(text string) int {
	if n := strings.IndexAny(text[1:], " \t\r\n,:[]{}\""); n >= 0 {
		return n + 1
	}
	return len(text)
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// isScalar reports whether word is a number, a constant, or one of the numbers
// that Python's json writes and JSON does not have.
func isScalar(word string) bool {
	switch word {
	case "true", "false", "null", "NaN", "Infinity", "-Infinity":
		return true
	}
	digits := strings.TrimLeft(strings.TrimPrefix(word, "-"), "0123456789")
	if digits == word || digits == strings.TrimPrefix(word, "-") {
		return false
	}
	return strings.Trim(digits, "0123456789.eE+-") == ""
}
