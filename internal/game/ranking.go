package game

// ranking keeps players in the order of their balances, equals in that of their
// places, with the sums of the balances: a treap (Seidel & Aragon 1996) with a node for
// each player. A change and a question cost O(log n).
type ranking struct {
	root  int32
	nodes []ranked // of player i at i+1; 0 is none
}

type ranked struct {
	balance, sum int64 // its own, and that of all below it with its own
	left, right  int32
	size         int32 // how many are below it, with itself
	priority     uint32
}

func newRanking(n int) *ranking { return &ranking{nodes: make([]ranked, 1, n+1)} }

// fill takes all balances.
func (t *ranking) fill(balances []int64) {
	t.root, t.nodes = 0, t.nodes[:1]
	for _, b := range balances {
		t.add(b)
	}
}

// add takes another player: its place is how many there were.
func (t *ranking) add(balance int64) {
	i := int32(len(t.nodes))
	t.nodes = append(t.nodes, ranked{balance: balance, sum: balance, size: 1, priority: uint32(mix(uint64(i)))})
	t.root = t.insert(t.root, i)
}

// set takes the new balance of a player.
func (t *ranking) set(player int, balance int64) {
	i := int32(player) + 1
	if t.nodes[i].balance == balance {
		return
	}
	t.root = t.remove(t.root, i)
	v := &t.nodes[i]
	v.balance, v.sum, v.left, v.right, v.size = balance, balance, 0, 0, 1
	t.root = t.insert(t.root, i)
}

// balance is what a player has.
func (t *ranking) balance(player int) int64 { return t.nodes[player+1].balance }

// len is how many players there are.
func (t *ranking) len() int { return len(t.nodes) - 1 }

func (t *ranking) less(i, k int32) bool {
	a, b := t.nodes[i].balance, t.nodes[k].balance
	return a < b || a == b && i < k
}

// pull counts again what is below a node.
func (t *ranking) pull(v int32) int32 {
	n := &t.nodes[v]
	left, right := &t.nodes[n.left], &t.nodes[n.right]
	n.size = left.size + right.size + 1
	n.sum = left.sum + right.sum + n.balance
	return v
}

func (t *ranking) insert(v, i int32) int32 {
	n := &t.nodes[v]
	switch {
	case v == 0:
		return i
	case t.nodes[i].priority > n.priority:
		t.nodes[i].left, t.nodes[i].right = t.split(v, i)
		return t.pull(i)
	case t.less(i, v):
		n.left = t.insert(n.left, i)
	default:
		n.right = t.insert(n.right, i)
	}
	return t.pull(v)
}

func (t *ranking) remove(v, i int32) int32 {
	n := &t.nodes[v]
	switch {
	case v == i:
		return t.merge(n.left, n.right)
	case t.less(i, v):
		n.left = t.remove(n.left, i)
	default:
		n.right = t.remove(n.right, i)
	}
	return t.pull(v)
}

// split parts those below a node into the ones before i and the ones after it.
func (t *ranking) split(v, i int32) (before, after int32) {
	if v == 0 {
		return 0, 0
	}
	n := &t.nodes[v]
	if t.less(v, i) {
		n.right, after = t.split(n.right, i)
		return t.pull(v), after
	}
	before, n.left = t.split(n.left, i)
	return before, t.pull(v)
}

// merge joins two trees, all of the first before all of the second.
func (t *ranking) merge(a, b int32) int32 {
	switch {
	case a == 0:
		return b
	case b == 0:
		return a
	case t.nodes[a].priority > t.nodes[b].priority:
		t.nodes[a].right = t.merge(t.nodes[a].right, b)
		return t.pull(a)
	}
	t.nodes[b].left = t.merge(a, t.nodes[b].left)
	return t.pull(b)
}

// below is how many have less, and how much they have together.
func (t *ranking) below(balance int64) (count int, sum int64) {
	for v := t.root; v != 0; {
		n := &t.nodes[v]
		if n.balance >= balance {
			v = n.left
			continue
		}
		left := &t.nodes[n.left]
		count += int(left.size) + 1
		sum += left.sum + n.balance
		v = n.right
	}
	return count, sum
}

// at is who has so many before it.
func (t *ranking) at(k int) (player int) {
	v := t.root
	for {
		n := &t.nodes[v]
		before := int(t.nodes[n.left].size)
		switch {
		case k == before:
			return int(v) - 1
		case k < before:
			v = n.left
		default:
			k -= before + 1
			v = n.right
		}
	}
}

// before is how many are before a player.
func (t *ranking) before(player int) (count int) {
	i := int32(player) + 1
	for v := t.root; v != 0; {
		n := &t.nodes[v]
		if v != i && !t.less(v, i) {
			v = n.left
			continue
		}
		count += int(t.nodes[n.left].size)
		if v == i {
			return count
		}
		count++
		v = n.right
	}
	return count
}

// other is who has so many others of a player before it, or one who has as much as
// that one, each alike.
func (t *ranking) other(rng *generator, player, k int) int {
	own := t.before(player)
	balance := t.balance(t.at(int(skip(uint64(k), uint64(own)))))
	from, _ := t.below(balance)
	to, _ := t.below(balance + 1)
	if t.balance(player) != balance {
		return t.at(from + rng.below(to-from))
	}
	return t.at(int(skip(uint64(from+rng.below(to-from-1)), uint64(own))))
}
