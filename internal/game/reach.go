package game

import "slices"

// reach says to whom players can give: all others, their neighbours on a network, or
// the others of their group.
type reach struct {
	players int
	network *Network
	groups  *groups
	place   []int32 // of each player in the order of groups
}

// everybody reports whether all players reach all others.
func (c *reach) everybody() bool { return c.network == nil && c.groups == nil }

// group divides the players into groups.
func (c *reach) group(r *Run, size int64) (err error) {
	if c.groups, err = newGroups(r, size); err == nil {
		c.place = make([]int32, c.players)
		c.locate()
	}
	return err
}

func (c *reach) locate() {
	for at, i := range c.groups.order {
		c.place[i] = int32(at)
	}
}

// draw makes the groups of a round.
func (c *reach) draw(r *Run) {
	if c.groups == nil {
		return
	}
	if c.groups.draw(r); c.groups.strangers {
		c.locate()
	}
}

// groupOf is a player's group, None where it has none.
func (c *reach) groupOf(player int) int {
	k := int(c.place[player]) / c.groups.size
	if k == c.groups.count() {
		return None
	}
	return k
}

// list are those whom a player reaches, perhaps with itself, where that is not
// everybody.
func (c *reach) list(player int) []int32 {
	if c.network != nil {
		return c.network.Neighbours(player)
	}
	k := c.groupOf(player)
	if k == None {
		return nil
	}
	return c.groups.members(k)
}

// any is one of those whom a player reaches, each alike, None where there is nobody.
// other is one of all others, drawn already.
func (c *reach) any(r *Run, player, other int) int {
	if c.everybody() {
		return other
	}
	list := c.list(player)
	switch {
	case len(list) == 0:
		return None
	case c.network != nil:
		return int(list[r.rng.below(len(list))])
	}
	own := uint64(c.place[player]) % uint64(c.groups.size)
	return int(list[skip(uint64(r.rng.below(len(list)-1)), own)])
}

// size is how many a player reaches.
func (c *reach) size(player int) int {
	switch {
	case c.everybody():
		return c.players - 1
	case c.network != nil:
		return len(c.network.Neighbours(player))
	}
	return max(0, len(c.list(player))-1)
}

// can reports whether a player reaches another.
func (c *reach) can(from, to int) bool {
	switch {
	case c.everybody():
		return true
	case c.network != nil:
		_, ok := slices.BinarySearch(c.network.Neighbours(from), int32(to))
		return ok
	}
	k := c.groupOf(from)
	return k != None && k == c.groupOf(to)
}

// record says who is in which group.
func (c *reach) record(r *Run) {
	if c.groups == nil {
		return
	}
	for i := range r.decisions {
		r.decisions[i].Group = int32(c.groupOf(i))
	}
}
