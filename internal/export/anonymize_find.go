package export

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// finder finds many needles in one pass. Of each needle one window of a few bytes is
// in a table; a bitmap tells of nearly every place in a text that none of them is
// there. Aho and Corasick's automaton of 100,000 ids would take gigabytes.
type finder struct {
	ids     []id
	of      map[string]int32
	wide    windows // of needles of six bytes and more
	narrow  windows // of three to five
	names   bool    // some ids are found behind names only
	longest int     // bytes of the longest needle
	nests   bool    // a needle has what decoding changes
}

// needle is a text to find.
type needle struct {
	text string
	id   int32 // nameOfID: what ids are called
	at   int   // where its window is
	how  strength
}

// nameOfID marks the needles that are names.
const nameOfID = -1

// idNames are what the ids of people are called, letters' case aside.
var idNames = []string{
	"worker_id", "workerid", "assignment_id", "assignmentid", "hit_id", "hitid", "unique_id", "uniqueid", "prolific_pid",
	"prolific_id", "session_id", "study_id", "fingerprint_hash", "ip_address", "participantid",
}

// newFinder prepares to find ids, but not those that are found with others anyway.
func newFinder(ids []id, of map[string]int32, covered func(id) bool) *finder {
	f := &finder{ids: ids, of: of}
	var all []needle
	for i, v := range ids {
		if v.how == named {
			f.names = true
			continue
		}
		if covered(v) {
			continue
		}
		for _, text := range decodings(v.text) {
			all = append(all, needle{text: text, id: int32(i), how: v.how})
			f.longest = max(f.longest, len(text))
		}
	}
	if f.names {
		for _, name := range idNames {
			all = append(all, needle{text: name, id: nameOfID, how: anywhere})
		}
	}
	f.wide, f.narrow = newWindows(6), newWindows(3)
	f.wide.add(slices.DeleteFunc(slices.Clone(all), func(n needle) bool { return len(n.text) < 6 }))
	f.narrow.add(slices.DeleteFunc(all, func(n needle) bool { return len(n.text) >= 6 || len(n.text) < 3 }))
	return f
}

// decodings are an id and what is left of it where texts are decoded that need not be:
// of 50%41.
func decodings(v string) []string {
	all := []string{v}
	var d decoding
	for range maxDecodings {
		if !d.decode([]byte(v)) {
			break
		}
		v = string(d.text)
		all = append(all, v)
	}
	return all
}

// windows finds needles of at least width bytes.
type windows struct {
	width   int
	mask    uint64
	bits    []uint64
	shift   uint
	places  map[uint64][]int32
	needles []needle
}

func newWindows(width int) windows {
	return windows{width: width, mask: 1<<(8*width) - 1, places: map[uint64][]int32{}}
}

// fold makes capitals small; what else it changes does no harm in a filter.
const fold = 0x2020202020202020

// window is the number of the window of a text that has one at i.
func (w *windows) window(text string, i int) uint64 {
	var b [8]byte
	copy(b[:], text[i:i+w.width])
	return (binary.LittleEndian.Uint64(b[:]) | fold) & w.mask
}

// mix spreads the bits of windows.
const mix = 0x9E3779B97F4A7C15

// add prepares needles. A window that few others have is taken: ids of one study
// begin or end alike.
func (w *windows) add(needles []needle) {
	w.needles = needles
	if len(needles) == 0 {
		return
	}
	counts := map[uint64]int32{}
	for _, n := range needles {
		for _, at := range w.candidates(n.text) {
			counts[w.window(n.text, at)]++
		}
	}
	size := uint(16) // bits of the number of bits
	for ; size < 24 && 1<<size < 128*len(needles); size++ {
	}
	w.bits, w.shift = make([]uint64, 1<<size/64), 64-size
	for i := range needles {
		n := &needles[i]
		at := w.candidates(n.text)
		n.at = slices.MinFunc(at, func(a, b int) int {
			return int(counts[w.window(n.text, a)] - counts[w.window(n.text, b)])
		})
		v := w.window(n.text, n.at)
		w.places[v] = append(w.places[v], int32(i))
		h := v * mix >> w.shift
		w.bits[h/64] |= 1 << (h % 64)
	}
}

