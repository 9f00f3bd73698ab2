package report

import "bytes"

// maxDims is how many dimensions Postgres gives an array.
const maxDims = 6

// arrayJSON appends Postgres's text form of an array, {1,NULL,"a \"b\""}, as a
// JSON array; false, and dst as it was, where v is not of that form.
func (c *cells) arrayJSON(dst, v []byte, element shape) ([]byte, bool) {
	rest := v
	if len(rest) > 0 && rest[0] == '[' { // [0:2]={…}: bounds that do not begin at 1
		_, after, ok := bytes.Cut(rest, []byte("="))
		if !ok {
			return dst, false
		}
		rest = after
	}
	out, rest, ok := c.arrayLevel(dst, rest, element, maxDims)
	if !ok || len(rest) > 0 {
		return dst, false
	}
	return out, true
}

// arrayLevel appends the array that v begins with and returns what follows it.
func (c *cells) arrayLevel(dst, v []byte, element shape, depth int) (out, rest []byte, ok bool) {
	if len(v) < 2 || v[0] != '{' || depth == 0 {
		return dst, v, false
	}
	dst, v = append(dst, '['), v[1:]
	if v[0] == '}' {
		return append(dst, ']'), v[1:], true
	}
	for {
		switch {
		case len(v) > 0 && v[0] == '{':
			dst, v, ok = c.arrayLevel(dst, v, element, depth-1)
		case len(v) > 0 && v[0] == '"':
			dst, v, ok = c.arrayQuoted(dst, v[1:], element)
		default:
			dst, v, ok = c.arrayBare(dst, v, element)
		}
		if !ok || len(v) == 0 {
			return dst, v, false
		}
		switch v[0] {
		case ',':
			dst, v = append(dst, ','), v[1:]
		case '}':
			return append(dst, ']'), v[1:], true
		default:
			return dst, v, false
		}
	}
}

// arrayBare appends an element without quotes.
func (c *cells) arrayBare(dst, v []byte, element shape) (out, rest []byte, ok bool) {
	end := bytes.IndexAny(v, ",}{\"\\")
	if end <= 0 || v[end] != ',' && v[end] != '}' {
		return dst, v, false
	}
	if string(v[:end]) == "NULL" {
		return append(dst, "null"...), v[end:], true
	}
	return c.scalar(dst, v[:end], element), v[end:], true
}

// arrayQuoted appends an element whose opening quote has been read.
func (c *cells) arrayQuoted(dst, v []byte, element shape) (out, rest []byte, ok bool) {
	plain := c.scratch[:0]
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case '"':
			c.scratch = plain
			return c.scalar(dst, plain, element), v[i+1:], true
		case '\\':
			if i++; i == len(v) {
				return dst, v, false
			}
		}
		plain = append(plain, v[i])
	}
	return dst, v, false
}
