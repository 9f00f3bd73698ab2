package pyjson

import "strconv"

// emitter writes values of a document as JSON for people.
type emitter struct {
	reader
	dst     []byte
	start   int // of what this emitter wrote
	limit   int // bytes after which back-references stay as they are
	nan     NaN
	follows int  // back-references being followed
	inKey   bool // writing a key: no back-reference is followed
}

// newEmitter reads a text. It returns no pointer, so that the emitter can be on
// the caller's stack.
func newEmitter(dst, text []byte, nan NaN) (emitter, error) {
	nodes, height, err := parseTape(text)
	if err != nil {
		return emitter{}, err
	}
	return emitter{
		reader: reader{doc: doc{text, nodes}, height: height},
		dst:    dst, start: len(dst), nan: nan,
		limit: freeOutput + outputFactor*len(text),
	}, nil
}

// follow returns what stands behind a back-reference, and whether it followed
// one. It does not where the target is an ancestor of the reference, or the
// output has grown too large or too deep: the reference is then shown itself.
func (e *emitter) follow(v ref, depth int) (ref, bool) {
	if e.kindOf(v) != tagID || e.inKey || e.follows >= maxFollow ||
		len(e.dst)-e.start > e.limit || depth+e.height > maxDepth-2*maxInnerHeight {
		return v, false
	}
	target, ok := e.target(v)
	if !ok || e.node(target).active {
		return v, false
	}
	return target, true
}

// value writes a value. Depth is that of the output around it.
func (e *emitter) value(v ref, depth int) {
	n := e.node(v)
	if n.kind < kindArray {
		e.token(v)
		return
	}
	if n.kind == kindObject && n.tag == tagID {
		if target, followed := e.follow(v, depth); followed {
			e.follows++
			e.value(target, depth)
			e.follows--
			return
		}
	}
	n.active = true
	s := e.shape(v)
	e.shaped(&s, depth)
	n.active = false
}

func (e *emitter) shaped(s *shape, depth int) {
	switch s.form {
	case asToken:
		e.token(s.at)
	case asText:
		e.dst = appendQuoted(e.dst, s.text)
	case asNumber:
		e.dst = append(e.dst, s.text...)
	case asList:
		e.dst = append(e.dst, '[')
		e.each(s.at, func(i int, v ref) bool {
			if i > 0 {
				e.dst = append(e.dst, ',')
			}
			e.value(v, depth+1)
			return true
		})
		e.dst = append(e.dst, ']')
	case asDict:
		e.dict(s, depth)
	}
}

func (e *emitter) dict(s *shape, depth int) {
	e.dst = append(e.dst, '{')
	if s.class != "" {
		e.dst = append(e.dst, `"class":`...)
		e.dst = appendQuoted(e.dst, s.class)
	}
	first := s.class == ""
	e.eachMember(s, func(key ref, name string, v ref) bool {
		if !first {
			e.dst = append(e.dst, ',')
		}
		first = false
		e.key(key, name)
		e.dst = append(e.dst, ':')
		e.value(v, depth+1)
		return true
	})
	e.dst = append(e.dst, '}')
}

// token writes a scalar of the text.
func (e *emitter) token(v ref) {
	n := e.node(v)
	t := e.reader.token(v)
	switch {
	case n.kind > kindNull:
		e.dst = appendNaN(e.dst, n.kind, e.nan)
	case n.escaped:
		e.dst = append(e.dst, '"')
		e.dst = appendUnescaped(e.dst, t[1:len(t)-1], true)
		e.dst = append(e.dst, '"')
	default:
		e.dst = append(e.dst, t...)
	}
}

// key writes the key of a member.
func (e *emitter) key(key ref, name string) {
	if key == (ref{}) {
		e.dst = appendQuoted(e.dst, name)
		return
	}
	n := e.node(key)
	if n.kind == kindString || n.kind == kindKey && n.tag != tagJSONKey {
		e.token(key)
		return
	}
	e.dst = appendQuoted(e.dst, e.keyText(key))
}

// keyText is a key as a string. A key that is no string in Python is the text
// of its value, as a cell of a table shows it.
func (e *emitter) keyText(key ref) string {
	n := e.node(key)
	inner := key
	if n.kind == kindKey {
		ok := false
		if inner, ok = e.reader.key(key); !ok {
			return e.str(key)
		}
	}
	if e.node(inner).kind == kindNull {
		return "null"
	}
	dst, nan, inKey := e.dst, e.nan, e.inKey
	e.dst, e.nan, e.inKey = nil, NaNBare, true
	e.text(inner)
	text := string(e.dst)
	e.dst, e.nan, e.inKey = dst, nan, inKey
	return text
}

// text writes a value as a cell of a table shows it: strings bare, null as
// nothing.
func (e *emitter) text(v ref) {
	if target, followed := e.follow(v, 0); followed {
		v = target
	}
	s := e.shape(v)
	switch {
	case s.form == asText:
		e.dst = append(e.dst, s.text...)
	case s.form == asToken && e.node(s.at).kind == kindString:
		t := e.reader.token(s.at)
		e.dst = appendUnescaped(e.dst, t[1:len(t)-1], false)
	case s.form == asToken && e.node(s.at).kind == kindNull:
	default:
		e.value(v, 0)
	}
}

// get writes the value at a path; false where there is none. What lies on the
// path counts as an ancestor, as it does in the whole.
func (e *emitter) get(path []string) bool {
	v := root
	for depth, step := range path {
		if target, followed := e.follow(v, depth); followed {
			e.follows++
			v = target
		}
		e.node(v).active = true
		s := e.shape(v)
		next, class, ok := e.step(&s, step)
		if !ok || class && depth+1 < len(path) {
			return false
		}
		if class {
			e.dst = appendQuoted(e.dst, s.class)
			return true
		}
		v = next
	}
	e.value(v, len(path))
	return true
}

// step is the member or element of a shape; class says that it is the name of
// the class, which no node of the text stands for.
func (e *emitter) step(s *shape, name string) (v ref, class, ok bool) {
	switch s.form {
	case asList:
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || strconv.Itoa(i) != name {
			return ref{}, false, false
		}
		v, ok = e.item(s.at, i)
		return v, false, ok
	case asDict:
		e.eachMember(s, func(key ref, member string, at ref) bool {
			if e.named(key, member, name) {
				v, ok = at, true
			}
			return true
		})
		if !ok && s.class != "" && name == "class" {
			return ref{}, true, true
		}
	}
	return v, false, ok
}

// named says that a member has this name.
func (e *emitter) named(key ref, member, name string) bool {
	switch n := e.node(key); {
	case key == (ref{}):
		return member == name
	case n.kind == kindString || n.kind == kindKey && n.tag != tagJSONKey:
		return e.equal(key, name)
	}
	return e.keyText(key) == name
}
