package schema

import (
	"slices"
	"strings"
)

// suggestions is how many names a message offers at most.
const suggestions = 3

// Suggest returns those of among that word may have been meant to be, best
// first and at most three: names at a small edit distance (a transposition
// counts once) and names that word begins, whatever the case.
func Suggest(word string, among []string) []string {
	type rival struct {
		name string
		d    int
	}
	lower := strings.ToLower(word)
	runes := []rune(lower)
	limit := max(1, min(3, len(runes)/3))
	var rivals []rival
	for _, name := range among {
		other := strings.ToLower(name)
		d := distance(runes, []rune(other))
		if len(runes) >= 3 && d > limit && strings.HasPrefix(other, lower) {
			d = limit
		}
		if d <= limit && name != "" && !slices.ContainsFunc(rivals, func(r rival) bool { return r.name == name }) {
			rivals = append(rivals, rival{name, d})
		}
	}
	slices.SortStableFunc(rivals, func(a, b rival) int { return a.d - b.d })
	names := []string{}
	for _, r := range rivals[:min(len(rivals), suggestions)] {
		names = append(names, r.name)
	}
	return names
}

// distance is the number of insertions, deletions, replacements and swaps of
// neighbours that make b of a (optimal string alignment).
func distance(a, b []rune) int {
	if len(a) > 100 || len(b) > 100 {
		return 100 // hostile input: nobody means that
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
