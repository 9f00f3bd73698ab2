package export

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// finder finds many needles in one pass.
type finder struct {
	ids     []id
	of      map[string]int32
	tables  []*windows
	names   bool      // some ids are found behind names only
	longest int       // bytes of the longest needle
	needed  [256]bool // the bytes of needles, and what may begin an encoding
}

// needle is a text to find.
type needle struct {
	text string
	id   int32 // nameOfID: what ids are called
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
	f.need(all)
	for _, w := range []*windows{newWindows(8, 4), newWindows(6, 1), newWindows(3, 1)} {
		if all = w.add(all); len(w.needles) > 0 {
			f.tables = append(f.tables, w)
		}
	}
	return f
}

// need notes which bytes an encoding has to stand for to be of interest.
func (f *finder) need(all []needle) {
	f.needed['\\'], f.needed['%'] = true, true
	f.needed[':'], f.needed['='] = f.names, f.names
	for _, n := range all {
		for _, text := range []string{n.text, strings.ToLower(n.text), strings.ToUpper(n.text)} {
			for i := range len(text) {
				f.needed[text[i]] = true
			}
		}
	}
}

// decodings are an id and what is left of it where texts are decoded that need not be:
// of 50%41.
func decodings(v string) []string {
	all := []string{v}
	var d decoding
	for range maxDecodings {
		if !d.decode([]byte(v), nil) {
			break
		}
		v = string(d.text)
		all = append(all, v)
	}
	return all
}

// find appends all matches in the text to dst, in no order; one may lie in another.
func (f *finder) find(dst []match, text []byte) []match {
	for _, w := range f.tables {
		dst = w.find(f, dst, text)
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
		return (start == 0 || ends(runeBefore(text, start))) && (end == len(text) || ends(rune(text[end])))
	case between:
		after, _ := utf8.DecodeRune(text[end:])
		if start > 0 && wordy(runeBefore(text, start)) || end < len(text) && wordy(after) {
			return false
		}
		return !numeric(n.text) || !inNumber(text, start, end)
	}
	return true
}

// ends reports whether a value may end beside a letter.
func ends(r rune) bool {
	return r < ' ' || strings.ContainsRune("\"'`,;:=&?/\\%<>[](){}|", r)
}

// runeBefore is the letter in front of a place, decoded where it is encoded.
func runeBefore(text []byte, at int) rune {
	for _, n := range [3]int{2, 3, 6} { // \n %41 \u0041
		if at < n || text[at-n] != '\\' && text[at-n] != '%' {
			continue
		}
		var buf [utf8.UTFMax]byte
		if v, size := decoded(buf[:0], text[at-n:at]); size == n {
			r, _ := utf8.DecodeRune(v)
			return r
		}
	}
	r, _ := utf8.DecodeLastRune(text[:at])
	return r
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
