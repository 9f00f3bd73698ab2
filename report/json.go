package report

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"exptool/internal/pyjson"
)

// jsonEncoder writes an object a row: as one array (json) or a line each
// (ndjson). Keys are the columns' names; a name that comes twice gets _2, _3
// and so on, because readers of JSON keep only the last of equal keys.
type jsonEncoder struct {
	cells *cells
	array bool
	keys  [][]byte // `"name":`
	rows  int64
}

func (e *jsonEncoder) begin(dst []byte) []byte {
	taken := map[string]bool{}
	for _, col := range e.cells.columns {
		taken[col.Name] = true
	}
	used := map[string]bool{}
	for _, col := range e.cells.columns {
		key := col.Name
		for n := 2; used[key]; n++ {
			if next := col.Name + "_" + strconv.Itoa(n); !taken[next] {
				key = next
			}
		}
		used[key], taken[key] = true, true
		e.keys = append(e.keys, append(appendString(nil, []byte(key)), ':'))
	}
	if e.array {
		dst = append(dst, '[')
	}
	return dst
}

func (e *jsonEncoder) row(dst []byte, values [][]byte) []byte {
	if e.array {
		if e.rows > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '\n')
	}
	e.rows++
	dst = append(dst, '{')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, e.keys[i]...)
		dst = e.cells.json(dst, i, v)
	}
	dst = append(dst, '}')
	if !e.array {
		dst = append(dst, '\n')
	}
	return dst
}

func (e *jsonEncoder) end(dst []byte) []byte {
	if !e.array {
		return dst
	}
	if e.rows > 0 {
		dst = append(dst, '\n')
	}
	return append(dst, ']', '\n')
}

// json appends a value as JSON.
func (c *cells) json(dst []byte, i int, v []byte) []byte {
	if v == nil {
		return append(dst, "null"...)
	}
	switch c.shapes[i] {
	case secret:
		c.sum.Masked++
		return append(dst, `"`+hidden+`"`...)
	case class:
		return appendString(dst, c.name(v))
	case pickle:
		return c.pickleJSON(dst, i, v)
	}
	if c.urls[i] {
		v = c.mask(v)
	}
	if c.shapes[i] == array {
		if out, ok := c.arrayJSON(dst, v, c.elements[i]); ok {
			return out
		}
		return appendString(dst, v)
	}
	return c.scalar(dst, v, c.shapes[i])
}

// pickleJSON appends a jsonpickle value decoded; junk is a string.
func (c *cells) pickleJSON(dst []byte, i int, v []byte) []byte {
	decoded, err := pyjson.AppendJSON(c.scratch[:0], v, pyjson.NaNString)
	if err != nil {
		c.sum.Junk++
		if c.urls[i] {
			v = c.mask(v)
		}
		return appendString(dst, v)
	}
	c.scratch = decoded
	if c.urls[i] {
		decoded = c.mask(decoded)
	}
	return appendValid(dst, decoded)
}

// scalar appends a value that is not null and no array.
func (c *cells) scalar(dst, v []byte, s shape) []byte {
	switch s {
	case number:
		if isNumber(v) {
			return append(dst, v...)
		}
	case boolean:
		switch word := c.words.of(v); string(word) {
		case "true", "false": // t and f, or spelt out already
			return append(dst, word...)
		}
	case document:
		if doc, ok := c.condense(v); ok {
			return appendValid(dst, doc)
		}
		c.sum.Junk++
	case moment:
		return appendMoment(dst, v)
	}
	return appendString(dst, v)
}

// appendMoment appends Postgres's "2026-11-20 10:00:00+02" as ISO 8601 with a T
// and a whole zone, as to_json() does: JavaScript and strict readers want them.
// infinity and times BC are strings as they stand.
func appendMoment(dst, v []byte) []byte {
	const day = len("2026-11-20")
	if len(v) <= day+2 || v[day] != ' ' || !isDate(v[:day]) || v[len(v)-1] == 'C' {
		return appendString(dst, v)
	}
	at := len(dst)
	dst = appendString(dst, v)
	dst[at+1+day] = 'T'
	if zone := v[len(v)-3]; zone == '+' || zone == '-' {
		dst = append(dst[:len(dst)-1], `:00"`...)
	}
	return dst
}

// isDate reports whether v reads 2026-11-20.
func isDate(v []byte) bool {
	return digits(v) == 4 && v[4] == '-' && digits(v[5:]) == 2 && v[7] == '-' && digits(v[8:]) == 2
}

// isNumber reports whether text is a number of JSON.
func isNumber(v []byte) bool {
	v = bytes.TrimPrefix(v, []byte("-"))
	n := digits(v)
	if n == 0 || n > 1 && v[0] == '0' {
		return false
	}
	if v = v[n:]; len(v) > 0 && v[0] == '.' {
		if n = digits(v[1:]); n == 0 {
			return false
		}
		v = v[1+n:]
	}
	if len(v) > 0 && (v[0] == 'e' || v[0] == 'E') {
		if v = v[1:]; len(v) > 0 && (v[0] == '+' || v[0] == '-') {
			v = v[1:]
		}
		if n = digits(v); n == 0 {
			return false
		}
		v = v[n:]
	}
	return len(v) == 0
}

// digits counts the digits that v begins with.
func digits(v []byte) int {
	n := 0
	for n < len(v) && '0' <= v[n] && v[n] <= '9' {
		n++
	}
	return n
}

// appendValid appends a JSON document, with U+FFFD for invalid UTF-8.
func appendValid(dst, doc []byte) []byte {
	if utf8.Valid(doc) {
		return append(dst, doc...)
	}
	return append(dst, bytes.ToValidUTF8(doc, []byte("\uFFFD"))...)
}

// verbatim marks the bytes that a JSON string holds as they are, non-ASCII
// aside.
var verbatim = func() (t [256]bool) {
	for b := 0x20; b < utf8.RuneSelf; b++ {
		t[b] = b != '"' && b != '\\'
	}
	return t
}()

// appendString appends a JSON string, with U+FFFD for invalid UTF-8.
func appendString(dst, v []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(v); {
		b := v[i]
		if verbatim[b] {
			i++
			continue
		}
		if b >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(v[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, v[from:i]...), "\uFFFD"...)
				from = i + 1
			}
			i += n
			continue
		}
		dst = append(dst, v[from:i]...)
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\n':
			dst = append(dst, `\n`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '\r':
			dst = append(dst, `\r`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		}
		i++
		from = i
	}
	return append(append(dst, v[from:]...), '"')
}
