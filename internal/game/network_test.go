package game_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/game"
)

func network(t *testing.T, n int, seed uint64, settings ...string) *game.Network {
	t.Helper()
	w, err := treatment(t, settings...).NewNetwork(n, seed)
	require.NoError(t, err)
	return w
}

func TestMadeNetworks(t *testing.T) {
	assert.Nil(t, network(t, 5, 1))
	ring := network(t, 5, 1, "network", "ring")
	assert.Equal(t, []int32{1, 4}, ring.Neighbours(0))
	assert.Equal(t, []int32{2, 4}, ring.Neighbours(3))
	assert.Equal(t, 5, ring.Edges())
	assert.Equal(t, []int32{1}, network(t, 2, 1, "network", "ring").Neighbours(0))

	// 0 1 2
	// 3 4 5
	// 6 7
	grid := network(t, 8, 1, "network", "grid")
	for player, want := range map[int][]int32{0: {1, 3}, 2: {1, 5}, 4: {1, 3, 5, 7}, 5: {2, 4}, 7: {4, 6}} {
		assert.Equal(t, want, grid.Neighbours(player), player)
	}
}

// clustering is the mean part of the pairs of a player's neighbours who are each
// other's (Watts & Strogatz 1998).
func clustering(w *game.Network) float64 {
	sum := 0.0
	for i := range w.Len() {
		near, pairs := w.Neighbours(i), 0
		for k, a := range near {
			for _, b := range near[k+1:] {
				if slices.Contains(w.Neighbours(int(a)), b) {
					pairs++
				}
			}
		}
		if len(near) > 1 {
			sum += 2 * float64(pairs) / float64(len(near)*(len(near)-1)) / float64(w.Len())
		}
	}
	return sum
}

// TestSmallWorld: a ring lattice of degree 4 has the clustering 1/2; rewiring with p
// leaves about (1−p)³ of it (Barrat & Weigt 2000) and keeps the number of edges.
func TestSmallWorld(t *testing.T) {
	lattice := network(t, 1000, 1, "network", "small-world", "network_rewiring", "0")
	assert.Equal(t, []int32{1, 2, 998, 999}, lattice.Neighbours(0))
	assert.InDelta(t, 0.5, clustering(lattice), 1e-9)
	small := network(t, 1000, 1, "network", "small-world")
	assert.InDelta(t, 0.5*0.9*0.9*0.9, clustering(small), 0.03)
	random := network(t, 1000, 1, "network", "small-world", "network_rewiring", "1")
	assert.Less(t, clustering(random), 0.02)
	for _, w := range []*game.Network{lattice, small, random, network(t, 5, 1, "network", "small-world", "network_rewiring", "1")} {
		assert.Equal(t, 2*w.Len(), w.Edges())
		checkNetwork(t, w)
	}
	assert.Equal(t, small, network(t, 1000, 1, "network", "small-world"))
	assert.NotEqual(t, small, network(t, 1000, 2, "network", "small-world"))
}

// checkNetwork asserts that neighbours are each other's, in order, and nobody its own.
func checkNetwork(t *testing.T, w *game.Network) {
	t.Helper()
	for i := range w.Len() {
		near := w.Neighbours(i)
		assert.True(t, slices.IsSorted(near))
		for k, a := range near {
			assert.NotEqual(t, int32(i), a)
			assert.True(t, k == 0 || near[k-1] != a)
			_, back := slices.BinarySearch(w.Neighbours(int(a)), int32(i))
			assert.True(t, back)
		}
	}
}

func TestNetworkOfAFile(t *testing.T) {
	ids := []int64{5, 7, 9, 11}
	w, err := game.ReadNetwork(strings.NewReader("\ufefffrom,to\r\n# friends\r\n5,7\r\n\r\n\"9\" ; 5 # and more\n7\t5\n"), ids)
	require.NoError(t, err)
	assert.Equal(t, []int32{1, 2}, w.Neighbours(0))
	assert.Equal(t, []int32{0}, w.Neighbours(1))
	assert.Empty(t, w.Neighbours(3))
	checkNetwork(t, w)

	// Who reaches nobody passes, whatever it would.
	for _, s := range game.Strategies() {
		tr := treatment(t, "network", "friends.csv", "strategy", s.Name)
		assert.Equal(t, "friends.csv", tr.NetworkFile())
		r, err := game.NewRun(tr, game.Setup{Start: equal(4, 1000), IDs: ids, Network: w, Observed: someObserved()})
		require.NoError(t, err)
		for range 50 {
			r.Next()
		}
		assert.EqualValues(t, 1000, r.Balances()[3], s.Name)
	}
	_, err = game.NewRun(treatment(t, "network", "friends.csv"), game.Setup{Start: equal(5, 100), Network: w})
	assert.ErrorContains(t, err, "network: it is of 4 players, and there are 5")

	for _, c := range []struct{ file, says string }{
		{"5 7\n5 8", "line 2: there is no player 8"},
		{"5 7 9", "line 1: a line has two ids, and this has 3 words"},
		{"a b\n5", "line 2: a line has two ids"},
		{"a b\nc d", `line 2: "c" is no id`},
		{"5 x", `line 1: "x" is no id`},
		{"5.5 7", `line 1: "5.5" is no id`},
		{"#\n7 7", "line 2: player 7 is no neighbour of itself"},
		{strings.Repeat("5", 100_000), "line 1: "},
	} {
		_, err := game.ReadNetwork(strings.NewReader(c.file), ids)
		assert.ErrorContains(t, err, c.says)
	}
}

// FuzzReadNetwork: whatever a file says is an error or a network.
func FuzzReadNetwork(f *testing.F) {
	for _, seed := range []string{"1,2\n2,3\n", "from to\n1 2", "# none", "1 1", "2;4\r\n4;2", "\"1\",\"3\"", "9 1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		w, err := game.ReadNetwork(strings.NewReader(file), game.MadeUpIDs(4))
		if err != nil {
			assert.ErrorContains(t, err, "line ")
			return
		}
		require.Equal(t, 4, w.Len())
		checkNetwork(t, w)
	})
}
