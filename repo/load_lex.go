package repo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// A lexeme is what the lexer of Postgres would read as one piece, as far as
// finding the end of a statement needs it.
type lexeme uint8

const (
	lexEnd     lexeme = iota // the end of the input
	lexSpace                 // a run of white space
	lexComment               // -- to the end of its line, or a block comment
	lexWord                  // a keyword or a plain identifier
	lexIdent                 // "a quoted identifier"
	lexString                // 'a string', E'…', $$…$$
	lexOther                 // a byte of anything else
)

// bufferStart is the size in bytes with which the buffer of a lexer starts and
// to which it returns. A COPY block goes to the server in pieces of at most
// this size (a longer row goes alone).
const bufferStart = 256 << 10

// statementLimit is the most that Postgres takes as one message: a longer
// statement or row can't have come from it.
const statementLimit = 1 << 30

// lexer reads SQL text through a buffer that grows to the longest lexeme,
// statement or COPY row. Positions are relative to the start of the unread text,
// so they survive a refill.
type lexer struct {
	r          io.Reader
	buf        []byte
	start, end int   // buf[start:end] is read from r and not yet consumed
	err        error // what ended r, io.EOF included
	limit      int   // the most bytes that the buffer may hold
	// escapes says that plain strings know backslashes, which is what
	// standard_conforming_strings = off means.
	escapes bool
}

// at returns the byte at position i, reading on if it has to.
func (l *lexer) at(i int) (byte, bool) {
	for l.start+i >= l.end {
		if !l.fill() {
			return 0, false
		}
	}
	return l.buf[l.start+i], true
}

// fill reads more text and reports whether any came.
func (l *lexer) fill() bool {
	if l.err != nil {
		return false
	}
	if l.end == len(l.buf) {
		l.makeRoom()
		if l.err != nil {
			return false
		}
	}
	for range 100 {
		n, err := l.r.Read(l.buf[l.end:])
		l.end += n
		l.err = err
		if n > 0 || err != nil {
			return n > 0
		}
	}
	l.err = io.ErrNoProgress
	return false
}

func (l *lexer) makeRoom() {
	unread := l.end - l.start
	size := len(l.buf)
	switch {
	case unread >= l.limit:
		l.err = fmt.Errorf("%w: a statement or row of more than %d bytes", ErrFormat, l.limit)
		return
	case unread > size/2:
		size = min(max(2*size, bufferStart), l.limit)
	case size > 4*bufferStart && unread < bufferStart/2:
		size = bufferStart // a giant is over: give its memory back
	}
	to := l.buf
	if size != len(l.buf) {
		to = make([]byte, size)
	}
	copy(to, l.buf[l.start:l.end])
	l.buf, l.start, l.end = to, 0, unread
}

// index returns the position after the next c from position i on.
func (l *lexer) index(i int, c byte) (int, bool) {
	for {
		if l.start+i < l.end {
			if k := bytes.IndexByte(l.buf[l.start+i:l.end], c); k >= 0 {
				return i + k + 1, true
			}
		}
		i = max(i, l.end-l.start)
		if !l.fill() {
			return i, false
		}
	}
}

// cut is the error for text that ends where it must not.
func (l *lexer) cut(within string) error {
	if l.err == io.EOF || errors.Is(l.err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: within %s", ErrTruncated, within)
	}
	return l.err
}

// next returns the kind of the lexeme at position i and the position after it.
func (l *lexer) next(i int) (lexeme, int, error) {
	c, ok := l.at(i)
	if !ok {
		if l.err == io.EOF {
			return lexEnd, i, nil
		}
		return lexEnd, i, l.cut("the text")
	}
	switch {
	case isSpace(c):
		for ok && isSpace(c) {
			i++
			// A run of white space is of no use whole: this bounds it.
			if i >= bufferStart {
				break
			}
			c, ok = l.at(i)
		}
		return lexSpace, i, nil
	case c == '\'':
		end, err := l.quoted(i+1, '\'', l.escapes)
		return lexString, end, err
	case c == '"':
		end, err := l.quoted(i+1, '"', false)
		return lexIdent, end, err
	case c == '$':
		return l.dollar(i)
	case isWordStart(c):
		return l.word(i)
	}
	if d, _ := l.at(i + 1); c == '-' && d == '-' {
		end, _ := l.index(i, '\n')
		return lexComment, end, nil
	} else if c == '/' && d == '*' {
		end, err := l.block(i + 2)
		return lexComment, end, err
	}
	return lexOther, i + 1, nil
}