// candidates are some places where a text's window may be.
func (w *windows) candidates(text string) []int {
	last := len(text) - w.width
	const some = 8
	at := []int{0}
	for i := 1; i < some && last > 0; i++ {
		if c := last * i / (some - 1); c != at[len(at)-1] {
			at = append(at, c)
		}
	}
	return at
}

// match is an id in a text, from start to end.
type match struct {
	start, end int
	id         int32
}

// find appends all matches in the text to dst, in no order; one may lie in another.
func (f *finder) find(dst []match, text []byte) []match {
	dst = f.wide.find(f, dst, text)
	return f.narrow.find(f, dst, text)
}

func (w *windows) find(f *finder, dst []match, text []byte) []match {
	if len(w.needles) == 0 {
		return dst
	}
	bits, shift, mask := w.bits, w.shift&63, w.mask
	i := 0
	for ; i+8 <= len(text); i++ {
		v := (binary.LittleEndian.Uint64(text[i:]) | fold) & mask
		h := v * mix >> shift
		if bits[h/64]>>(h%64)&1 != 0 {
			dst = w.check(f, dst, text, i, v)
		}
	}
	for ; i+w.width <= len(text); i++ {
		var b [8]byte
		copy(b[:], text[i:])
		dst = w.check(f, dst, text, i, (binary.LittleEndian.Uint64(b[:])|fold)&mask)
	}
	return dst
}

// check adds the needles whose window is at i.
func (w *windows) check(f *finder, dst []match, text []byte, i int, window uint64) []match {
	for _, place := range w.places[window] {
		n := &w.needles[place]
		start := i - n.at
		end := start + len(n.text)
		if start < 0 || end > len(text) || !equal(text[start:end], n) || !fits(text, start, end, n) {
			continue
		}
		m := match{start, end, n.id}
		if n.id == nameOfID {
			var ok bool
			if m, ok = f.behind(text, end); !ok {
				continue
			}
		}
		dst = append(dst, m)
	}
	return dst
}

// equal compares a text with a needle: letters' case counts only in whole values.
func equal(text []byte, n *needle) bool {
	if n.how == whole {
		return string(text) == n.text
	}
	for i, c := range text {
		if d := n.text[i]; c != d && (c|0x20 != d|0x20 || c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}

// fits looks at what is beside a needle.
func fits(text []byte, start, end int, n *needle) bool {
	switch n.how {
	case whole:
		return (start == 0 || ends(text[start-1])) && (end == len(text) || ends(text[end]))
	case between:
		before, _ := utf8.DecodeLastRune(text[:start])
		after, _ := utf8.DecodeRune(text[end:])
		if start > 0 && wordy(before) || end < len(text) && wordy(after) {
			return false
		}
		return !numeric(n.text) || !inNumber(text, start, end)
	}
	return true
}

// ends reports whether a value may end beside a byte.
func ends(c byte) bool {
	return c < ' ' || strings.IndexByte("\"'`,;:=&?/\\<>[](){}|", c) >= 0
}

func wordy(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// numeric reports whether a needle is digits, or an address of them.
func numeric(v string) bool {
	return strings.IndexFunc(v, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }) < 0
}

// inNumber reports whether what is beside digits makes them a part of a number.
func inNumber(text []byte, start, end int) bool {
	digit := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9' }
	before := start > 0 && (text[start-1] == '.' || text[start-1] == '-') && (digit(start-2) || text[start-1] == '-')
	return before || end < len(text) && text[end] == '.' && digit(end+1)
}

// behind is the id that stands behind a name that ends at i: ": "1", =1.
func (f *finder) behind(text []byte, i int) (match, bool) {
	skip := func(of string) (last byte) {
		for ; i < len(text) && strings.IndexByte(of, text[i]) >= 0; i++ {
			last = text[i]
		}
		return last
	}
	skip(`\"' `)
	if i >= len(text) || text[i] != ':' && text[i] != '=' {
		return match{}, false
	}
	i++
	stop := "\\\"'`,;&<>)]}# \t\r\n"
	if quote := skip(`\"' `); quote == '"' || quote == '\'' {
		stop = "\\\r\n" + string(quote)
	}
	n := slices.IndexFunc(text[i:], func(c byte) bool { return strings.IndexByte(stop, c) >= 0 })
	if n < 0 {
		n = len(text) - i
	}
	at, ok := f.of[string(text[i:i+n])]
	if !ok || f.ids[at].how != named {
		return match{}, false
	}
	return match{i, i + n, at}, true
}
