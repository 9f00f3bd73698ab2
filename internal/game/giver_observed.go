package game

import "slices"

// replayed plays the participants of a database forward.
type replayed struct {
	gives  []float64 // the probability at a turn, by place
	last   []int32   // who gave to a player last, or None
	back   float64
	tenths [10]float64 // the probabilities of tenths, summed up
	list   []int32     // whom a player reaches, in the order of their balances
}

func newReplayed(r *Run) *replayed {
	o, ids := r.observed, r.IDs
	if ids == nil {
		ids = MadeUpIDs(len(r.start))
	}
	g := &replayed{gives: o.probabilities(ids), last: slices.Repeat([]int32{None}, len(ids)), back: o.Back}
	sum := 0.0
	for k, p := range o.Tenths {
		sum += p
		g.tenths[k] = sum
	}
	return g
}

func (g *replayed) choose(r *Run, d *donating, t turn) int {
	if r.rng.fraction() >= g.gives[t.player] {
		return None
	}
	n := d.reach.size(t.player)
	if n == 0 {
		return None
	}
	if last := g.last[t.player]; last != None && r.rng.fraction() < g.back && d.reach.can(t.player, int(last)) {
		return int(last)
	}
	x, tenth := r.rng.fraction()*g.tenths[9], 0
	for tenth < 9 && x >= g.tenths[tenth] {
		tenth++
	}
	k := min(n-1, int((float64(tenth)+r.rng.fraction())/10*float64(n)))
	if d.reach.everybody() {
		return d.standings.ranking.other(&r.rng, t.player, k)
	}
	return g.near(r, d, t.player, k)
}

// near is the k-th poorest of those whom a player reaches, or one who has as much.
func (g *replayed) near(r *Run, d *donating, player, k int) int {
	g.list = g.list[:0]
	for _, i := range d.reach.list(player) {
		if int(i) != player {
			g.list = append(g.list, i)
		}
	}
	slices.SortFunc(g.list, func(a, b int32) int { return int(max(-1, min(1, r.balances[a]-r.balances[b]))) })
	from, to := k, k+1
	for from > 0 && r.balances[g.list[from-1]] == r.balances[g.list[k]] {
		from--
	}
	for to < len(g.list) && r.balances[g.list[to]] == r.balances[g.list[k]] {
		to++
	}
	return int(g.list[from+r.rng.below(to-from)])
}

func (g *replayed) begin() {}

func (g *replayed) turned(from, to int) {
	if to != None {
		g.last[to] = int32(from)
	}
}
