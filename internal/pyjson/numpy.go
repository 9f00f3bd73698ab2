package pyjson

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"io"
	"strconv"
	"strings"
)

// Bounds of the binary arrays that are written out, for all of a document: a
// few bytes can be packed zeros, or a view that repeats one number, without end.
// What is beyond is shown as the object it is.
const (
	maxArrayBytes = 16 << 20
	maxArrayItems = 1 << 20
)

// numpyShape is the shape of numpy's scalars and arrays as jsonpickle's numpy
// extension writes them: {"dtype", "value"} and {"dtype", "values"}, where the
// values of a larger array are base64 of zlib of its bytes.
func (r *reader) numpyShape(v ref, class string) (shape, bool) {
	word := short(class)
	if value, ok := r.member(v, "value"); ok && r.node(value).tag != tagID {
		s := r.shape(value)
		s.word = word
		return s, true
	}
	values, ok := r.member(v, "values")
	if ok && r.node(values).kind == kindArray {
		return shape{form: asList, word: word, at: values}, true
	}
	if r.height > maxDepth-2*maxInnerHeight {
		return shape{}, false
	}
	inner, ok := r.open(v, func() []byte { return r.arrayText(v) })
	if !ok || r.node(inner).kind != kindArray {
		return shape{}, false
	}
	return shape{form: asList, word: word, at: inner}, true
}

// array is a binary array: bytes and how to walk them.
type array struct {
	data    []byte
	offset  int
	shape   []int
	strides []int
	item    item
}

// arrayText writes a binary array as JSON; nil where it is not one we read.
func (r *reader) arrayText(v ref) []byte {
	a := array{shape: r.ints(v, "shape")}
	if a.shape == nil || len(a.shape) > maxInnerHeight {
		return nil
	}
	dtype := r.text(v, "dtype")
	buffer := v
	if base, ok := r.member(v, "base"); ok {
		buffer = base
	}
	var ok bool
	if a.data, ok = r.unpack(buffer); !ok {
		return nil
	}
	if dtype == "object" { // kept as JSON
		return a.data
	}
	if a.item, ok = itemOf(dtype, r.text(buffer, "byteorder") == ">"); !ok {
		return nil
	}
	if r.text(v, "byteorder") == "S" { // a view with the other order
		a.item.big = !a.item.big
	}
	a.strides = r.ints(v, "strides")
	if a.strides == nil {
		a.strides = contiguous(a.shape, a.item.size, r.text(v, "order") == "F")
	}
	if offset, ok := r.member(v, "offset"); ok {
		n, err := strconv.Atoi(string(r.token(offset)))
		if err != nil {
			return nil
		}
		a.offset = n
	}
	if !a.fits() {
		return nil
	}
	count := a.count()
	r.arrayItems += count
	r.arrayBytes += count * a.item.size
	if r.arrayItems > maxArrayItems || r.arrayBytes > maxArrayBytes {
		return nil
	}
	return a.appendJSON(nil, 0, a.offset)
}

// unpack is the bytes of an array that is no view.
func (r *reader) unpack(v ref) ([]byte, bool) {
	if r.kindOf(v) == tagID {
		v, _ = r.target(v)
	}
	encoded := r.text(v, "values")
	packed, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || encoded == "" {
		return nil, false
	}
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, false
	}
	data, err := io.ReadAll(io.LimitReader(z, int64(max(maxArrayBytes-r.arrayBytes, 0))+1))
	r.arrayBytes += len(data)
	return data, err == nil && r.arrayBytes <= maxArrayBytes
}

// text is a member that is a string, empty where there is none.
func (r *reader) text(v ref, name string) string {
	at, ok := r.member(v, name)
	if !ok {
		return ""
	}
	s, _ := r.stringAt(at)
	return s
}

// ints is a member that is a list of integers, nil where there is none.
func (r *reader) ints(v ref, name string) []int {
	at, ok := r.member(v, name)
	if !ok || r.node(at).kind != kindArray {
		return nil
	}
	list := []int{}
	r.each(at, func(_ int, e ref) bool {
		n, err := strconv.Atoi(string(r.token(e)))
		if err != nil {
			list = nil
			return false
		}
		list = append(list, n)
		return true
	})
	return list
}

// contiguous are the strides of an array without gaps.
func contiguous(shape []int, size int, fortran bool) []int {
	strides := make([]int, len(shape))
	for i := range shape {
		axis := i
		if !fortran {
			axis = len(shape) - 1 - i
		}
		strides[axis] = size
		size *= max(shape[axis], 0)
		size = min(size, maxArrayBytes+1)
	}
	return strides
}

// fits says that every element lies inside the data.
func (a *array) fits() bool {
	if len(a.strides) != len(a.shape) || a.offset < 0 || a.offset > len(a.data) {
		return false
	}
	low, high := a.offset, a.offset+a.item.size
	for i, n := range a.shape {
		if n < 0 || n > maxArrayItems || a.strides[i] > maxArrayBytes || a.strides[i] < -maxArrayBytes {
			return false
		}
		reach := max(n-1, 0) * a.strides[i]
		low, high = low+min(reach, 0), high+max(reach, 0)
	}
	for _, n := range a.shape {
		if n == 0 {
			return true
		}
	}
	return low >= 0 && high <= len(a.data)
}

// count is the number of elements, or what counts for the output as much: empty
// dimensions still cost brackets for those around them.
func (a *array) count() int {
	count := 1
	for _, n := range a.shape {
		if count *= max(n, 1); count > maxArrayItems {
			break
		}
	}
	return count
}

func (a *array) appendJSON(dst []byte, axis, at int) []byte {
	if axis == len(a.shape) {
		return a.item.appendJSON(dst, a.data[at:at+a.item.size])
	}
	dst = append(dst, '[')
	for i := range a.shape[axis] {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = a.appendJSON(dst, axis+1, at+i*a.strides[axis])
	}
	return append(dst, ']')
}

// itemOf reads a dtype that we can write out.
func itemOf(dtype string, big bool) (item, bool) {
	sized := func(kind byte, digits string, unit int) (item, bool) {
		n, err := strconv.Atoi(digits)
		return item{kind: kind, size: n * unit, big: big}, err == nil && n > 0 && n <= 1<<16
	}
	switch dtype {
	case "bool":
		return item{kind: 'b', size: 1}, true
	case "int8", "int16", "int32", "int64":
		i, ok := sized('i', dtype[3:], 1)
		i.size /= 8
		return i, ok
	case "uint8", "uint16", "uint32", "uint64":
		i, ok := sized('u', dtype[4:], 1)
		i.size /= 8
		return i, ok
	case "float16", "float32", "float64":
		i, ok := sized('f', dtype[5:], 1)
		i.size /= 8
		return i, ok
	}
	if digits, ok := strings.CutPrefix(strings.TrimLeft(dtype, "<>="), "U"); ok {
		return sized('U', digits, 4)
	}
	return item{}, false
}
