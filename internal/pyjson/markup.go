package pyjson

import (
	"strings"
	"unicode/utf8"
)

// markup is the text inside a Markup, which PsyNet keeps as a Python pickle of
// protocol 0. Nothing is unpickled: in that protocol a string is a line of its
// own that begins with V, and a Markup is one string. "<Markup>" where the
// pickle does not look as Python writes it.
func markup(pickled string) string {
	const unreadable = "<Markup>"
	for _, class := range []string{"c__builtin__\nunicode\n", "cbuiltins\nstr\n"} {
		_, rest, ok := strings.Cut(pickled, class)
		if !ok {
			continue
		}
		for line := range strings.SplitSeq(rest, "\n") {
			switch {
			case strings.HasPrefix(line, "V"):
				return rawUnicode(line[1:])
			case strings.HasPrefix(line, "p"):
				continue
			}
			break
		}
	}
	return unreadable
}

// rawUnicode resolves Python's raw-unicode-escape: \uXXXX and \UXXXXXXXX, and
// nothing else.
func rawUnicode(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		c, size := rawEscape(s)
		if c < 0 {
			c, size = '\\', 1
		}
		if c == 0 {
			c = utf8.RuneError
		}
		b.WriteRune(c)
		s = s[size:]
	}
}

// rawEscape reads the escape at the beginning of s; c is -1 where there is none.
func rawEscape(s string) (c rune, size int) {
	if len(s) < 2 {
		return -1, 1
	}
	switch s[1] {
	case 'u':
		size = 6
	case 'U':
		size = 10
	}
	if size == 0 || len(s) < size {
		return -1, 1
	}
	for i := 2; i < size; i++ {
		h := hexValue(s[i])
		if h < 0 || c > utf8.MaxRune {
			return -1, 1
		}
		c = c<<4 | h
	}
	if c > utf8.MaxRune {
		c = utf8.RuneError
	}
	return c, size
}
