package pyjson

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// EditError says why a text cannot be edited at a path.
type EditError struct {
	Path []string // as far as the trouble
	Msg  string
}

// Error is one line.
func (e *EditError) Error() string { return e.Msg }

// Replace returns the text with the value at a path replaced by value, itself
// jsonpickle text, and every other byte as it was. A path is as in Get. A key
// that is missing is added at the end of its dict, and so are the dicts above it;
// an empty path replaces the whole. Back-references that the change shifts are
// renumbered; those in value count in the text that results. It fails with an
// *EditError where the path leads through what has no keys, or where something
// else refers to what is replaced, and with an *Error where text or value is none.
//
// What a path reaches through a back-reference is changed where it stands, as in
// Python: whatever else refers to it sees the change.
func Replace(text []byte, path []string, value []byte) ([]byte, error) {
	value, err := oneValue(value)
	if err != nil {
		return nil, err
	}
	if len(path) == 0 {
		return splice(text, cut{0, len(text), value})
	}
	e, err := newEmitter(nil, text, NaNBare)
	if err != nil {
		return nil, err
	}
	p, err := e.place(path)
	if err != nil {
		return nil, err
	}
	c := cut{text: value}
	if n := e.node(p.at); p.found {
		c.start, c.end = int(n.start), int(n.end)
	} else if c, err = e.newMember(p, path, value); err != nil {
		return nil, err
	}
	out, err := splice(text, c)
	if err != nil {
		return nil, err
	}
	// The value may have made something else of what it is in: a part of a
	// reference to a row, of a number of numpy's.
	if now, _, _ := Raw(out, path); string(now) != string(value) {
		return nil, &EditError{path, "jsonpickle would not find that value at " + dotted(path)}
	}
	return out, nil
}

// Append returns the text with value added at the end of the list at a path.
func Append(text []byte, path []string, value []byte) ([]byte, error) {
	value, err := oneValue(value)
	if err != nil {
		return nil, err
	}
	e, err := newEmitter(nil, text, NaNBare)
	if err != nil {
		return nil, err
	}
	p, err := e.place(path)
	if err != nil {
		return nil, err
	}
	if !p.found {
		return nil, &EditError{path, "there is no " + dotted(path) + " to append to"}
	}
	at, _ := e.follow(p.at, len(path))
	if e.node(at).kind != kindArray {
		return nil, &EditError{path, dotted(path) + " is " + article(e.shape(at).word) + ", not a list"}
	}
	return splice(text, e.after(at, value))
}

// Remove returns the text without the key or the list's element at a path, and as
// it was where there is none.
func Remove(text []byte, path []string) ([]byte, error) {
	if len(path) == 0 {
		return nil, &EditError{nil, "the whole value cannot be removed from itself"}
	}
	e, err := newEmitter(nil, text, NaNBare)
	if err != nil {
		return nil, err
	}
	p, err := e.place(path)
	if err != nil || !p.found {
		return text, err
	}
	c, err := e.without(p, path)
	if err != nil {
		return nil, err
	}
	return splice(text, c)
}

// Raw is the value at a path as the text has it, whitespace and tags included.
// A back-reference at the path's end is not followed: it is the value.
func Raw(text []byte, path []string) (value []byte, found bool, err error) {
	e, err := newEmitter(nil, text, NaNBare)
	if err != nil {
		return nil, false, err
	}
	p, err := e.place(path)
	if err != nil || !p.found {
		return nil, false, nil // what has no keys has none of that name
	}
	return e.reader.token(p.at), true, nil
}

// KindOf is Key.Kind for the whole value, "reference" for a back-reference by
// itself. An error is an *Error.
func KindOf(text []byte) (string, error) {
	e, err := newEmitter(nil, text, NaNBare)
	if err != nil {
		return "", err
	}
	if e.kindOf(root) == tagID {
		return "reference", nil
	}
	if word := e.shape(root).word; word != "" {
		return word, nil
	}
	return "object", nil // of a class whose name is none
}

// String is a string as jsonpickle writes it: quoted, non-ASCII as \uXXXX.
func String(s string) []byte {
	out := []byte{'"'}
	for _, c := range s {
		switch {
		case c >= ' ' && c <= '~' && c != '"' && c != '\\':
			out = append(out, byte(c))
		case c < ' ' || c == '"' || c == '\\':
			out = appendEscaped(out, c)
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	return append(out, '"')
}

// oneValue checks that a text is one value, and trims it.
func oneValue(value []byte) ([]byte, error) {
	if !utf8.Valid(value) {
		return nil, &Error{Msg: "not UTF-8"}
	}
	if _, _, err := parseTape(value); err != nil {
		return nil, err
	}
	return []byte(strings.Trim(string(value), " \t\r\n")), nil
}

// dotted is a path for people.
func dotted(path []string) string { return strings.Join(path, ".") }

// article puts a or an before a word.
func article(word string) string {
	if strings.ContainsAny(word[:min(1, len(word))], "aeioAEIO") {
		return "an " + word
	}
	return "a " + word
}

// Elements calls visit for each element of a list, a text as a cell of a table
// shows it. It fails with an *EditError where the value is no list.
func Elements(text []byte, visit func(element []byte)) error {
	e, err := newEmitter(nil, text, NaNBare)
	if err != nil {
		return err
	}
	if e.node(root).kind != kindArray {
		return &EditError{nil, "the value is " + article(e.shape(root).word) + ", not a list"}
	}
	e.each(root, func(_ int, v ref) bool {
		e.dst = nil
		e.text(v)
		visit(e.dst)
		return true
	})
	return nil
}
