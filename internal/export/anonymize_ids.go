package export

import (
	"slices"
	"strings"
	"unicode"
)

// id is a known id of a person, or an address.
type id struct {
	kind, text, hash string
	how              strength
}

// strength says where a text that equals an id is taken for it.
type strength uint8

const (
	named    strength = iota // only behind the name of an id: "worker_id": "1", workerId=1
	whole                    // where it is a whole value: between quotes, commas, brackets, the ends
	between                  // where no letter and no digit is beside it
	anywhere                 // everywhere, letters' case aside
)

// Know tells of an id or an address of the database, before anything is written: kind
// is what findings call it, the column's name.
func (a *Anonymizer) Know(kind, value string) {
	if value == "" {
		return
	}
	if kind == "unique_id" && strings.Count(value, ":") == 1 {
		worker, assignment, _ := strings.Cut(value, ":") // of a person who only looked, too
		a.Know("worker_id", worker)
		a.Know("assignment_id", assignment)
	}
	if i, known := a.of[value]; known {
		if a.ids[i].kind == "unique_id" {
			a.ids[i].kind = kind // a half of another one
		}
		return
	}
	a.of[value] = int32(len(a.ids))
	a.ids = append(a.ids, id{kind: kind, text: value, how: strengthOf(value)})
}

// Judged says how many of the known ids are looked for: anywhere in a text, between
// what is no letter or digit, as whole values only, and only behind the name of an id,
// because they are too short or too ordinary (1, yes, debug) to be told from other
// text.
func (a *Anonymizer) Judged() (everywhere, words, values, names int) {
	var n [anywhere + 1]int
	for _, id := range a.ids {
		n[id.how]++
	}
	return n[anywhere], n[between], n[whole], n[named]
}

// ready prepares the search, once: the last id is known.
func (a *Anonymizer) ready() {
	a.prepare.Do(func() {
		for i := range a.ids {
			a.ids[i].hash = a.hash(a.ids[i].text)
		}
		a.found = newFinder(a.ids, a.of, a.covered)
	})
}

// covered reports whether an id is found whenever its halves are.
func (a *Anonymizer) covered(v id) bool {
	worker, assignment, ok := a.halves(v.text)
	return ok && a.ids[a.of[worker]].how == anywhere && a.ids[a.of[assignment]].how == anywhere
}

// ordinary are words that are ids only where something calls them so.
var ordinary = []string{
	"anonymous", "answer", "assignment", "assignmentid", "assignment_id", "assignment_id_not_available", "auto", "bots", "chrome",
	"debug", "default", "demo", "dummy", "error", "experiment", "false", "female", "generic", "hits", "hitid", "hit_id",
	"hotair", "http", "https", "left", "live", "local", "localhost", "male", "maybe", "mode", "mturk", "name", "none", "null",
	"other", "participant", "participantid", "participant_id", "prolific", "psynet", "right", "sandbox", "some", "subject",
	"test", "tester", "testing", "trial", "true", "type", "undefined", "unknown", "user", "value", "vars", "worker",
	"workerid", "worker_id",
}

// The shortest ids of each strength, in letters.
const (
	leastAnywhere = 12 // letters and digits
	leastBetween  = 6
	leastWhole    = 3
	leastWord     = 4  // of letters only
	leastDigits   = 9  // of digits only
	leastRandom   = 16 // of letters only, to be no word
)

// strengthOf judges how likely it is that a text that equals an id is one.
func strengthOf(v string) strength {
	if isAddress(v) {
		if strings.HasPrefix(v, "127.") || v == "0.0.0.0" || len(v) < leastBetween {
			return named // everybody's
		}
		return between
	}
	n, letters, digits, foreign := 0, 0, 0, 0
	for _, r := range v {
		n++
		switch {
		case r > unicode.MaxASCII:
			foreign++
		case r >= '0' && r <= '9':
			digits++
		case r|0x20 >= 'a' && r|0x20 <= 'z':
			letters++
		}
	}
	switch {
	case slices.Contains(ordinary, strings.ToLower(v)), letters+digits+foreign < 2, likeJSON(v):
		return named
	case foreign > 0:
		return foreignStrength(n, digits)
	case strings.IndexByte(v, '@') > 0 && n >= leastBetween:
		return between
	case letters == 0 && digits < leastDigits, n < leastWhole:
		return named
	case letters == 0:
		return between
	case digits > 0 || letters == n && mixedCase(v):
		return strengthOfMixed(n)
	case letters == n && n >= leastRandom:
		return anywhere
	case n < leastWord:
		return named
	case letters == n || n < leastBetween+2:
		return whole
	}
	return between // several words
}

// isAddress reports whether an id looks like an address of IP version 4 or 6.
func isAddress(v string) bool {
	other := strings.IndexFunc(v, func(r rune) bool { return r != '.' && r != ':' && (r > 'f' || !unicode.Is(unicode.ASCII_Hex_Digit, r)) })
	return other < 0 && (strings.Count(v, ".") == 3 || strings.Count(v, ":") > 1)
}

// strengthOfMixed is the strength of n letters and digits that are no word.
func strengthOfMixed(n int) strength {
	switch {
	case n >= leastAnywhere:
		return anywhere
	case n >= leastBetween:
		return between
	}
	return whole
}

// foreignStrength is the strength of n letters of which some are not ASCII: languages
// that write no spaces have no words to look between.
func foreignStrength(n, digits int) strength {
	switch {
	case n >= leastBetween && digits > 0, n >= leastAnywhere:
		return anywhere
	case n < 2:
		return named
	}
	return whole
}

// mixedCase reports whether letters are neither a word nor a name nor all capitals.
func mixedCase(v string) bool {
	return len(v) >= leastBetween+2 && v[1:] != strings.ToLower(v[1:]) && v != strings.ToUpper(v)
}

// likeJSON reports whether an id looks like a part of every JSON text: somebody who
// makes one up could stop every export with it.
func likeJSON(v string) bool {
	i := strings.IndexByte(v, '"')
	return i >= 0 && strings.ContainsAny(v, ":,{}[]") || strings.Contains(v, `\"`)
}
