package pyjson

import "strings"

// form is how a value looks to people.
type form uint8

const (
	asToken  form = iota // the JSON token at shape.at
	asText               // the string shape.text
	asNumber             // the number shape.text
	asList               // the elements of the array at shape.at
	asDict               // shape.class, and the members of shape.parts
)

// shape is what a value is and how it looks, whatever tags it is written with:
// writing, paths and listing keys all go by it, so they agree.
type shape struct {
	form form
	word string // Python's word for its type: int, dict, datetime, or a class's short name
	at   ref
	text string
	// class is the full name of an object's class: its first member.
	class string
	parts [2]part
}

// part is where members of a dict come from.
type part struct {
	from partKind
	at   ref
	name string // of a single member
}

type partKind uint8

const (
	noPart     partKind = iota
	attributes          // the members of the object at, without jsonpickle's own
	members             // all members of the object at
	items               // the array at, of pairs of key and value
	single              // one member, name, with the value at
)

func dict(word string, parts ...part) shape {
	s := shape{form: asDict, word: word}
	copy(s.parts[:], parts)
	return s
}

func (r *reader) shape(v ref) shape {
	n := r.node(v)
	switch n.kind {
	case kindArray:
		return shape{form: asList, word: "list", at: v}
	case kindObject:
		if s, ok := r.taggedShape(v, n.tag); ok {
			return s
		}
		return dict("dict", part{from: members, at: v})
	}
	return shape{form: asToken, word: r.tokenWord(v), at: v}
}

func (r *reader) tokenWord(v ref) string {
	switch r.node(v).kind {
	case kindString:
		return "str"
	case kindNumber:
		if strings.ContainsAny(string(r.token(v)), ".eE") {
			return "float"
		}
		return "int"
	case kindTrue, kindFalse:
		return "bool"
	case kindNull:
		return "None"
	}
	return "float"
}

// taggedShape is the shape of an object with a tag; not ok where the tag holds
// what jsonpickle never puts there: it is then shown as it is.
func (r *reader) taggedShape(v ref, t tag) (s shape, ok bool) {
	at, _ := r.tagged(v, t)
	switch t {
	case tagTuple:
		return shape{form: asList, word: "tuple", at: at}, r.node(at).kind == kindArray
	case tagSet:
		return shape{form: asList, word: "set", at: at}, r.node(at).kind == kindArray
	case tagIterator:
		return shape{form: asList, word: "iterator", at: at}, r.node(at).kind == kindArray
	case tagB64:
		return shape{form: asToken, word: "bytes", at: at}, r.node(at).kind == kindString
	case tagType, tagFunction, tagRepr:
		word := "type"
		switch t {
		case tagFunction:
			word = "function"
		case tagRepr:
			word = "repr"
		}
		return shape{form: asToken, word: word, at: at}, r.node(at).kind == kindString
	case tagModule:
		name, ok := r.stringAt(at)
		name, _, _ = strings.Cut(name, "/")
		return shape{form: asText, word: "module", text: name}, ok
	case tagReduce:
		return r.reduceShape(at)
	case tagObject:
		if class := r.class(v); class != "" {
			return r.objectShape(v, class), true
		}
	}
	return shape{}, false
}

// objectShape is the shape of a {"py/object": class, …}.
func (r *reader) objectShape(v ref, class string) shape {
	if s, ok := r.knownShape(v, class); ok {
		return s
	}
	word := short(class)
	if id, ok := r.rowID(v); ok {
		return dict(word, part{from: single, at: id, name: word})
	}
	state, hasState := r.tagged(v, tagState)
	if hasState {
		s := dict(word, part{from: attributes, at: v}, r.statePart(state))
		s.class = class
		return s
	}
	bare := true // nothing but tags
	r.pairs(v, func(key, _ ref) bool {
		bare = r.node(key).tag.reserved()
		return bare
	})
	if seq, ok := r.elements(v, tagSeq); ok && bare {
		return shape{form: asList, word: word, at: seq}
	}
	s := dict(word, part{from: attributes, at: v})
	s.class = class
	if seq, ok := r.tagged(v, tagSeq); ok {
		s.parts[1] = part{from: single, at: seq, name: "items"}
	} else if bare {
		for _, t := range []tag{tagNewArgsEx, tagNewArgs, tagInitArgs} {
			if args, ok := r.tagged(v, t); ok {
				s.parts[1] = part{from: single, at: args, name: "args"}
				break
			}
		}
	}
	return s
}

