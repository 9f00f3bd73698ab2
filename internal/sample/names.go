package sample

import (
	_ "embed" // for the names
	"math/rand/v2"
	"strconv"
	"strings"
)

// names are given names from many places, a line each.
//
//go:embed names.txt
var names string

// Names gives n different names of people, in an order that r decides. Beyond the
// list they get numbers: Ada 2.
func Names(n int, r *rand.Rand) []string {
	given := strings.Fields(names)
	r.Shuffle(len(given), func(i, j int) { given[i], given[j] = given[j], given[i] })
	people := make([]string, n)
	for i := range people {
		people[i] = given[i%len(given)]
		if round := i / len(given); round > 0 {
			people[i] += " " + strconv.Itoa(round+1)
		}
	}
	return people
}
