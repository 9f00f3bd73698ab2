package filter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokNumber
	tokString
	tokPath   // one or more segments: random_integer, participant.var.name, my_list.0
	tokSymbol // operators and punctuation
)

type token struct {
	kind       tokenKind
	text       string   // the symbol, the number as written, the string's value
	segs       []string // of a path
	quoted     bool     // the first segment was written in backticks: never a keyword
	start, end int
}

// word is the keyword that a token spells, in lower case; empty for others.
func (t token) word() string {
	if t.kind != tokPath || len(t.segs) != 1 || t.quoted {
		return ""
	}
	return strings.ToLower(t.segs[0])
}

type lexer struct {
	expr string
	pos  int
}

// symbols, the longer ones first.
var symbols = []string{
	"!~*", "~*", "!~", "==", "!=", "<>", "<=", ">=", "&&", "||", "=", "<", ">", "~",
	"+", "-", "*", "/", "%", "(", ")", "[", "]", ",", "&", "|", "!",
}

func (l *lexer) fail(start, end int, message string) *Error {
	return &Error{Message: message, Expr: l.expr, Start: start, End: end}
}

// next returns the next token; tokEnd at the end.
func (l *lexer) next() (token, *Error) {
	for l.pos < len(l.expr) {
		r, n := utf8.DecodeRuneInString(l.expr[l.pos:])
		if !unicode.IsSpace(r) {
			break
		}
		l.pos += n
	}
	start := l.pos
	if start == len(l.expr) {
		return token{kind: tokEnd, start: start, end: start}, nil
	}
	c := l.expr[start]
	switch {
	case c == '\'' || c == '"':
		s, err := l.str()
		return token{kind: tokString, text: s, start: start, end: l.pos}, err
	case isDigit(c), c == '.' && start+1 < len(l.expr) && isDigit(l.expr[start+1]):
		return l.number()
	case c == '`' || isIdentStart(l.expr[start:]):
		return l.path()
	}
	for _, s := range symbols {
		if strings.HasPrefix(l.expr[start:], s) {
			l.pos += len(s)
			return token{kind: tokSymbol, text: s, start: start, end: l.pos}, nil
		}
	}
	_, n := utf8.DecodeRuneInString(l.expr[start:])
	return token{}, l.fail(start, start+n, "unexpected character "+quoteForPeople(l.expr[start:start+n]))
}

// str reads a quoted string. Quotes inside are doubled, as in SQL, or escaped,
// as in Python; \n and \t are Python's, other backslashes stay, for patterns.
func (l *lexer) str() (string, *Error) {
	start, quote := l.pos, l.expr[l.pos]
	var b strings.Builder
	for i := start + 1; i < len(l.expr); i++ {
		c := l.expr[i]
		switch {
		case c == quote && i+1 < len(l.expr) && l.expr[i+1] == quote:
			b.WriteByte(quote)
			i++
		case c == quote:
			l.pos = i + 1
			return b.String(), nil
		case c == '\\' && i+1 < len(l.expr) && strings.IndexByte(`\'"nt`, l.expr[i+1]) >= 0:
			i++
			switch l.expr[i] {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			default:
				b.WriteByte(l.expr[i])
			}
		case c == 0:
			return "", l.fail(i, i+1, "a text cannot hold a NUL character")
		default:
			b.WriteByte(c)
		}
	}
	l.pos = len(l.expr)
	return "", l.fail(start, len(l.expr), "the quote "+string(quote)+" is not closed")
}

func (l *lexer) number() (token, *Error) {
	start := l.pos
	i := start
	digits := func() {
		for i < len(l.expr) && isDigit(l.expr[i]) {
			i++
		}
	}
	digits()
	if i < len(l.expr) && l.expr[i] == '.' {
		i++
		digits()
	}
	if i < len(l.expr) && (l.expr[i] == 'e' || l.expr[i] == 'E') {
		mark := i
		i++
		if i < len(l.expr) && (l.expr[i] == '+' || l.expr[i] == '-') {
			i++
		}
		first := i
		digits()
		if i == first {
			i = mark
		}
	}
	l.pos = i
	if i < len(l.expr) && isIdentStart(l.expr[i:]) {
		return token{}, l.fail(start, i+1, "a number cannot end in a letter").hint(`quote it if it is text: "` + l.expr[start:i] + `…"`)
	}
	if i-start > 400 {
		return token{}, l.fail(start, i, "the number is too long")
	}
	return token{kind: tokNumber, text: l.expr[start:i], start: start, end: i}, nil
}

// path reads a name and what follows it after dots or in brackets.
func (l *lexer) path() (token, *Error) {
	start := l.pos
	t := token{kind: tokPath, start: start, quoted: l.expr[start] == '`'}
	for {
		seg, err := l.segment()
		if err != nil {
			return token{}, err
		}
		t.segs = append(t.segs, seg)
		for l.pos < len(l.expr) && l.expr[l.pos] == '[' && !strings.EqualFold(seg, "in") {
			key, ok, err := l.bracket()
			if err != nil {
				return token{}, err
			}
			if !ok {
				t.end = l.pos
				return t, nil
			}
			t.segs = append(t.segs, key)
		}
		if l.pos >= len(l.expr) || l.expr[l.pos] != '.' {
			t.end = l.pos
			return t, nil
		}
		l.pos++
	}
}

// segment reads a name, a list index, a quoted key or a star.
func (l *lexer) segment() (string, *Error) {
	start := l.pos
	if start == len(l.expr) {
		return "", l.fail(start-1, start, "a name is missing after the dot")
	}
	switch c := l.expr[start]; {
	case c == '`':
		end := strings.IndexByte(l.expr[start+1:], '`')
		if end < 0 {
			return "", l.fail(start, len(l.expr), "the quote ` is not closed")
		}
		l.pos = start + end + 2
		return l.expr[start+1 : start+1+end], nil
	case c == '*':
		l.pos++
		return "*", nil
	case c == '"' || c == '\'':
		return l.str()
	}
	i := start
	for i < len(l.expr) {
		r, n := utf8.DecodeRuneInString(l.expr[i:])
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			break
		}
		i += n
	}
	if i == start {
		return "", l.fail(start, start+1, "a name is missing after the dot")
	}
	l.pos = i
	return l.expr[start:i], nil
}

// bracket reads ["key"], ['key'] or [0]; not ok where the bracket is something
// else, such as the start of a list.
func (l *lexer) bracket() (key string, ok bool, err *Error) {
	start := l.pos
	l.pos++
	if l.pos < len(l.expr) && (l.expr[l.pos] == '"' || l.expr[l.pos] == '\'') {
		if key, err = l.str(); err != nil {
			return "", false, err
		}
	} else {
		i := l.pos
		for i < len(l.expr) && isDigit(l.expr[i]) {
			i++
		}
		key, l.pos = l.expr[l.pos:i], i
	}
	if key == "" || l.pos >= len(l.expr) || l.expr[l.pos] != ']' {
		return "", false, l.fail(start, min(l.pos+1, len(l.expr)), `a key in brackets is written ["key"] or [0]`)
	}
	l.pos++
	return key, true, nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isIdentStart(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == '_' || unicode.IsLetter(r)
}

// quoteForPeople puts a text in quotes for a message, with control characters
// made visible and the middle of a long one left out.
func quoteForPeople(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:40]) + "…" + string(r[len(r)-15:])
	}
	return `"` + strings.Map(visible, s) + `"`
}

// Quote writes a text as a literal of the language.
func Quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s) + `"`
}
