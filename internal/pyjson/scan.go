package pyjson

import "bytes"

// scanner goes over a text once. It writes the compact JSON of it as it goes,
// copying runs of bytes, or (plain) only judges it. It stops at the first tag.
type scanner struct {
	t      []byte
	dst    []byte
	from   int // the bytes of t from here on are not yet copied
	nan    NaN
	plain  bool
	tagged bool // stopped at a tag
	deep   bool // stopped at maxDepth
}

// Nesting that every Postgres takes at its default max_stack_depth, with room.
const maxPlainDepth = 1000

// maxPlainSize is jsonb's limit for one string.
const maxPlainSize = 1<<28 - 1

// scanJSON appends the text as compact JSON. Where it meets a tag, it returns
// dst as it was and true.
func scanJSON(dst, text []byte, nan NaN) (out []byte, tagged bool, err error) {
	if len(text) > maxSize {
		return dst, false, &Error{Offset: maxSize, Msg: "text too long"}
	}
	s := scanner{t: text, dst: dst, nan: nan}
	end := s.document()
	switch {
	case end >= 0:
		return append(s.dst, text[s.from:end]...), false, nil
	case s.tagged:
		return dst, true, nil
	case s.deep:
		return dst, false, tooDeep(^end)
	}
	return dst, false, unexpected(text, ^end)
}

func scanPlain(text []byte) bool {
	if len(text) > maxPlainSize {
		return false
	}
	s := scanner{t: text, plain: true}
	return s.document() >= 0
}

// document returns the offset behind the value.
func (s *scanner) document() int {
	end := s.value(s.space(0), 0)
	if end < 0 {
		return end
	}
	if rest := skipSpace(s.t, end); rest < len(s.t) {
		return ^rest
	}
	return end
}

// space skips whitespace, which ends a run.
func (s *scanner) space(i int) int {
	if i < len(s.t) && s.t[i] > ' ' {
		return i
	}
	end := skipSpace(s.t, i)
	if end > i {
		s.flush(i, end)
	}
	return end
}

// flush copies the run that ends at i; the next begins at next.
func (s *scanner) flush(i, next int) {
	if !s.plain {
		s.dst = append(s.dst, s.t[s.from:i]...)
	}
	s.from = next
}

func (s *scanner) value(i, depth int) int {
	if i >= len(s.t) {
		return ^i
	}
	switch c := s.t[i]; {
	case c == '"':
		return s.str(i)
	case c == '{' || c == '[':
		if depth == maxDepth || s.plain && depth == maxPlainDepth {
			s.deep = true
			return ^i
		}
		if c == '{' {
			return s.object(i, depth+1)
		}
		return s.array(i, depth+1)
	case c-'0' <= 9 || c == '-' && !isMinusInfinity(s.t, i):
		end := scanNumber(s.t, i)
		if s.plain && end >= 0 && !fitsNumeric(s.t[i:end]) {
			return ^i
		}
		return end
	}
	end, k := scanWord(s.t, i)
	if end < 0 || k <= kindNull {
		return end
	}
	if s.plain {
		return ^i
	}
	s.flush(i, end)
	s.dst = appendNaN(s.dst, k, s.nan)
	return end
}

func (s *scanner) array(i, depth int) int {
	if i = s.space(i + 1); i < len(s.t) && s.t[i] == ']' {
		return i + 1
	}
	for {
		if i = s.value(i, depth); i < 0 {
			return i
		}
		i = s.space(i)
		if i >= len(s.t) || s.t[i] != ',' && s.t[i] != ']' {
			return ^i
		}
		if s.t[i] == ']' {
			return i + 1
		}
		i = s.space(i + 1)
	}
}

func (s *scanner) object(i, depth int) int {
	t := s.t
	if i = s.space(i + 1); i < len(t) && t[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(t) || t[i] != '"' {
			return ^i
		}
		key := i
		if i = s.str(i); i < 0 {
			return i
		}
		if c := t[key+1]; (c == 'p' || c == 'j' || c == '\\') && special(t[key+1:i-1]) {
			s.tagged = true
			return ^key
		}
		if i = s.space(i); i >= len(t) || t[i] != ':' {
			return ^i
		}
		if i = s.value(s.space(i+1), depth); i < 0 {
			return i
		}
		i = s.space(i)
		if i >= len(t) || t[i] != ',' && t[i] != '}' {
			return ^i
		}
		if t[i] == '}' {
			return i + 1
		}
		i = s.space(i + 1)
	}
}

func (s *scanner) str(i int) int {
	end, escaped := scanString(s.t, i)
	if end < 0 || !escaped {
		return end
	}
	if s.plain {
		if lossy(s.t[i+1 : end-1]) {
			return ^i
		}
		return end
	}
	s.flush(i+1, end-1)
	s.dst = appendUnescaped(s.dst, s.t[i+1:end-1], true)
	return end
}

// special says that a key, the inside of its token, has a meaning to
// jsonpickle. A letter may be written as an escape, though jsonpickle never
// does. Erring is cheap for AppendJSON, so only a key with an escape in its
// first eight characters is looked at twice.
func special(key []byte) bool {
	if i := bytes.IndexByte(key, '\\'); i >= 0 && i < len(keyPrefix) {
		key = appendUnescaped(nil, key, false)
	}
	return bytes.HasPrefix(key, []byte(tagPrefix)) || bytes.HasPrefix(key, []byte(keyPrefix))
}

func appendNaN(dst []byte, k kind, nan NaN) []byte {
	word := "NaN"
	switch k {
	case kindInfinity:
		word = "Infinity"
	case kindMinusInfinity:
		word = "-Infinity"
	}
	switch nan {
	case NaNString:
		return appendQuoted(dst, word)
	case NaNTagged:
		dst = append(dst, `{"py/float":"`...)
		return append(append(dst, word...), `"}`...)
	}
	return append(dst, word...)
}
