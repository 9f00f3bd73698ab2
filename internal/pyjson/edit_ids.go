package pyjson

import (
	"slices"
	"strconv"
)

// cut replaces the bytes from start to end by text.
type cut struct {
	start, end int
	text       []byte
}

func (c cut) apply(text []byte) []byte {
	return slices.Concat(text[:c.start], c.text, text[c.end:])
}

// spot is where something stands in a text: the first byte of its node; of what is
// inside a key that is jsonpickle of its own, the key's, and its node there.
type spot struct{ start, inner int32 }

// splice makes a cut and gives the back-references around it the numbers that
// their targets have afterwards.
func splice(text []byte, c cut) ([]byte, error) {
	out := c.apply(text)
	after, err := newEmitter(nil, out, NaNBare)
	if err != nil {
		return nil, &EditError{nil, "the result would not be jsonpickle: " + err.Error()}
	}
	references := after.references()
	if len(references) == 0 {
		return out, nil
	}
	numbers := after.numbers()
	var before emitter
	if c.start > 0 || c.end < len(text) {
		if before, err = newEmitter(nil, text, NaNBare); err != nil {
			return nil, err
		}
	}
	var digits []cut
	for _, v := range references {
		at := int(after.node(v).start)
		if at >= c.start && at < c.start+len(c.text) { // came with the new value
			target, ok := after.target(v)
			if !ok || int(after.spot(target).start) >= at {
				return nil, &EditError{nil, "the new value refers to a py/id that is not there"}
			}
			continue
		}
		number, ok, err := renumbered(&before, c, at, numbers)
		if err != nil {
			return nil, err
		}
		id, _ := after.tagged(v, tagID)
		if n := after.node(id); ok && string(after.reader.token(id)) != strconv.Itoa(number) {
			digits = append(digits, cut{int(n.start), int(n.end), strconv.AppendInt(nil, int64(number), 10)})
		}
	}
	return applyAll(out, digits), nil
}

// applyAll makes cuts that are in the order of the text.
func applyAll(text []byte, cuts []cut) []byte {
	for _, c := range slices.Backward(cuts) {
		text = c.apply(text)
	}
	return text
}

// renumbered is the number after a cut of what the reference now at a byte meant
// before; not ok where it meant nothing.
func renumbered(before *emitter, c cut, at int, numbers map[spot]int) (number int, ok bool, err error) {
	was := at
	if at >= c.start {
		was -= len(c.text) - (c.end - c.start)
	}
	v, found := before.objectAt(int32(was))
	if !found {
		return 0, false, nil
	}
	target, found := before.target(v)
	if !found {
		return 0, false, nil
	}
	s := before.spot(target)
	switch {
	case int(s.start) >= c.end:
		s.start += int32(len(c.text) - (c.end - c.start))
	case int(s.start) >= c.start:
		return 0, false, &EditError{nil, "something else in the text refers to what would be replaced (a py/id); change that first"}
	}
	if number, found = numbers[s]; !found {
		return 0, false, &EditError{nil, "a py/id of the text would lose what it refers to"}
	}
	return number, true, nil
}

// references are the back-references of the text itself, in its order.
func (r *reader) references() []ref {
	var all []ref
	for i := range r.nodes {
		if n := &r.nodes[i]; n.kind == kindObject && n.tag == tagID {
			all = append(all, ref{node: int32(i)})
		}
	}
	return all
}

// objectAt is the object that begins at a byte of the text.
func (r *reader) objectAt(start int32) (ref, bool) {
	i, ok := slices.BinarySearchFunc(r.nodes, start, func(n node, at int32) int { return int(n.start) - int(at) })
	return ref{node: int32(i)}, ok && r.nodes[i].kind == kindObject
}

// numbers are the numbers that jsonpickle gave, by where the numbered stands.
func (r *reader) numbers() map[spot]int {
	r.enumerate()
	all := make(map[spot]int, len(r.ids))
	for id, v := range r.ids {
		all[r.spot(v)] = id
	}
	return all
}

// spot is where a value stands. What lies inside keys inside keys has no spot.
func (r *reader) spot(v ref) spot {
	if v.doc == 0 {
		return spot{r.nodes[v.node].start, -1}
	}
	for key, doc := range r.inner {
		if doc == v.doc && key.doc == 0 {
			return spot{r.nodes[key.node].start, v.node}
		}
	}
	return spot{-1, -1}
}
