package pyjson

import (
	"strconv"
	"strings"
)

// reduction is what Python's __reduce__ says of an object: call f with args,
// then set its state, append the list's items, set the dict's.
type reduction struct {
	f                ref
	name             string // of f, or of the class it is to make an object of
	args             ref    // an array
	skip             int    // elements of args that are not the class's own
	state            ref
	list, dict       ref // arrays
	hasState         bool
	hasList, hasDict bool
}

// reduction reads the array under py/reduce.
func (r *reader) reduction(array ref) (d reduction, ok bool) {
	if r.node(array).kind != kindArray {
		return d, false
	}
	r.each(array, func(i int, v ref) bool {
		switch i {
		case 0:
			d.f = v
		case 1:
			d.args, ok = r.sequence(v)
		case 2:
			d.state, d.hasState = v, r.node(v).kind != kindNull
		case 3:
			d.list, d.hasList = r.sequence(v)
		case 4:
			d.dict, d.hasDict = r.sequence(v)
		}
		return true
	})
	if !ok {
		return d, false
	}
	class := d.f
	if name, isName := r.stringAt(d.f); isName && name == "py/newobj" || r.functionName(d.f) == "copyreg.__newobj__" {
		if class, ok = r.item(d.args, 0); !ok {
			return d, false
		}
		d.skip = 1
	}
	d.name = r.functionName(class)
	return d, d.name != ""
}

// sequence is the array of a tuple or a list.
func (r *reader) sequence(v ref) (ref, bool) {
	if r.kindOf(v) == tagTuple {
		return r.elements(v, tagTuple)
	}
	return v, r.node(v).kind == kindArray
}

// functionName is the name of a type or a function.
func (r *reader) functionName(v ref) string {
	t := r.kindOf(v)
	if t != tagType && t != tagFunction {
		return ""
	}
	at, _ := r.tagged(v, t)
	name, _ := r.stringAt(at)
	return name
}

// reduceShape is the shape of a {"py/reduce": [f, args, state, items, pairs]}.
func (r *reader) reduceShape(array ref) (shape, bool) {
	d, ok := r.reduction(array)
	if !ok {
		return shape{}, false
	}
	word := short(d.name)
	if s, ok := r.reducedBuiltin(d, word); ok {
		return s, true
	}
	if d.hasDict && r.allPairs(d.dict) {
		return dict(word, part{from: items, at: d.dict}), true
	}
	if d.hasList {
		return shape{form: asList, word: word, at: d.list}, true
	}
	if d.hasState {
		if p := r.statePart(d.state); p.from == members {
			s := dict(word, p)
			s.class = d.name
			return s, true
		}
	}
	switch r.length(d.args) - d.skip {
	case 0:
		s := dict(word)
		s.class = d.name
		return s, true
	case 1:
		only, _ := r.item(d.args, d.skip)
		return dict(word, part{from: single, at: only, name: word}), true
	}
	return dict(word, part{from: single, at: d.args, name: word}), true
}

// reducedBuiltin is the shape of the standard library's classes that have a
// plain reading.
func (r *reader) reducedBuiltin(d reduction, word string) (shape, bool) {
	first, ok := r.item(d.args, 0)
	switch d.name {
	case "datetime.timedelta":
		text, ok := r.duration(d)
		return shape{form: asNumber, word: word, text: text}, ok
	case "decimal.Decimal":
		if !ok {
			return shape{}, false
		}
		text, ok := r.stringAt(first)
		if !ok || !isNumber(text) {
			return shape{form: asText, word: word, text: text}, ok
		}
		return shape{form: asNumber, word: word, text: text}, true
	case "collections.OrderedDict":
		if !d.hasDict && !d.hasState && !ok {
			return dict(word), true
		}
	case "collections.Counter":
		if ok && r.node(first).kind == kindObject && r.node(first).tag == noTag {
			return dict(word, part{from: members, at: first}), true
		}
	case "builtins.frozenset", "collections.deque":
		if ok && !d.hasList {
			array, ok := r.sequence(first)
			return shape{form: asList, word: word, at: array}, ok
		}
	}
	return shape{}, false
}

// allPairs says that an array holds nothing but tuples of two.
func (r *reader) allPairs(array ref) bool {
	ok := true
	r.each(array, func(_ int, v ref) bool {
		pair, isTuple := ref{}, r.kindOf(v) == tagTuple
		if isTuple {
			pair, isTuple = r.elements(v, tagTuple)
		}
		ok = isTuple && r.length(pair) == 2
		return ok
	})
	return ok
}

// duration is a timedelta in seconds, exactly.
func (r *reader) duration(d reduction) (string, bool) {
	if r.length(d.args) != 3 {
		return "", false
	}
	var n [3]int64
	ok := true
	r.each(d.args, func(i int, v ref) bool {
		var err error
		if n[i], err = strconv.ParseInt(string(r.token(v)), 10, 64); err != nil {
			ok = false
		}
		return ok
	})
	const most = 999_999_999 // days, as in Python
	if !ok || n[0] < -most || n[0] > most || n[1] < 0 || n[1] >= 86400 || n[2] < 0 || n[2] >= 1e6 {
		return "", false
	}
	seconds, micros := n[0]*86400+n[1], n[2]
	sign := ""
	if seconds < 0 {
		sign, seconds = "-", -seconds
		if micros > 0 {
			seconds, micros = seconds-1, 1e6-micros
		}
	}
	text := sign + strconv.FormatInt(seconds, 10)
	if micros > 0 {
		text += "." + strings.TrimRight(sixDigits(micros), "0")
	}
	return text, true
}

// isNumber says that a text is a JSON number.
func isNumber(s string) bool {
	t := []byte(s)
	return len(t) > 0 && (t[0]-'0' <= 9 || t[0] == '-') && scanNumber(t, 0) == len(t)
}
