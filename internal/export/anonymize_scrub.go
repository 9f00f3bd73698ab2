package export

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// search is what looking for ids in a text needs; it is used again.
type search struct {
	layers  [2]decoding
	matches []match
	layer   []match
}

var searches = sync.Pool{New: func() any { return new(search) }}

// all finds the ids in a text and in what it encodes, as places of the text itself, in
// no order.
func (s *search) all(f *finder, text []byte) []match {
	s.matches = f.find(s.matches[:0], text)
	layer := text
	var below []jumps
	for n := range maxDecodings {
		d := &s.layers[n%2]
		if !d.decode(layer, &f.needed) {
			break
		}
		layer = d.text
		s.layer = f.find(s.layer[:0], layer)
		below = append(below, d.jumps)
		for _, m := range s.layer {
			for i := len(below) - 1; i >= 0; i-- {
				m.start, m.end = below[i].before(m.start), below[i].before(m.end)
			}
			s.matches = append(s.matches, m)
		}
		d.jumps = nil // below has them
	}
	return s.matches
}

// Scrub replaces the ids that stand in a text: in JSON, in addresses, in messages. It
// returns the same slice where there is none. JSON stays JSON: an id that was a number
// becomes a string.
func (a *Anonymizer) Scrub(text []byte) []byte {
	a.ready()
	if len(text) < leastWhole {
		return text
	}
	s := searches.Get().(*search)
	defer searches.Put(s)
	matches := s.all(a.found, text)
	if len(matches) == 0 {
		return text
	}
	out := a.replace(text, matches)
	if slices.ContainsFunc(matches, func(m match) bool { return m.id >= 0 && strings.ContainsAny(a.ids[m.id].text, `"\`) }) &&
		json.Valid(text) && !json.Valid(out) {
		// An id that reaches over the quotes of JSON is none.
		matches = slices.DeleteFunc(matches, func(m match) bool { return strings.ContainsAny(a.ids[m.id].text, `"\`) })
		out = a.replace(text, matches)
	}
	return out
}

// replace puts hashes in the place of matches. Where some overlap, the first and
// longest stands for all.
func (a *Anonymizer) replace(text []byte, matches []match) []byte {
	exact := func(m match) int { return bytes.Compare(text[m.start:m.end], []byte(a.ids[m.id].text)) }
	slices.SortFunc(matches, func(x, y match) int {
		return cmp.Or(cmp.Compare(x.start, y.start), cmp.Compare(y.end, x.end), cmp.Compare(exact(x)*exact(x), exact(y)*exact(y)))
	})
	out := make([]byte, 0, len(text)+16)
	from := 0
	for i := 0; i < len(matches); {
		m := matches[i]
		end := m.end
		for i++; i < len(matches) && matches[i].start < end; i++ {
			end = max(end, matches[i].end)
		}
		out = append(out, text[from:m.start]...)
		hash := a.ids[m.id].hash
		if isNumber(text, m.start, end) {
			hash = `"` + hash + `"`
		}
		out = append(out, hash...)
		from = end
	}
	return append(out, text[from:]...)
}

// isNumber reports whether digits are a number of JSON, outside its strings.
func isNumber(text []byte, start, end int) bool {
	if len(text) == 0 || text[0] != '{' && text[0] != '[' || text[start] < '0' || text[start] > '9' {
		return false
	}
	before := bytes.TrimRight(text[:start], " \n\r\t")
	after := bytes.TrimLeft(text[end:], " \n\r\t")
	if len(before) == 0 || len(after) == 0 || strings.IndexByte(":,[", before[len(before)-1]) < 0 || strings.IndexByte(",]}", after[0]) < 0 {
		return false
	}
	inside := false
	for i := 0; i < start; i++ {
		switch {
		case text[i] == '"':
			inside = !inside
		case text[i] == '\\' && inside:
			i++
		}
	}
	return !inside
}
