package web

import (
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"exptool/repo"
)

// everyPair is a board on which each of many has given to each other one.
func everyPair(people int64) *board {
	b := &board{flow: map[[2]int64]repo.Cents{}}
	for i := range people {
		for j := range people {
			if i != j {
				b.flow[[2]int64{i, j}] = repo.Cents(100 * (1 + (i*7919+j*104729)%31)) // many are equal
			}
		}
	}
	return b
}

func TestFlows(t *testing.T) {
	for _, people := range []int64{0, 3, 15, 40} { // 0, 6, 210 and 1,560 pairs
		b := everyPair(people)
		all := []flow{}
		for pair, sum := range b.flow {
			all = append(all, flow{pair[0], pair[1], dollars(sum)})
		}
		slices.SortFunc(all, func(x, y flow) int {
			return cmp.Or(cmp.Compare(b.flow[[2]int64{y.From, y.To}], b.flow[[2]int64{x.From, x.To}]), cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To))
		})
		assert.Equal(t, all[:min(len(all), keptFlows)], b.flows(), "%d participants", people)
	}
}

// BenchmarkFlows is how long everybody waits while the host's page is told of the
// flows among 200 participants.
func BenchmarkFlows(b *testing.B) {
	board := everyPair(200)
	for b.Loop() {
		board.flows()
	}
}
