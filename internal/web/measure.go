package web

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"exptool/internal/game"
	"exptool/repo"
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

// flows are the largest flows of money, the largest first. There are as many as pairs
// of participants, and everybody waits for the board: they are not all sorted.
func (b *board) flows() []flow {
	type sum struct {
		pair [2]int64
		of   repo.Cents
	}
	order := func(x, y sum) int {
		return cmp.Or(cmp.Compare(y.of, x.of), slices.Compare(x.pair[:], y.pair[:]))
	}
	most := make([]sum, 0, keptFlows+1)
	for pair, of := range b.flow {
		s := sum{pair, of}
		if len(most) == keptFlows && order(s, most[keptFlows-1]) > 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(most, s, order)
		most = slices.Insert(most, at, s)
		most = most[:min(len(most), keptFlows)]
	}
	list := []flow{}
	for _, s := range most {
		list = append(list, flow{From: s.pair[0], To: s.pair[1], Amount: dollars(s.of)})
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