// statePart is the state of an object: a dict of attributes; of a class with
// slots (dict or None, dict of slots), of which the slots are shown; anything
// else as a member "state".
func (r *reader) statePart(state ref) part {
	at := state
	if slots, ok := r.elements2(state); ok {
		at = slots
	}
	if r.node(at).kind == kindObject && r.node(at).tag == noTag {
		return part{from: members, at: at}
	}
	return part{from: single, at: state, name: "state"}
}

// elements2 is the second element of a tuple of two.
func (r *reader) elements2(v ref) (ref, bool) {
	if r.kindOf(v) != tagTuple {
		return ref{}, false
	}
	array, ok := r.elements(v, tagTuple)
	if !ok || r.length(array) != 2 {
		return ref{}, false
	}
	if first, _ := r.item(array, 0); r.node(first).kind != kindNull {
		return ref{}, false
	}
	return r.item(array, 1)
}

// rowID is what a reference to a row shows: the key's value where the key is
// one column, else the dict of all columns.
func (r *reader) rowID(v ref) (ref, bool) {
	if !r.isRowRef(v) {
		return ref{}, false
	}
	id, _ := r.member(v, "identifiers")
	columns, last := 0, id
	r.pairs(id, func(_, value ref) bool {
		columns, last = columns+1, value
		return true
	})
	if columns == 1 {
		return last, true
	}
	return id, true
}

// knownShape is the shape of the classes that jsonpickle, its numpy extension
// and PsyNet write in a way of their own.
func (r *reader) knownShape(v ref, class string) (shape, bool) {
	switch class {
	case "datetime.datetime", "datetime.date", "datetime.time":
		text, ok := r.temporal(v, class)
		return shape{form: asText, word: short(class), text: text}, ok
	case "uuid.UUID":
		hex, ok := r.member(v, "hex")
		if !ok {
			return shape{}, false
		}
		s, ok := r.stringAt(hex)
		if ok && len(s) == 32 {
			s = s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
		}
		return shape{form: asText, word: "UUID", text: s}, ok
	case "array.array":
		values, ok := r.member(v, "values")
		return shape{form: asList, word: "array", at: values}, ok && r.node(values).kind == kindArray
	case "collections.defaultdict":
		return dict("defaultdict", part{from: attributes, at: v}), true
	}
	if strings.HasPrefix(class, "numpy.") {
		return r.numpyShape(v, class)
	}
	if short(class) == "Markup" {
		if pickled, ok := r.member(v, "bytes"); ok {
			if s, ok := r.stringAt(pickled); ok {
				return shape{form: asText, word: "Markup", text: markup(s)}, true
			}
		}
	}
	return shape{}, false
}

// eachMember calls yield for the members of a dict, but for the class, until it
// returns false. A member's key is a node of the text or, where that is zero,
// a name.
func (r *reader) eachMember(s *shape, yield func(key ref, name string, v ref) bool) {
	more := true
	for _, p := range s.parts {
		switch {
		case !more:
		case p.from == attributes || p.from == members:
			r.pairs(p.at, func(key, v ref) bool {
				if p.from == attributes && (r.node(key).tag.reserved() ||
					s.word == "defaultdict" && r.equal(key, "default_factory")) {
					return true
				}
				more = yield(key, "", v)
				return more
			})
		case p.from == items:
			r.each(p.at, func(_ int, pair ref) bool {
				if array, ok := r.elements(pair, tagTuple); ok {
					key, _ := r.item(array, 0)
					v, _ := r.item(array, 1)
					more = yield(key, "", v)
				}
				return more
			})
		case p.from == single:
			more = yield(ref{}, p.name, p.at)
		}
	}
}
