package sample

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNames(t *testing.T) {
	given := strings.Fields(names)
	assert.GreaterOrEqual(t, len(given), 100)
	seeded := func() *rand.Rand { return rand.New(rand.NewPCG(7, 0)) }
	people := Names(3*len(given)+1, seeded())
	assert.Equal(t, people, Names(len(people), seeded()), "the same seed gives the same names")
	assert.NotEqual(t, people, Names(len(people), rand.New(rand.NewPCG(8, 0))))
	assert.Equal(t, people[:5], Names(5, seeded()), "fewer are the first of them")
	different := map[string]bool{}
	for i, p := range people {
		different[p] = true
		name, number, _ := strings.Cut(p, " ")
		assert.Equal(t, people[i%len(given)], name)
		assert.Equal(t, []string{"", "2", "3", "4"}[i/len(given)], number)
	}
	assert.Len(t, different, len(people))
	assert.Empty(t, Names(0, seeded()))
}
