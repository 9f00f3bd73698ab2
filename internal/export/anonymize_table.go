package export

import "encoding/binary"

// windows finds needles by some bytes of theirs, windows, that are in a table. It looks
// at every fourth place of a text only, or at every one: as many windows of a needle
// beside one another are in the table, so that one of them is at such a place. A bitmap
// tells of nearly every place that no needle is there. Aho and Corasick's automaton of
// 100,000 ids would take gigabytes.
type windows struct {
	width, step int
	mask        uint64
	bits        []uint64
	shift       uint // of a mixed window, to its bit
	far         uint // and to its bucket
	buckets     []uint32
	entries     []entry // those of bucket i from buckets[i] to buckets[i+1]
	needles     []needle
}

// entry is a window of a needle.
type entry struct {
	window uint64
	needle int32
	at     int32 // in the needle
}

// match is an id in a text, from start to end.
type match struct {
	start, end int
	id         int32
}

func newWindows(width, step int) *windows {
	return &windows{width: width, step: step, mask: 1<<(8*width-1)<<1 - 1}
}

// fold makes capitals small; what else it changes does no harm in a filter.
const fold = 0x2020202020202020

// mix spreads the bits of windows.
const mix = 0x9E3779B97F4A7C15

// window is the window at i.
func (w *windows) window(text []byte, i int) uint64 {
	var b [8]byte
	copy(b[:], text[i:])
	return (binary.LittleEndian.Uint64(b[:]) | fold) & w.mask
}

// crowd is how many needles may share a window before one of fewer bytes is looked for.
const crowd = 64

// add prepares the needles that are long enough, and returns the others, and those
// whose windows too many share: ids of one study begin or end alike.
func (w *windows) add(needles []needle) (others []needle) {
	size := uint(4) // bits of the number of buckets
	for ; 1<<size < w.step*len(needles); size++ {
	}
	w.far = 64 - size
	counts := make([]uint32, 1<<size)
	for _, n := range needles {
		for _, at := range w.places(n.text) {
			w.each(n.text, at, func(window uint64, _ int) { counts[window*mix>>w.far]++ })
		}
	}
	var at []int
	for _, n := range needles {
		best, least := -1, uint32(0)
		for _, place := range w.places(n.text) {
			most := uint32(0)
			w.each(n.text, place, func(window uint64, _ int) { most = max(most, counts[window*mix>>w.far]) })
			if best < 0 || most < least {
				best, least = place, most
			}
		}
		if best < 0 || w.step > 1 && least > crowd {
			others = append(others, n)
			continue
		}
		w.needles, at = append(w.needles, n), append(at, best)
	}
	w.fill(at, size)
	return others
}

// fill makes the table of the needles' windows from the given places on.
func (w *windows) fill(at []int, size uint) {
	const sparse = 5 // bits of the bitmap for an entry, as a power of two
	bits := min(max(size+sparse, 12), 25)
	w.bits, w.shift = make([]uint64, 1<<bits/64), 64-bits
	w.buckets = make([]uint32, 1<<size+1)
	for i, n := range w.needles {
		w.each(n.text, at[i], func(window uint64, _ int) {
			h := window * mix
			w.buckets[h>>w.far+1]++
			w.bits[h>>w.shift/64] |= 1 << (h >> w.shift % 64)
		})
	}
	for i := range len(w.buckets) - 1 {
		w.buckets[i+1] += w.buckets[i]
	}
	next := append([]uint32(nil), w.buckets...)
	w.entries = make([]entry, w.buckets[len(w.buckets)-1])
	for i, n := range w.needles {
		w.each(n.text, at[i], func(window uint64, place int) {
			bucket := window * mix >> w.far
			w.entries[next[bucket]] = entry{window, int32(i), int32(place)}
			next[bucket]++
		})
	}
}

// places are some places in a needle where its windows may begin.
func (w *windows) places(text string) []int {
	last := len(text) - w.width - (w.step - 1)
	if last < 0 {
		return nil
	}
	const some = 8
	at := []int{0}
	for i := 1; i < some; i++ {
		if c := last * i / (some - 1); c != at[len(at)-1] {
			at = append(at, c)
		}
	}
	return at
}

// each calls do with the windows from a place on.
func (w *windows) each(text string, at int, do func(window uint64, at int)) {
	for i := range w.step {
		do(w.window([]byte(text[at+i:at+i+w.width]), 0), at+i)
	}
}

// find appends the needles in a text.
func (w *windows) find(f *finder, dst []match, text []byte) []match {
	bits, shift, mask, step := w.bits, w.shift&63, w.mask, w.step
	i := 0
	for ; i+8 <= len(text); i += step {
		v := (binary.LittleEndian.Uint64(text[i:]) | fold) & mask
		h := v * mix >> shift
		if bits[h/64]>>(h%64)&1 != 0 {
			dst = w.check(f, dst, text, i, v)
		}
	}
	for ; i+w.width <= len(text); i += step {
		dst = w.check(f, dst, text, i, w.window(text, i))
	}
	return dst
}

// check adds the needles that have a window at i.
func (w *windows) check(f *finder, dst []match, text []byte, i int, window uint64) []match {
	bucket := window * mix >> w.far
	for _, e := range w.entries[w.buckets[bucket]:w.buckets[bucket+1]] {
		if e.window != window {
			continue
		}
		n := &w.needles[e.needle]
		start := i - int(e.at)
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