// word reads an identifier, or the string whose prefix it turns out to be.
func (l *lexer) word(i int) (lexeme, int, error) {
	first := l.buf[l.start+i] | 0x20
	end := i + 1
	c, ok := l.at(end)
	for ok && isWordByte(c) {
		end++
		c, ok = l.at(end)
	}
	if end > i+1 || !ok {
		return lexWord, end, nil
	}
	escapes := l.escapes
	switch first {
	case 'e':
		escapes = true
	case 'b', 'x':
		escapes = false
	case 'u':
		d, _ := l.at(end + 1)
		if c != '&' || d != '\'' && d != '"' {
			return lexWord, end, nil
		}
		end, c, escapes = end+1, d, false
		if d == '"' {
			end, err := l.quoted(end+1, '"', false)
			return lexIdent, end, err
		}
	case 'n':
	default:
		return lexWord, end, nil
	}
	if c != '\'' {
		return lexWord, end, nil
	}
	end, err := l.quoted(end+1, '\'', escapes)
	return lexString, end, err
}

// quoted returns the position after the string or identifier whose first quote
// is before position i.
func (l *lexer) quoted(i int, quote byte, escapes bool) (int, error) {
	within := "a string"
	if quote == '"' {
		within = "a quoted name"
	}
	for {
		next := l.index
		if escapes {
			next = l.escaped
		}
		end, ok := next(i, quote)
		if !ok {
			return end, l.cut(within)
		}
		i = end
		if c, ok := l.at(i); ok && c == quote {
			i++
			continue
		}
		if quote == '"' {
			return i, nil
		}
		more, ok := l.continued(i)
		if !ok {
			return i, nil
		}
		i = more
	}
}

// escaped is index for a string in which a backslash hides the next byte.
func (l *lexer) escaped(i int, quote byte) (int, bool) {
	for {
		c, ok := l.at(i)
		switch {
		case !ok:
			return i, false
		case c == quote:
			return i + 1, true
		case c == '\\':
			i++
			if _, ok := l.at(i); !ok {
				return i, false
			}
		}
		i++
	}
}

// continued reports whether a string that ended before position i goes on after
// white space with a line break in it, as SQL has it: the second part follows
// the rules of the first.
func (l *lexer) continued(i int) (int, bool) {
	broken := false
	for {
		c, ok := l.at(i)
		switch {
		case !ok:
			return i, false
		case c == '\n' || c == '\r':
			broken = true
		case isSpace(c):
		case c == '\'' && broken:
			return i + 1, true
		case c == '-':
			if d, _ := l.at(i + 1); d != '-' {
				return i, false
			}
			end, ok := l.index(i, '\n')
			if !ok {
				return i, false
			}
			i, broken = end, true
			continue
		default:
			return i, false
		}
		i++
	}
}

// dollar reads a dollar-quoted string, or the lone dollar of a parameter.
func (l *lexer) dollar(i int) (lexeme, int, error) {
	end := i + 1
	c, ok := l.at(end)
	for ok && c != '$' {
		if !isWordByte(c) || end == i+1 && !isWordStart(c) {
			return lexOther, i + 1, nil
		}
		end++
		c, ok = l.at(end)
	}
	if !ok {
		return lexOther, i + 1, nil
	}
	end++
	tag := bytes.Clone(l.buf[l.start+i : l.start+end])
	for {
		if from := l.start + end; from < l.end {
			if k := bytes.Index(l.buf[from:l.end], tag); k >= 0 {
				return lexString, end + k + len(tag), nil
			}
		}
		end = max(end, l.end-l.start-len(tag)+1)
		if !l.fill() {
			return lexString, end, l.cut("a string that began with " + string(tag[:min(len(tag), 40)]))
		}
	}
}

// block returns the position after a block comment; they nest.
func (l *lexer) block(i int) (int, error) {
	depth := 1
	for depth > 0 {
		c, ok := l.at(i)
		if !ok {
			return i, l.cut("a comment")
		}
		d, _ := l.at(i + 1)
		switch {
		case c == '/' && d == '*':
			depth++
			i++
		case c == '*' && d == '/':
			depth--
			i++
		}
		i++
	}
	return i, nil
}

func isSpace(c byte) bool {
	return c == ' ' || '\t' <= c && c <= '\r'
}

func isWordStart(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c >= 0x80
}

func isWordByte(c byte) bool {
	return isWordStart(c) || '0' <= c && c <= '9' || c == '$'
}
