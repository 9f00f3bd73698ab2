package game

import (
	"math"
	"slices"
)

// simultaneous is what games share in which all of a group decide at once.
type simultaneous struct {
	groups *groups
	levels *levels
	unit   unit
	crowd  crowd
	picks  []int64 // of the group that is playing, in the order of its members
}

func newSimultaneous(r *Run) (*simultaneous, error) {
	l, err := newLevels(r)
	if err != nil {
		return nil, err
	}
	g, err := newGroups(r, r.Treatment.Count("group_size"))
	if err != nil {
		return nil, err
	}
	u, err := readUnit(r.Treatment)
	if err != nil {
		return nil, err
	}
	s := &simultaneous{groups: g, levels: l, unit: u, picks: make([]int64, g.size)}
	if l.averse {
		s.crowd.did = make([]float64, len(r.balances))
		s.crowd.sorted, s.crowd.sums = make([]float64, g.size), make([]float64, g.size+1)
	}
	return s, nil
}

// decide lets each member of a group pick a whole number from 0, the selfish extreme, to
// most, the generous one. It leaves them in picks and returns their sum.
func (s *simultaneous) decide(r *Run, members []int32, most int64, v view) (sum int64) {
	others := float64(len(members) - 1)
	if s.levels.averse {
		s.crowd.meet(members, r.round > 1 && !s.groups.strangers)
	}
	for k, i := range members {
		v.got = s.levels.got[i]
		if s.levels.averse {
			s.crowd.look(int(i), v.got)
		}
		s.picks[k] = whole(s.levels.choose(r, int(i), v), most)
		sum += s.picks[k]
	}
	for k, i := range members {
		s.levels.got[i] = float64(sum-s.picks[k]) / float64(most) / others
		if s.levels.averse {
			s.crowd.did[i] = float64(s.picks[k]) / float64(most)
		}
	}
	return sum
}

// crowd is what an inequality-averse player expects of its group's others. Of partners
// it knows what each did; of strangers it expects the mean that it saw last.
type crowd struct {
	did    []float64 // each player's last level, by place
	sorted []float64 // those of the present group
	sums   []float64 // of the sorted: sums[k] is the sum of the first k
	known  bool
	others float64 // how many
	own    float64 // what the player who looks did itself, where known
	mean   float64 // that of its others
}

// meet sets the group that is looked at.
func (c *crowd) meet(members []int32, known bool) {
	c.known, c.others = known, float64(len(members)-1)
	if !known {
		return
	}
	for k, i := range members {
		c.sorted[k] = c.did[i]
	}
	slices.Sort(c.sorted)
	for k, l := range c.sorted {
		c.sums[k+1] = c.sums[k] + l
	}
}

// look sets who looks.
func (c *crowd) look(player int, got float64) {
	c.own, c.mean = c.did[player], orElse(got, expected)
}

// differences are how far others are above a level and below it, as means over them all.
func (c *crowd) differences(level float64) (above, below float64) {
	if !c.known {
		return max(0, c.mean-level), max(0, level-c.mean)
	}
	n := len(c.sorted)
	k, _ := slices.BinarySearch(c.sorted, level)
	below = level*float64(k) - c.sums[k] - max(0, level-c.own)
	above = c.sums[n] - c.sums[k] - level*float64(n-k) - max(0, c.own-level)
	return math.Max(0, above/c.others), math.Max(0, below/c.others)
}

// total is the sum of the others' levels.
func (c *crowd) total() float64 {
	if !c.known {
		return c.mean * c.others
	}
	return c.sums[len(c.sorted)] - c.own
}
