package pyjson

// kind is what a node of the tape is.
type kind uint8

// Up to kindNull it is JSON; the words behind are Python's. Containers last.
const (
	kindKey kind = iota
	kindString
	kindNumber
	kindTrue
	kindFalse
	kindNull
	kindNaN
	kindInfinity
	kindMinusInfinity
	kindArray
	kindObject
)

// node is a value or a key of the text. The nodes of a text lie in its order:
// those inside a container follow it, an object's as key, value, key, value.
type node struct {
	start, end int32 // the token's bytes in the text
	next       int32 // the node behind this one and all that is inside it
	kind       kind
	escaped    bool // a string or key with escapes
	// tag is a key's; an object's is the tag that decides what it is, as
	// jsonpickle chooses among several.
	tag tag
	// active marks a container that is being written: a back-reference to it
	// would never end.
	active bool
}

// tape builds the nodes of one text.
type tape struct {
	t      []byte
	nodes  []node
	height int // the deepest nesting so far
}

// Bytes of text per node, about: what to make room for in one go.
const bytesPerNode = 7

// parseTape returns the nodes of a text and its height.
func parseTape(text []byte) (nodes []node, height int, err error) {
	if len(text) > maxSize {
		return nil, 0, &Error{Offset: maxSize, Msg: "text too long"}
	}
	p := tape{t: text, nodes: make([]node, 0, len(text)/bytesPerNode+4)}
	end := p.value(skipSpace(text, 0), 0)
	if end >= 0 {
		if end = skipSpace(text, end); end < len(text) {
			end = ^end
		}
	}
	if end >= 0 {
		return p.nodes, p.height, nil
	}
	if p.height > maxDepth {
		return nil, 0, tooDeep(^end)
	}
	return nil, 0, unexpected(text, ^end)
}

// add appends a node without children.
func (p *tape) add(k kind, start, end int) {
	p.nodes = append(p.nodes, node{start: int32(start), end: int32(end), next: int32(len(p.nodes) + 1), kind: k})
}

func (p *tape) value(i, depth int) int {
	if i >= len(p.t) {
		return ^i
	}
	switch c := p.t[i]; {
	case c == '"':
		return p.str(i, kindString)
	case c == '{' || c == '[':
		if p.height = max(p.height, depth+1); depth == maxDepth {
			return ^i
		}
		n := len(p.nodes)
		p.add(kindArray, i, i)
		end := 0
		if c == '{' {
			p.nodes[n].kind = kindObject
			end = p.object(i, depth+1, n)
		} else {
			end = p.array(i, depth+1)
		}
		p.nodes[n].end = int32(end)
		p.nodes[n].next = int32(len(p.nodes))
		return end
	case c-'0' <= 9 || c == '-' && !isMinusInfinity(p.t, i):
		end := scanNumber(p.t, i)
		p.add(kindNumber, i, end)
		return end
	}
	end, k := scanWord(p.t, i)
	p.add(k, i, end)
	return end
}

func (p *tape) str(i int, k kind) int {
	end, escaped := scanString(p.t, i)
	p.add(k, i, end)
	p.nodes[len(p.nodes)-1].escaped = escaped
	return end
}

func (p *tape) array(i, depth int) int {
	t := p.t
	if i = skipSpace(t, i+1); i < len(t) && t[i] == ']' {
		return i + 1
	}
	for {
		if i = p.value(i, depth); i < 0 {
			return i
		}
		if i = skipSpace(t, i); i >= len(t) || t[i] != ',' && t[i] != ']' {
			return ^i
		}
		if t[i] == ']' {
			return i + 1
		}
		i = skipSpace(t, i+1)
	}
}

func (p *tape) object(i, depth, self int) int {
	t := p.t
	if i = skipSpace(t, i+1); i < len(t) && t[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(t) || t[i] != '"' {
			return ^i
		}
		key := i
		if i = p.str(i, kindKey); i < 0 {
			return i
		}
		if c := t[key+1]; (c == 'p' || c == 'j' || c == '\\') && special(t[key+1:i-1]) {
			p.tag(len(p.nodes)-1, self)
		}
		if i = skipSpace(t, i); i >= len(t) || t[i] != ':' {
			return ^i
		}
		if i = p.value(skipSpace(t, i+1), depth); i < 0 {
			return i
		}
		if i = skipSpace(t, i); i >= len(t) || t[i] != ',' && t[i] != '}' {
			return ^i
		}
		if t[i] == '}' {
			return i + 1
		}
		i = skipSpace(t, i+1)
	}
}

// tag notes the tag of a key, at the key and at its object.
func (p *tape) tag(key, object int) {
	k := &p.nodes[key]
	name := p.t[k.start+1 : k.end-1]
	if k.escaped {
		name = appendUnescaped(nil, name, false)
	}
	k.tag = tagOf(name)
	o := &p.nodes[object]
	if k.tag != noTag && k.tag <= lastDeciding && (o.tag == noTag || k.tag < o.tag) {
		o.tag = k.tag
	}
}
