package pyjson

// ref is a value of the document: a node of one of its texts.
type ref struct{ doc, node int32 }

// root is the whole value.
var root = ref{}

// doc is a text with its tape.
type doc struct {
	text  []byte
	nodes []node
}

// reader answers questions about one document. Besides the text itself it holds
// texts inside the text: keys that are jsonpickle of their own, and binary
// arrays written out.
type reader struct {
	doc          // the text itself
	docs   []doc // the texts inside it: ref.doc 1, 2, …
	height int
	ids    []ref         // what py/id numbers, once numbered
	inner  map[ref]int32 // the texts that keys and arrays became; -1 where they are none
	known  bool          // ids is filled
	// What the binary arrays written out amount to so far.
	arrayItems, arrayBytes int
}

func (r *reader) in(doc int32) *doc {
	if doc == 0 {
		return &r.doc
	}
	return &r.docs[doc-1]
}

func (r *reader) node(v ref) *node { return &r.in(v.doc).nodes[v.node] }

// token is the text of a value, quotes and brackets included.
func (r *reader) token(v ref) []byte {
	d := r.in(v.doc)
	n := &d.nodes[v.node]
	return d.text[n.start:n.end]
}

// str is the text of a string or key node.
func (r *reader) str(v ref) string {
	t := r.token(v)
	if t = t[1 : len(t)-1]; !r.node(v).escaped {
		return string(t)
	}
	return string(appendUnescaped(nil, t, false))
}

// stringAt is the text of a string; not ok where the value is none.
func (r *reader) stringAt(v ref) (s string, ok bool) {
	if r.node(v).kind != kindString {
		return "", false
	}
	return r.str(v), true
}

// equal says that a string or key node has this text.
func (r *reader) equal(v ref, s string) bool {
	if r.node(v).escaped {
		return r.str(v) == s
	}
	t := r.token(v)
	return string(t[1:len(t)-1]) == s
}

// each calls yield for the elements of an array until it returns false.
func (r *reader) each(array ref, yield func(i int, v ref) bool) {
	next := r.node(array).next
	for i, v := 0, (ref{array.doc, array.node + 1}); v.node < next; i, v.node = i+1, r.node(v).next {
		if !yield(i, v) {
			return
		}
	}
}

// item is the i-th element of an array.
func (r *reader) item(array ref, i int) (v ref, ok bool) {
	if r.node(array).kind != kindArray {
		return ref{}, false
	}
	r.each(array, func(j int, e ref) bool {
		if j == i {
			v, ok = e, true
		}
		return !ok
	})
	return v, ok
}

// length is the number of elements of an array.
func (r *reader) length(array ref) int {
	n := 0
	r.each(array, func(int, ref) bool { n++; return true })
	return n
}

// pairs calls yield for the keys and values of an object until it returns false.
func (r *reader) pairs(object ref, yield func(key, v ref) bool) {
	next := r.node(object).next
	for key := (ref{object.doc, object.node + 1}); key.node < next; {
		v := ref{key.doc, key.node + 1}
		if !yield(key, v) {
			return
		}
		key.node = r.node(v).next
	}
}

// member is the value of a key; of the last, where there are several.
func (r *reader) member(object ref, name string) (v ref, ok bool) {
	if r.node(object).kind != kindObject {
		return ref{}, false
	}
	r.pairs(object, func(key, value ref) bool {
		if r.equal(key, name) {
			v, ok = value, true
		}
		return true
	})
	return v, ok
}

// tagged is the value of a tag in an object.
func (r *reader) tagged(object ref, t tag) (v ref, ok bool) {
	r.pairs(object, func(key, value ref) bool {
		if r.node(key).tag == t {
			v, ok = value, true
		}
		return true
	})
	return v, ok
}

// kindOf is the deciding tag of a value, noTag for all that is not tagged.
func (r *reader) kindOf(v ref) tag {
	if n := r.node(v); n.kind == kindObject {
		return n.tag
	}
	return noTag
}

// elements is the array under a deciding tag: a tuple's or a set's.
func (r *reader) elements(object ref, t tag) (array ref, ok bool) {
	array, ok = r.tagged(object, t)
	return array, ok && r.node(array).kind == kindArray
}

// open makes a text inside the document readable; the ref is its root.
func (r *reader) open(at ref, text func() []byte) (ref, bool) {
	if i, ok := r.inner[at]; ok {
		return ref{doc: i}, i >= 0
	}
	if r.inner == nil {
		r.inner = map[ref]int32{}
	}
	r.inner[at] = -1
	t := text()
	if t == nil {
		return ref{}, false
	}
	nodes, height, err := parseTape(t)
	if err != nil || height > maxInnerHeight {
		return ref{}, false
	}
	r.docs = append(r.docs, doc{t, nodes})
	i := int32(len(r.docs))
	r.inner[at] = i
	return ref{doc: i}, true
}

// maxInnerHeight is the nesting allowed inside a key or an array: numpy's
// arrays have 64 dimensions at most.
const maxInnerHeight = 64

// key opens a key that is jsonpickle text of its own.
func (r *reader) key(key ref) (v ref, ok bool) {
	if r.node(key).tag != tagJSONKey {
		return ref{}, false
	}
	return r.open(key, func() []byte { return []byte(r.str(key)[len(keyPrefix):]) })
}
