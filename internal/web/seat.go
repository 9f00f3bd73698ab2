package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"exptool/repo"
)

// seat is a participant at the board.
type seat struct {
	Person
	label   string
	late    int64 // place among those who came after the start; 0 for who was there
	since   int64 // the number of the ledger that the dollars were read at
	changed int64 // the number of the last transfer of theirs
	given   repo.Cents
	got     repo.Cents
	moves   []move // newest last

	player  Player
	playing bool // has an address
	rounds  int  // decisions in this session
	taken   int  // the last round that this server has given a press
	answers []answer
	tries   map[string]try // presses whose answer did not come, by key
	turn    chan struct{}  // held while a press is under way: those of one are one after another
	bucket  bucket
}

// try is what a press was handed in as.
type try struct {
	session string
	round   int
}

// answer is what a press was answered, for its retries.
type answer struct {
	key     string
	payee   int64 // 0: kept
	number  int64
	balance repo.Cents
}

// named is what others see: the name, the nickname, or a number.
func (s *seat) named() string { return Label(s.ID, s.Name, s.player.Nickname) }

// Label is what pages call a participant: the first of the names that says anything, in
// one line and cut short where it is long, else a number.
func Label(id int64, names ...string) string {
	for _, name := range names {
		if name = short(plain(name)); name != "" {
			return name
		}
	}
	return "Player " + strconv.FormatInt(id, 10)
}

// maxLabel is how many characters of a name are shown. Names are anybody's text, stand in
// every page many times, and in a cookie, which browsers drop above 4 KB.
const maxLabel = 80

func short(name string) string {
	if utf8.RuneCountInString(name) <= maxLabel {
		return name
	}
	return strings.TrimSpace(string([]rune(name)[:maxLabel-1])) + "…"
}

// plain is a text of somebody's in one line, without what turns text around it. It is empty
// where nothing of it can be seen.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if strings.IndexFunc(text, func(r rune) bool { return !unseen(r) && r != ' ' && r != blankBraille }) < 0 {
		return ""
	}
	return text
}

const blankBraille = 0x2800 // no space by its properties, and looks like one

// unseen reports whether a character says only how those around it are written (Unicode
// Standard, 5.21: Default_Ignorable_Code_Point).
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// alike reports whether names look the same: but for small and large letters, their forms
// (Unicode Standard Annex 15, NFKC), and what cannot be seen.
func alike(one, other string) bool {
	seen := func(name string) string {
		return norm.NFKC.String(strings.Map(func(r rune) rune {
			if unseen(r) {
				return -1
			}
			return r
		}, name))
	}
	return strings.EqualFold(seen(one), seen(other))
}

// isolated is a name in a sentence: one that runs the other way does not turn the words
// around it (Unicode Standard Annex 9).
func isolated(name string) string { return "\u2068" + name + "\u2069" }

// keep appends to a list that keeps the last few.
func keep[T any](list []T, one T, most int) []T {
	if len(list) >= most {
		list = slices.Delete(list, 0, len(list)-most+1)
	}
	return append(list, one)
}

// remember keeps an answer for the retries of its press.
func (s *seat) remember(a answer) {
	delete(s.tries, a.key)
	if !slices.ContainsFunc(s.answers, func(k answer) bool { return k.key == a.key }) {
		s.answers = keep(s.answers, a, keptAnswers)
	}
}

// others are the seats of all but one, in that one's own random order; those who
// came later stand at the end, so that no button moves under a finger.
func (b *board) others(of *seat) []*seat {
	all := make([]*seat, 0, len(b.order))
	for _, id := range b.order {
		if of == nil || id != of.ID {
			all = append(all, b.seats[id])
		}
	}
	if of == nil {
		return all
	}
	seed := uint64(of.player.Seed)
	slices.SortStableFunc(all, func(x, y *seat) int {
		return cmp.Or(cmp.Compare(x.late, y.late), cmp.Compare(mix(seed, x.ID), mix(seed, y.ID)))
	})
	return all
}

// mix is splitmix64 of a seed and an id (Steele, Lea and Flood 2014, "Fast splittable
// pseudorandom number generators").
func mix(seed uint64, id int64) uint64 {
	z := seed + uint64(id)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// dollars is an amount with two decimals.
func dollars(c repo.Cents) string {
	sign, n := "", uint64(c)
	if c < 0 {
		sign, n = "-", -n
	}
	return sign + strconv.FormatUint(n/100, 10) + "." + strconv.FormatUint(100+n%100, 10)[1:]
}
