package web

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"

	"exptool/internal/game"
)

const (
	lorenzPoints = 21
	keptFlows    = 200 // the largest
)

// measure is what the host sees of the money.
func (b *board) measure() *Measures {
	balances := make([]int64, 0, len(b.order))
	for _, id := range b.order {
		balances = append(balances, int64(b.seats[id].Cents))
	}
	m := &Measures{Connected: b.connected(), Lorenz: [][2]float64{}, Flow: b.flows()}
	var meter game.Meter
	if g := meter.Gini(balances); !math.IsNaN(g) {
		m.Gini = strconv.FormatFloat(g, 'f', 3, 64)
	}
	for _, p := range meter.Lorenz(balances, lorenzPoints) {
		m.Lorenz = append(m.Lorenz, [2]float64{round4(p.X), round4(p.Y)})
	}
	return m
}

func round4(x float64) float64 { return math.Round(x*1e4) / 1e4 }

// flows are the largest flows of money, the largest first.
func (b *board) flows() []flow {
	pairs := slices.SortedFunc(maps.Keys(b.flow), func(x, y [2]int64) int {
		return cmp.Or(cmp.Compare(b.flow[y], b.flow[x]), slices.Compare(x[:], y[:]))
	})
	list := []flow{}
	for _, p := range pairs[:min(len(pairs), keptFlows)] {
		list = append(list, flow{From: p[0], To: p[1], Amount: dollars(b.flow[p])})
	}
	return list
}

// connected are the participants whose pages are open, each once, in order.
func (b *board) connected() []int64 {
	ids := []int64{}
	for v := range b.viewers {
		if v.seat != nil {
			ids = append(ids, v.seat.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
