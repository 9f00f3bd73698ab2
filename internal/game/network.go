package game

import (
	"fmt"
	"math"
	"slices"
)

// Network says who can reach whom: always each other. It is kept as compressed sparse
// rows, the neighbours of a player in the order of their places.
type Network struct {
	offsets []int32 // of each player's neighbours, and the end
	others  []int32
}

// Len is how many players there are.
func (w *Network) Len() int { return len(w.offsets) - 1 }

// Edges is how many pairs reach each other.
func (w *Network) Edges() int { return len(w.others) / 2 }

// Neighbours are those whom a player reaches, in order. They are the network's own.
func (w *Network) Neighbours(player int) []int32 {
	return w.others[w.offsets[player]:w.offsets[player+1]]
}

// Complete is the network in which everybody reaches everybody. It is kept as none.
const Complete = "complete"

// Networks are the names of those that need no file.
func Networks() []string { return []string{Complete, "ring", "grid", "small-world"} }

// networkParameters are those of the networks that are made.
func networkParameters() []Parameter {
	return []Parameter{
		{Name: "network_degree", Kind: Count, Default: "4", Meaning: "of a small-world network: how many neighbours each has before the rewiring, half of them on each side"},
		{Name: "network_rewiring", Kind: Fraction, Default: "0.1", Meaning: "of a small-world network: the probability that an edge leads elsewhere", Source: "Watts & Strogatz 1998"},
	}
}

// checkNamed refuses a network without a name.
func checkNamed(text string) error {
	if text == "" {
		return fmt.Errorf("it has no name")
	}
	return nil
}

// NetworkFile is the file that a treatment names as its network, "" where the network
// is one that is made.
func (t Treatment) NetworkFile() string {
	if name := t.Text("network"); !slices.Contains(Networks(), name) {
		return name
	}
	return ""
}

// NewNetwork makes the network that a treatment names for n players: nil for the
// complete one. NewRun does so by itself. A ring joins each to the next; a grid is as
// near to a square as can be, with borders, and its last row may be short; a
// small-world network is that of Watts & Strogatz 1998, "Collective dynamics of
// 'small-world' networks".
func (t Treatment) NewNetwork(n int, seed uint64) (*Network, error) {
	switch name := t.Text("network"); name {
	case Complete:
		return nil, nil
	case "ring":
		return newNetwork(n, ring(n, 1))
	case "grid":
		return newNetwork(n, square(n))
	case "small-world":
		degree := t.Count("network_degree")
		if degree < 2 || degree%2 != 0 || degree >= int64(n) {
			return nil, fmt.Errorf("network_degree: it is even, from 2 to less than the %d players, and not %d", n, degree)
		}
		if int64(n)*degree > math.MaxInt32 {
			return nil, fmt.Errorf("network_degree: %d players with %d neighbours each have too many", n, degree)
		}
		var rng generator
		rng.Seed(seed, networkStream)
		return newNetwork(n, rewired(&rng, n, int(degree/2), t.Number("network_rewiring")))
	default:
		return nil, fmt.Errorf("network: %s is a file, and has not been read", name)
	}
}

// edge joins two places.
type edge [2]int32

// ring joins each of n to the next k.
func ring(n, k int) []edge {
	edges := make([]edge, 0, n*k)
	for lap := 1; lap <= k; lap++ {
		for i := range n {
			edges = append(edges, edge{int32(i), int32((i + lap) % n)})
		}
	}
	return edges
}

func square(n int) []edge {
	columns := int(math.Ceil(math.Sqrt(float64(n))))
	edges := make([]edge, 0, 2*n)
	for i := range n {
		if (i+1)%columns != 0 && i+1 < n {
			edges = append(edges, edge{int32(i), int32(i + 1)})
		}
		if i+columns < n {
			edges = append(edges, edge{int32(i), int32(i + columns)})
		}
	}
	return edges
}

// rewired is a ring, lap by lap, of which each edge keeps its beginning and with the
// probability p gets another end, each alike that makes no loop and no second edge.
func rewired(rng *generator, n, k int, p float64) []edge {
	edges := ring(n, k)
	near := make([][]int32, n)
	for _, e := range edges {
		near[e[0]], near[e[1]] = append(near[e[0]], e[1]), append(near[e[1]], e[0])
	}
	for i, e := range edges {
		from, to := e[0], e[1]
		if rng.fraction() >= p || len(near[from]) == n-1 {
			continue
		}
		other := from
		for other == from || slices.Contains(near[from], other) {
			other = int32(rng.below(n))
		}
		edges[i][1] = other
		near[from][slices.Index(near[from], to)] = other
		near[to] = slices.Delete(near[to], slices.Index(near[to], from), slices.Index(near[to], from)+1)
		near[other] = append(near[other], from)
	}
	return edges
}

// newNetwork keeps each edge in both directions, once.
func newNetwork(n int, edges []edge) (*Network, error) {
	if len(edges) > math.MaxInt32/2 {
		return nil, fmt.Errorf("network: %d edges are too many", len(edges))
	}
	w := &Network{offsets: make([]int32, n+1), others: make([]int32, 2*len(edges))}
	for _, e := range edges {
		w.offsets[e[0]+1]++
		w.offsets[e[1]+1]++
	}
	for i := range n {
		w.offsets[i+1] += w.offsets[i]
	}
	next := slices.Clone(w.offsets)
	for _, e := range edges {
		w.others[next[e[0]]], w.others[next[e[1]]] = e[1], e[0]
		next[e[0]]++
		next[e[1]]++
	}
	at := int32(0)
	for i := range n { // in order, and nobody twice
		all := w.Neighbours(i)
		slices.Sort(all)
		all = slices.Compact(all)
		w.offsets[i] = at
		at += int32(copy(w.others[at:], all))
	}
	w.offsets[n] = at
	w.others = slices.Clip(w.others[:at])
	return w, nil
}
