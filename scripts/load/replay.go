package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// screen is what a page showed in the end.
type screen map[int64]balance

// show takes a frame in, as page.js does: what is older than what is there is left.
// It calls changed with every balance that is new.
func (s screen) show(f *frame, changed func(balance)) {
	for _, b := range f.balances {
		if known, ok := s[b.id]; ok && b.changed < known.changed {
			continue
		}
		s[b.id] = b
		changed(b)
	}
}

// delays plays through again what a page was told, and gives how long after its
// confirmation each press was on it: the payer's balance, and the payee's. It gives
// how many never were.
func delays(seen []sight, presses []press, each func(time.Duration)) (end screen, never int) {
	end = screen{}
	of := map[int64][]int{} // presses that move somebody's balance, by number
	left := make([]int, len(presses))
	for i, p := range presses {
		of[p.payer], of[p.payee] = append(of[p.payer], i), append(of[p.payee], i)
		left[i] = 2
	}
	shown := 0
	for _, s := range seen {
		end.show(s.frame, func(b balance) {
			waiting := of[b.id]
			for len(waiting) > 0 && presses[waiting[0]].number <= b.changed {
				i := waiting[0]
				waiting = waiting[1:]
				if left[i]--; left[i] == 0 {
					shown++
					each(max(s.at.Sub(presses[i].confirmed), 0)) // the page may know it first
				}
			}
			of[b.id] = waiting
		})
	}
	return end, len(presses) - shown
}

// given are the presses that were confirmed, in the order of the ledger.
func given(all []press) []press {
	var some []press
	for _, p := range all {
		if p.number > 0 {
			some = append(some, p)
		}
	}
	slices.SortFunc(some, func(a, b press) int { return int(a.number - b.number) })
	return some
}

// histogram counts durations to a tenth of a millisecond.
type histogram struct {
	counts []int
	n      int
	most   time.Duration
}

const tick = 100 * time.Microsecond

func (h *histogram) add(d time.Duration) {
	i := int(d / tick)
	if i >= len(h.counts) {
		h.counts = append(h.counts, make([]int, i+1-len(h.counts))...)
	}
	h.counts[i]++
	h.n++
	h.most = max(h.most, d)
}

// quantile is the least duration that a share of all do not exceed.
func (h *histogram) quantile(share float64) time.Duration {
	rest := int(math.Ceil(share * float64(h.n)))
	for i, c := range h.counts {
		if rest -= c; rest <= 0 {
			return min(time.Duration(i+1)*tick, h.most)
		}
	}
	return h.most
}

// cents reads dollars with two decimals, or fewer, or with more that are 0.
func cents(dollars string) (int64, error) {
	whole, part, _ := strings.Cut(dollars, ".")
	part = strings.TrimRight(part, "0")
	for len(part) < 2 {
		part += "0"
	}
	c, err := strconv.ParseInt(whole+part, 10, 64)
	if err != nil || len(part) > 2 || whole == "" {
		return 0, fmt.Errorf("%q are no dollars", dollars)
	}
	return c, nil
}
