package game

import "math"

// standings are what strategies that look at all players must know of their balances.
// Each part is there only if somebody looks at it.
type standings struct {
	poorest, richest *tournament
	ranking          *ranking
}

func (s *standings) needRanking(n int) {
	if s.ranking == nil {
		s.ranking = newRanking(n)
	}
}

// newTournament is nil where players do not reach everybody: they look around then.
func (d *donating) newTournament(sign int64) *tournament {
	if !d.reach.everybody() {
		return nil
	}
	return newTournament(d.reach.players, sign)
}

// fill takes all balances.
func (s *standings) fill(balances []int64) {
	for _, t := range []*tournament{s.poorest, s.richest} {
		if t != nil {
			t.fill(balances)
		}
	}
	if s.ranking != nil {
		s.ranking.fill(balances)
	}
}

// changed takes a balance that is another now.
func (s *standings) changed(balances []int64, i int) {
	if s.poorest != nil {
		s.poorest.set(i, balances[i])
	}
	if s.richest != nil {
		s.richest.set(i, balances[i])
	}
	if s.ranking != nil {
		s.ranking.set(i, balances[i])
	}
}

// tournament knows the poorest players, or the richest: a tree whose leaves are the
// players and whose nodes know the best of their leaves and how many have as much. A
// change and a question cost O(log n).
type tournament struct {
	sign   int64 // 1: the least is the best; -1: the most
	leaves int   // a power of two
	nodes  []contest
}

// contest is a node: the best balance below it, by sign, and how many have it.
type contest struct {
	best int64
	ties int32
}

func newTournament(n int, sign int64) *tournament {
	leaves := 1
	for leaves < n {
		leaves *= 2
	}
	t := &tournament{sign: sign, leaves: leaves, nodes: make([]contest, 2*leaves)}
	for i := n; i < leaves; i++ {
		t.nodes[leaves+i].best = math.MaxInt64
	}
	return t
}

func (a contest) with(b contest) contest {
	switch {
	case a.best < b.best:
		return a
	case b.best < a.best:
		return b
	}
	return contest{a.best, a.ties + b.ties}
}

func (t *tournament) fill(balances []int64) {
	for i, b := range balances {
		t.nodes[t.leaves+i] = contest{t.sign * b, 1}
	}
	for v := t.leaves - 1; v > 0; v-- {
		t.nodes[v] = t.nodes[2*v].with(t.nodes[2*v+1])
	}
}

func (t *tournament) set(i int, balance int64) {
	v := t.leaves + i
	t.nodes[v].best = t.sign * balance
	for v /= 2; v > 0; v /= 2 {
		now := t.nodes[2*v].with(t.nodes[2*v+1])
		if now == t.nodes[v] {
			return
		}
		t.nodes[v] = now
	}
}

// other is the best but one player, each alike of those who are equally good.
func (t *tournament) other(rng *generator, player int) int {
	// The siblings on the way up have all leaves below them but the player's.
	all := contest{best: math.MaxInt64}
	for v := t.leaves + player; v > 1; v /= 2 {
		all = all.with(t.nodes[v^1])
	}
	k := int32(rng.below(int(all.ties)))
	for v := t.leaves + player; ; v /= 2 {
		sibling := v ^ 1
		if t.nodes[sibling].best != all.best {
			continue
		}
		if k < t.nodes[sibling].ties {
			return t.descend(sibling, k)
		}
		k -= t.nodes[sibling].ties
	}
}

// descend is the k-th of the best leaves below a node.
func (t *tournament) descend(v int, k int32) int {
	for v < t.leaves {
		best := t.nodes[v].best
		v *= 2
		if t.nodes[v].best != best {
			v++
		} else if ties := t.nodes[v].ties; k >= ties {
			k -= ties
			v++
		}
	}
	return v - t.leaves
}
