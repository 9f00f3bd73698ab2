package schema

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SourceError says where a Python source cannot be read.
type SourceError struct {
	Line int // from 1
	Msg  string
}

// Error names the line.
func (e *SourceError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Msg) }

// token is a word, an operator or a string of a Python source.
type token struct {
	kind byte   // 'n' name, 's' string, 'd' number, 'o' operator (one byte of it)
	text string // a string's value, as far as classes need it
}

func (t token) is(op string) bool { return t.kind == 'o' && t.text == op }

// line is a logical line: physical ones that brackets, backslashes or a triple
// quote hold together. Empty lines and comments are none.
type line struct {
	indent int
	tokens []token
}

// lexer cuts a Python source into logical lines. It is tolerant: what classes do
// not need, it only has to get past.
type lexer struct {
	src    string
	at     int
	row    int
	depth  int // of open brackets
	opened int // the row of the outermost open bracket
}

// lines cuts src into logical lines.
func lines(src string) ([]line, error) {
	lx := lexer{src: strings.TrimPrefix(src, "\ufeff"), row: 1}
	var all []line
	for lx.at < len(lx.src) {
		l := line{indent: lx.indent()}
		var err error
		if l.tokens, err = lx.logical(); err != nil {
			return nil, err
		}
		if len(l.tokens) > 0 {
			all = append(all, l)
		}
	}
	return all, nil
}

// indent is the width of the white space at the beginning of a line.
func (lx *lexer) indent() int {
	n := 0
	for ; lx.at < len(lx.src); lx.at++ {
		switch lx.src[lx.at] {
		case ' ':
			n++
		case '\t':
			n += 8 - n%8
		case '\f':
			n = 0
		default:
			return n
		}
	}
	return n
}

// logical reads the tokens up to the end of the logical line.
func (lx *lexer) logical() ([]token, error) {
	var tokens []token
	lx.depth = 0
	for lx.at < len(lx.src) {
		c := lx.src[lx.at]
		switch {
		case c == '\n':
			lx.at++
			lx.row++
			if lx.depth == 0 {
				return tokens, nil
			}
		case c == '\\':
			lx.at++ // with the end of the line, if that follows, below
			if rest := lx.src[lx.at:]; strings.HasPrefix(rest, "\n") || strings.HasPrefix(rest, "\r\n") {
				lx.at += strings.IndexByte(rest, '\n') + 1
				lx.row++
			}
		case c == '#':
			for lx.at < len(lx.src) && lx.src[lx.at] != '\n' {
				lx.at++
			}
		case c == ' ' || c == '\t' || c == '\r' || c == '\f':
			lx.at++
		default:
			t, err := lx.token()
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, t)
		}
	}
	if lx.depth > 0 {
		return nil, &SourceError{Line: lx.opened, Msg: "a bracket is never closed"}
	}
	return tokens, nil
}

// token reads one token; the lexer is not at a space.
func (lx *lexer) token() (token, error) {
	rest := lx.src[lx.at:]
	r, size := utf8.DecodeRuneInString(rest)
	switch {
	case r == '"' || r == '\'':
		return lx.str("")
	case r == '_' || unicode.IsLetter(r):
		n := strings.IndexFunc(rest, func(r rune) bool {
			return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
		})
		if n < 0 {
			n = len(rest)
		}
		word := rest[:n]
		lx.at += n
		if n < len(rest) && (rest[n] == '"' || rest[n] == '\'') && n <= 2 && strings.Trim(strings.ToLower(word), "rbuft") == "" {
			return lx.str(strings.ToLower(word))
		}
		return token{'n', word}, nil
	case r >= '0' && r <= '9':
		n := strings.IndexFunc(rest, func(r rune) bool { return r != '_' && r != '.' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if n < 0 {
			n = len(rest)
		}
		lx.at += n
		return token{'d', rest[:n]}, nil
	}
	switch r {
	case '(', '[', '{':
		if lx.depth == 0 {
			lx.opened = lx.row
		}
		lx.depth++
	case ')', ']', '}':
		lx.depth = max(0, lx.depth-1)
	}
	lx.at += size
	return token{'o', rest[:size]}, nil
}

// str reads a string literal behind its prefix.
func (lx *lexer) str(prefix string) (token, error) {
	start := lx.row
	rest := lx.src[lx.at:]
	quote := rest[:1]
	if strings.HasPrefix(rest, quote+quote+quote) {
		quote = rest[:3]
	}
	lx.at += len(quote)
	var value strings.Builder
	for lx.at < len(lx.src) {
		rest = lx.src[lx.at:]
		switch {
		case strings.HasPrefix(rest, quote):
			lx.at += len(quote)
			return token{'s', value.String()}, nil
		case rest[0] == '\\' && len(rest) > 1:
			if rest[1] == '\n' {
				lx.row++
			} else {
				value.WriteString(escaped(rest[1], strings.Contains(prefix, "r")))
			}
			lx.at += 2
		case rest[0] == '\n' && len(quote) == 1:
			return token{}, &SourceError{Line: start, Msg: "a string is never closed"}
		default:
			if rest[0] == '\n' {
				lx.row++
			}
			value.WriteByte(rest[0])
			lx.at++
		}
	}
	return token{}, &SourceError{Line: start, Msg: "a string is never closed"}
}

// escaped is what a backslash and c mean; only quotes and backslashes matter in
// the names of tables and classes.
func escaped(c byte, raw bool) string {
	switch {
	case !raw && (c == '\'' || c == '"' || c == '\\'):
		return string(c)
	case !raw && c == 'n':
		return "\n"
	case !raw && c == 't':
		return "\t"
	}
	return "\\" + string(rune(c))
}
