package game

import "fmt"

// groups are the players of a run, divided into groups that play together. Players left
// over, too few for a group, have no turn.
type groups struct {
	order     []int32 // places; a group is size of them in a row
	size      int
	strangers bool
}

// newGroups draws the groups of the first round. A size of 0 makes all one group.
func newGroups(r *Run, size int64) (*groups, error) {
	n := len(r.balances)
	switch {
	case size == 1:
		return nil, fmt.Errorf("group_size: a group has two players or more")
	case size > int64(n):
		return nil, fmt.Errorf("group_size: groups of %d need as many players, and there are %d", size, n)
	case size == 0:
		size = int64(n)
	}
	g := &groups{order: places(n), size: int(size), strangers: r.Treatment.Text("matching") == "stranger"}
	shuffle(r, g.order)
	return g, nil
}

// draw makes the groups of a round. Partners stay together, and so the same are left over.
func (g *groups) draw(r *Run) {
	if g.strangers && r.round > 1 {
		shuffle(r, g.order)
	}
}

func (g *groups) count() int { return len(g.order) / g.size }

// number is a group's in the record.
func (g *groups) number(k int) int {
	if g.size == len(g.order) {
		return None
	}
	return k
}

func (g *groups) members(k int) []int32 { return g.order[k*g.size : (k+1)*g.size] }

// checkGrouped refuses what only the donation game has, and players who owe.
func checkGrouped(r *Run) error {
	t := r.Treatment
	for _, name := range onlyDonation {
		if text, only := t.Text(name), t.Game.Parameter(name).Default; text != only {
			return fmt.Errorf("%s: %s is played with %s, and not with %s", name, t.Game.Name, only, text)
		}
	}
	if r.Network != nil {
		return fmt.Errorf("network: %s is played in groups and not on a network", t.Game.Name)
	}
	for _, b := range r.start {
		if b < 0 {
			return fmt.Errorf("a player owes %s dollars, and %s is played without debt", dollarText(-b), t.Game.Name)
		}
	}
	return nil
}

// places are 0, 1, … n-1.
func places(n int) []int32 {
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

// shuffle puts places into an order drawn anew (Fisher & Yates 1938).
func shuffle(r *Run, all []int32) {
	for i := len(all) - 1; i > 0; i-- {
		k := r.rng.below(i + 1)
		all[i], all[k] = all[k], all[i]
	}
}
