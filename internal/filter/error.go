package filter

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// Error is what is wrong with an expression, and where.
type Error struct {
	Message    string   // one line, lower case
	Hint       string   // the next thing to try: `did you mean random_integer?`; may be empty
	Expr       string   // the whole expression as the user wrote it
	Start, End int      // byte offsets into Expr of the words at fault
	Lines      []string // further lines, such as the routes of an ambiguous path
}

// Error returns the message and the hint in one line.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + "; " + e.Hint
}

// Details returns the lines that follow the message: the expression, a caret
// under the words at fault, then routes or rivals.
func (e *Error) Details() []string {
	var lines []string
	if e.Expr != "" {
		lines = append(lines, caret(e.Expr, e.Start, e.End)...)
	}
	return append(lines, e.Lines...)
}

// caret returns the line of the expression that holds start, and a line of
// carets under it.
func caret(expr string, start, end int) []string {
	start = min(max(start, 0), len(expr))
	end = min(max(end, start), len(expr))
	from := strings.LastIndexByte(expr[:start], '\n') + 1
	to := len(expr)
	if i := strings.IndexByte(expr[start:], '\n'); i >= 0 {
		to = start + i
	}
	end = min(end, to)
	width := max(displaywidth.String(expr[start:max(end, start)]), 1)
	line := strings.Map(visible, expr[from:to])
	pad := displaywidth.String(strings.Map(visible, expr[from:start]))
	return []string{line, strings.Repeat(" ", pad) + strings.Repeat("^", width)}
}

// visible replaces control characters, so that an expression cannot command
// the terminal it is quoted on and the caret stays in its place.
func visible(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}

func (c *compiler) errorAt(n node, format string) *Error {
	start, end := n.span()
	return &Error{Message: format, Expr: c.expr, Start: start, End: end}
}

func (e *Error) hint(h string) *Error {
	e.Hint = h
	return e
}

// didYouMean turns suggestions into a hint.
func didYouMean(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return "did you mean " + words[0] + "?"
	}
	return "did you mean " + strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1] + "?"
}
