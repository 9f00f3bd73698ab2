package pyjson

import "strings"

// place is where a path leads: to a value, or to the container that lacks the
// next step of it.
type place struct {
	at    ref // the value, or the container
	found bool
	in    ref // the container of the value: as the text has it, behind references
	depth int // how many steps of the path were found
}

// place follows a path as get does. Where it cannot be followed, because there is
// nothing with keys, it is an *EditError.
func (e *emitter) place(path []string) (place, error) {
	p := place{at: root, found: true}
	for depth, step := range path {
		if target, followed := e.follow(p.at, depth); followed {
			e.follows++
			p.at = target
		}
		e.node(p.at).active = true
		s := e.shape(p.at)
		next, class, ok := e.step(&s, step)
		switch {
		case s.form != asDict && s.form != asList:
			return p, &EditError{path[:depth], nameOf(path[:depth]) + " is " + article(s.word) + ", which has nothing inside"}
		case class:
			return p, &EditError{path[:depth+1], dotted(path[:depth+1]) + " names the class of an object and stays"}
		case !ok && s.form == asList:
			return p, &EditError{path[:depth+1], nameOf(path[:depth]) + " is " + article(s.word) + " without a place " + step}
		case !ok:
			p.found, p.depth = false, depth
			return p, nil
		case next.doc != 0:
			return p, &EditError{path[:depth+1], dotted(path[:depth+1]) + " lies inside an array or a key and cannot be edited"}
		case s.word == "set" || s.word == "frozenset":
			return p, &EditError{path[:depth+1], nameOf(path[:depth]) + " is a set, whose elements have no places"}
		}
		p.in, p.at, p.depth = p.at, next, depth+1
	}
	return p, nil
}

// nameOf is a path for people, which may be empty.
func nameOf(path []string) string {
	if len(path) == 0 {
		return "the value"
	}
	return dotted(path)
}

// newMember adds the step of a path that is missing to the dict that lacks it,
// with dicts for the steps that follow.
func (e *emitter) newMember(p place, path []string, value []byte) (cut, error) {
	where := path[:p.depth]
	s := e.shape(p.at)
	at, ok := root, false
	for _, part := range s.parts {
		if part.from == members || part.from == attributes {
			at, ok = part.at, true
		}
	}
	if !ok || at.doc != 0 || e.node(at).kind != kindObject {
		return cut{}, &EditError{where, nameOf(where) + " is " + article(s.word) + " and takes no new keys"}
	}
	var text []byte
	for i, step := range path[p.depth:] {
		if strings.HasPrefix(step, tagPrefix) || strings.HasPrefix(step, keyPrefix) {
			return cut{}, &EditError{path, "a key cannot begin as " + step + " does: jsonpickle gives it a meaning"}
		}
		if i > 0 {
			text = append(text, '{')
		}
		text = append(append(text, String(step)...), ": "...)
	}
	text = append(text, value...)
	for range path[p.depth+1:] {
		text = append(text, '}')
	}
	return e.after(at, text), nil
}

// after puts a text behind the last element or member of a container.
func (e *emitter) after(container ref, text []byte) cut {
	n := e.node(container)
	if n.next == container.node+1 { // empty
		return cut{int(n.start) + 1, int(n.start) + 1, text}
	}
	end := 0
	last := func(v ref) { end = int(e.node(v).end) }
	if n.kind == kindArray {
		e.each(container, func(_ int, v ref) bool { last(v); return true })
	} else {
		e.pairs(container, func(_, v ref) bool { last(v); return true })
	}
	return cut{end, end, append([]byte(", "), text...)}
}

// without takes a value, with its key and comma, out of its dict or list.
func (e *emitter) without(p place, path []string) (cut, error) {
	refuse := func(why string) (cut, error) {
		return cut{}, &EditError{path, dotted(path) + " cannot be removed: " + why}
	}
	list := e.node(p.in).kind == kindArray
	s := e.shape(p.in)
	if !list && s.form != asDict {
		return refuse("it is in " + article(s.word))
	}
	var starts, ends []int // of the elements, keys included
	at, same := -1, 0
	note := func(from, to ref) {
		if to == p.at {
			at = len(starts)
		}
		starts, ends = append(starts, int(e.node(from).start)), append(ends, int(e.node(to).end))
	}
	if list {
		e.each(p.in, func(_ int, v ref) bool { note(v, v); return true })
	} else {
		for _, part := range s.parts {
			if (part.from == members || part.from == attributes) && part.at.doc == 0 && at < 0 {
				starts, ends = nil, nil
				e.pairs(part.at, func(key, v ref) bool {
					if e.named(key, "", path[len(path)-1]) {
						same++
					}
					note(key, v)
					return true
				})
			}
		}
	}
	switch {
	case at < 0:
		return refuse("jsonpickle writes " + article(s.word) + " in another way")
	case same > 1:
		return refuse("the key is there twice")
	case at > 0:
		return cut{ends[at-1], ends[at], nil}, nil
	case len(starts) > 1:
		return cut{starts[0], starts[1], nil}, nil
	}
	return cut{starts[0], ends[0], nil}, nil
}
