package pyjson

import (
	"strconv"
	"strings"
)

// Back-references. While jsonpickle writes, it numbers what it may have to
// refer to again, depth first, in the order of the text: dicts, lists and
// objects, from the root's 0 on. Not strings and numbers; not tuples, sets and
// bytes; not the arrays and dicts that only carry a tag's contents. We number
// as the writer did: PsyNet's reader counts differently behind a reference to a
// row, and then reads the wrong value.

// target is what a {"py/id": n} refers to, if there is such a thing.
func (r *reader) target(v ref) (ref, bool) {
	at, _ := r.tagged(v, tagID)
	if r.node(at).kind != kindNumber {
		return ref{}, false
	}
	id, err := strconv.Atoi(string(r.token(at)))
	if err != nil || id < 0 {
		return ref{}, false
	}
	if r.enumerate(); id >= len(r.ids) {
		return ref{}, false
	}
	return r.ids[id], true
}

// enumerate numbers the whole text, once.
func (r *reader) enumerate() {
	if !r.known {
		r.known = true
		r.ids = make([]ref, 0, 32)
		r.number(root)
	}
}

// number gives the value and all inside it their numbers.
func (r *reader) number(v ref) {
	switch n := r.node(v); n.kind {
	case kindArray:
		r.ids = append(r.ids, v)
		r.numberItems(v)
	case kindObject:
		r.numberObject(v, n.tag)
	}
}

// numberItems numbers the elements of an array that has no number itself.
func (r *reader) numberItems(v ref) {
	if r.node(v).kind == kindArray {
		r.each(v, func(_ int, e ref) bool { r.number(e); return true })
	}
}

func (r *reader) numberObject(v ref, t tag) {
	switch t {
	case tagTuple, tagSet:
		at, _ := r.tagged(v, t)
		r.numberItems(at)
	case tagB64, tagB85, tagID, tagType, tagFunction:
	case tagModule, tagRepr:
		r.ids = append(r.ids, v)
	case tagIterator, tagReduce:
		r.ids = append(r.ids, v)
		at, _ := r.tagged(v, t)
		r.numberItems(at)
	case tagObject:
		r.ids = append(r.ids, v)
		r.numberAttributes(v)
	default:
		r.ids = append(r.ids, v)
		r.pairs(v, func(key, value ref) bool {
			r.numberPair(key, value)
			return true
		})
	}
}

func (r *reader) numberPair(key, value ref) {
	if inner, ok := r.key(key); ok {
		r.number(inner)
	}
	r.number(value)
}

// numberAttributes numbers what is inside an object. What jsonpickle's handlers
// write without its pickler has no numbers.
func (r *reader) numberAttributes(v ref) {
	class := r.class(v)
	rowRef := r.isRowRef(v)
	r.pairs(v, func(key, value ref) bool {
		switch t := r.node(key).tag; {
		case t == tagObject, t == tagProperty:
		case t == tagSeq, t == tagNewArgsEx:
			r.numberItems(value)
		case isTemporal(class) && r.equal(key, "__reduce__"):
			if args, ok := r.item(value, 1); ok {
				r.numberItems(args)
			}
		case rowRef && r.equal(key, "identifiers"):
		case strings.HasPrefix(class, "numpy.") && (r.equal(key, "shape") || r.equal(key, "strides")):
		default:
			r.numberPair(key, value)
		}
		return true
	})
}

// class is the class name of an object, empty where there is none.
func (r *reader) class(v ref) string {
	at, ok := r.tagged(v, tagObject)
	if !ok {
		return ""
	}
	name, _ := r.stringAt(at)
	return name
}

// isRowRef says that an object is PsyNet's reference to a row of the database:
// a class and the row's primary key, nothing else.
func (r *reader) isRowRef(v ref) bool {
	identifiers, ok := r.member(v, "identifiers")
	if !ok || r.node(identifiers).kind != kindObject || r.node(identifiers).tag != noTag {
		return false
	}
	flat, members := true, 0
	r.pairs(identifiers, func(_, value ref) bool {
		flat = flat && r.node(value).kind < kindArray
		return flat
	})
	r.pairs(v, func(ref, ref) bool { members++; return true })
	return flat && members == 2
}
