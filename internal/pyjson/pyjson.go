// Package pyjson reads jsonpickle text: what PsyNet keeps in varchar columns
// like vars, answer, definition and payload. It is JSON with three
// complications: bare NaN and Infinity, tags ({"py/tuple": […]}) for what JSON
// has no word for, and back-references ({"py/id": 3}) to values that came
// earlier in the text.
//
// Nothing is ever built or run from the text: a pickle inside it is read as
// text, and a class is only a name.
//
// Two drivers share the lexer of lex.go. The scanner (scan.go) goes over a text
// once, without memory, and serves documents without tags, which are most. The
// tape (tape.go) keeps the byte offsets of every value; tags, paths and
// back-references are read from it, and an editor of one path can be.
package pyjson

import "fmt"

// NaN says how the numbers that JSON lacks (NaN, Infinity, -Infinity) are written.
type NaN int

// The ways of writing NaN and the infinities.
const (
	NaNBare   NaN = iota // NaN, as Python writes it; not valid JSON
	NaNString            // "NaN"
	NaNTagged            // {"py/float":"NaN"}: valid JSON that SQL can tell from a string
)

// Limits of what is read and written.
const (
	maxDepth = 10_000  // levels of nesting; encoding/json has the same limit
	maxSize  = 1 << 30 // bytes of a text: no field of Postgres is longer

	// Above freeOutput plus outputFactor times the text's length, back-references
	// stay as they are: a few hundred bytes of them can stand for gigabytes.
	freeOutput   = 1 << 20
	outputFactor = 16
	maxFollow    = 100 // back-references inside the targets of back-references
)

// Error says what is wrong with a text, and where.
type Error struct {
	Offset int // in bytes from the beginning
	Msg    string
}

// Error returns the message with its place.
func (e *Error) Error() string {
	return fmt.Sprintf("not jsonpickle: %s at byte %d", e.Msg, e.Offset)
}

// AppendJSON appends the text's value to dst as JSON for people, without
// whitespace, and returns the extended slice; on an error, an *Error, it
// returns dst as it was.
//
// Tuples and sets become arrays, dates and times ISO 8601 strings, durations
// seconds, bytes their base64, types and functions their full names, Decimals
// and numpy values numbers and arrays, references to rows {"Bot":1}, other
// objects their attributes after a member "class"; a back-reference becomes a
// copy of its target, unless that is one of its own ancestors or the output
// grows out of bounds. Numbers keep their text. Strings become UTF-8; \u0000
// and lone surrogates become U+FFFD.
func AppendJSON(dst, text []byte, nan NaN) ([]byte, error) {
	out, tagged, err := scanJSON(dst, text, nan)
	if err != nil || !tagged {
		return out, err
	}
	e, err := newEmitter(dst, text, nan)
	if err != nil {
		return dst, err
	}
	e.value(root, 0)
	return e.dst, nil
}

// AppendText appends what a cell of a table shows: a string without its quotes
// and escapes, nothing for null (see IsNull), anything else as AppendJSON does
// with NaNBare.
func AppendText(dst, text []byte) ([]byte, error) {
	i := skipSpace(text, 0)
	if i < len(text) && text[i] == '"' {
		end, _ := scanString(text, i)
		if end < 0 {
			return dst, unexpected(text, ^end)
		}
		if rest := skipSpace(text, end); rest < len(text) {
			return dst, unexpected(text, rest)
		}
		return appendUnescaped(dst, text[i+1:end-1], false), nil
	}
	if IsNull(text) {
		return dst, nil
	}
	out, tagged, err := scanJSON(dst, text, NaNBare)
	if err != nil || !tagged {
		return out, err
	}
	e, err := newEmitter(dst, text, NaNBare)
	if err != nil {
		return dst, err
	}
	e.text(root)
	return e.dst, nil
}

// IsNull reports whether the text is null: Python's None.
func IsNull(text []byte) bool {
	i := skipSpace(text, 0)
	return len(text)-i >= 4 && string(text[i:i+4]) == "null" && skipSpace(text, i+4) == len(text)
}

// Get appends the value at a path as AppendJSON writes it there. A path goes
// into dicts by key (the last of equal keys counts, as in Python and jsonb),
// into lists, tuples and sets by index, into objects by attribute, through
// back-references, and sees what AppendJSON shows: {"Bot":1} is entered by Bot.
// An empty path is the whole value. JSON null is found; a missing key, an index
// out of range, or a path into a number is not, and leaves dst as it was. The
// whole text is checked: an error is an *Error.
func Get(dst, text []byte, path []string, nan NaN) (out []byte, found bool, err error) {
	e, err := newEmitter(dst, text, nan)
	if err != nil {
		return dst, false, err
	}
	found = e.get(path)
	return e.dst, found, nil
}

// Plain reports whether the text is JSON that Postgres takes as jsonb and that
// means there what it says: no tag (a key that begins with py/ or json://), no
// NaN or Infinity, no \u0000, no lone surrogate, no number that numeric cannot
// hold. Nesting deeper than 1,000 levels is not plain: how deep Postgres goes
// depends on its max_stack_depth.
func Plain(text []byte) bool {
	return scanPlain(text)
}
