package report

import (
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// Cells are measured in grapheme clusters, not runes: a family emoji or a flag
// is two cells wide, an accent none. The measure is displaywidth's, the one
// under tablewriter and go-runewidth.

// screen measures with our own colours taking no cells.
var screen = displaywidth.Options{ControlSequences: true}

// screenWidth is how many cells of a terminal the text takes.
func screenWidth(text string) int {
	return screen.String(text)
}

// cut shortens visible text to a number of cells, the last of
// which is … where something is missing.
func cut(text string, cells int) (string, bool) {
	if len(text) <= cells || screenWidth(text) <= cells {
		return text, false
	}
	if cells < 1 {
		return "", true
	}
	return screen.TruncateString(text, cells, "…"), true
}

// The colours. Values never hold an escape character when they are wrapped in
// one: see appendVisible.
const (
	dimOn  = "\x1b[2m"
	boldOn = "\x1b[1m"
	off    = "\x1b[0m"
)

// paint wraps text in a colour.
func paint(on, text string) string {
	if text == "" {
		return text
	}
	return on + text + off
}

// appendVisible appends text for a terminal: a newline as ⏎, a tab as ⇥, other
// control characters as \x1b, invalid UTF-8 as \xff, and what reorders or breaks
// lines (bidirectional controls, U+2028) as \u202e. Nothing in the result acts
// on a terminal. It stops at a whole character after limit bytes; limit 0 is
// none.
func appendVisible(dst, text []byte, limit int) []byte {
	if limit > 0 && len(text) > limit {
		for limit > 0 && !utf8.RuneStart(text[limit]) {
			limit--
		}
		text = text[:limit]
	}
	from := 0
	for i := 0; i < len(text); {
		b := text[i]
		if b >= 0x20 && b < 0x7f {
			i++
			continue
		}
		r, n := rune(b), 1
		if b >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[i:])
			if (r != utf8.RuneError || n > 1) && !acts(r) {
				i += n
				continue
			}
		}
		dst = append(dst, text[from:i]...)
		dst = appendEscape(dst, r, text[i:i+n])
		i += n
		from = i
	}
	return append(dst, text[from:]...)
}

// acts reports whether a character beyond ASCII moves the cursor or reorders
// the line.
func acts(r rune) bool {
	return r <= 0x9f || // C1: U+009B is CSI on some terminals
		r == 0x061c || r == 0x200e || r == 0x200f ||
		r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 ||
		r == 0xfeff || r >= 0xe0000 && r <= 0xe001f
}

// appendEscape appends what stands for a character that must not be printed.
func appendEscape(dst []byte, r rune, bytes []byte) []byte {
	const hex = "0123456789abcdef"
	switch {
	case r == '\n':
		return append(dst, "⏎"...)
	case r == '\t':
		return append(dst, "⇥"...)
	case r == '\r':
		return append(dst, `\r`...)
	case r < utf8.RuneSelf || r == utf8.RuneError && len(bytes) == 1:
		return append(dst, '\\', 'x', hex[bytes[0]>>4], hex[bytes[0]&15])
	}
	letter, digits := byte('u'), 4
	if r > 0xffff {
		letter, digits = 'U', 8
	}
	dst = append(dst, '\\', letter)
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		dst = append(dst, hex[r>>shift&15])
	}
	return dst
}
