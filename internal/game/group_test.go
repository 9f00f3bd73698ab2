package game_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/game"
)

// variants are every game but donation with every strategy, by its defaults and by rarer
// rules.
func variants(t *testing.T) (all []game.Treatment) {
	rarer := map[string][]string{
		"public-goods": {"punishment=yes", "punishment=yes punishment_effect=200", "multiplier=4 group_size=5", "multiplier=0.3"},
		"trust":        {"roles=fixed trustee_endowment=100", "multiplier=0.5", "multiplier=2.37 unit=1"},
		"ultimatum":    {"offer_step=7.5", "roles=random endowment=33.33 offer_step=0.01"},
		"dictator":     {"roles=random", "endowment=0.07"},
		"prisoner":     {"sucker=1 punishment=2.50 reward=3 temptation=5"},
		"common-pool":  {"tokens=25", "tokens=40 group_size=3 depletion=1.11", "depletion=0"},
	}
	for _, g := range game.Games()[1:] {
		mixture := "random:0.2,tit-for-tat:0.2,selfish:0.2,inequality-averse:0.2,noisy:0.2"
		for _, s := range append(g.Strategies(), game.Strategy{Name: mixture}) {
			for _, rule := range append(rarer[g.Name], "") {
				for _, matching := range []string{"partner", "stranger"} {
					all = append(all, treated(t, g.Name, rule+" rounds=6 matching="+matching+" strategy="+s.Name))
				}
			}
		}
	}
	return all
}

// TestEveryGameKeepsItsBooks follows each transfer of each game: balances are what the
// transfers say, never negative, in whole units; all players together have what the
// bank gave them less what it took.
func TestEveryGameKeepsItsBooks(t *testing.T) {
	for _, tr := range variants(t) {
		name := tr.Game.Name + " " + tr.String()
		start := make([]int64, 23)
		for i := range start {
			start[i] = int64(i%4) * 1234
		}
		r, err := newRun(tr, start, 7)
		require.NoError(t, err, name)
		silent, err := newRun(tr, start, 7)
		require.NoError(t, err, name)
		r.Record()
		has := slices.Clone(start)
		for r.Next() {
			require.True(t, silent.Next())
			require.Equal(t, silent.Balances(), r.Balances(), "%s: recording changes nothing", name)
			bank, rows, before := int64(0), make([]int, len(has)), sum(has)
			for _, x := range r.Transfers() {
				require.Positive(t, x.Cents, name)
				require.Zero(t, x.Cents%tr.Cents("unit"), name)
				require.Equal(t, x.From != game.Bank && x.To != game.Bank, x.Kind == game.Donation, name)
				require.Equal(t, x.To == game.Bank, x.Kind == game.Tax, name)
				for place, cents := range map[int32]int64{x.From: -x.Cents, x.To: x.Cents} {
					if place == game.Bank {
						bank += cents
						continue
					}
					has[place] += cents
					rows[place]++
					require.GreaterOrEqual(t, has[place], int64(0), "%s: round %d", name, r.Round())
				}
			}
			require.Equal(t, has, r.Balances(), name)
			require.Equal(t, -bank, sum(has)-before, name)
			require.LessOrEqual(t, slices.Max(rows), 4, "%s: few rows", name)
			checkDecisions(t, r, name)
		}
		require.NoError(t, r.Err(), name)
		assert.Equal(t, 6, r.Round(), name)
	}
}

func sum(all []int64) (total int64) {
	for _, x := range all {
		total += x
	}
	return total
}

// checkDecisions judges that those who decide are in groups of one size, and pairs each
// other's.
func checkDecisions(t *testing.T, r *game.Run, name string) {
	t.Helper()
	sizes := map[int32]int64{}
	for i, d := range r.Decisions() {
		if d.Group == game.None {
			require.Equal(t, game.NoTurn, d.Choice, name)
			require.Equal(t, d.Before, d.After, "%s: who has no turn keeps what it has", name)
			continue
		}
		sizes[d.Group]++
		require.GreaterOrEqual(t, d.Cost, int64(0), name)
		if d.Recipient != game.None {
			require.NotEqual(t, int32(i), d.Recipient, name)
			require.Equal(t, d.Group, r.Decisions()[d.Recipient].Group, name)
		}
	}
	size := r.Treatment.Count("group_size")
	require.Len(t, sizes, len(r.Balances())/int(size), name)
	for _, n := range sizes {
		require.Equal(t, size, n, name)
	}
}

func TestTheSameSeedIsTheSameGame(t *testing.T) {
	for _, g := range game.Games()[1:] {
		play := func(seed uint64) []int64 {
			r, err := newRun(treated(t, g.Name, "matching=stranger rounds=5"), make([]int64, 40), seed)
			require.NoError(t, err)
			for r.Next() {
			}
			return r.Balances()
		}
		assert.Equal(t, play(1), play(1), g.Name)
		assert.NotEqual(t, play(1), play(2), g.Name)
	}
}

// TestStrangersMeetAnybody is a chi-square test with 4 degrees of freedom, whose 99.99 %
// quantile is 23.5; partners stay together.
func TestStrangersMeetAnybody(t *testing.T) {
	met := func(name, set string) map[int32]float64 {
		r := began(t, name, 6, "rounds=2000 strategy=generous "+set)
		counts := map[int32]float64{}
		for r.Next() {
			group := r.Decisions()[0].Group
			for i, d := range r.Decisions() {
				if i > 0 && d.Group == group {
					counts[int32(i)]++
				}
			}
		}
		return counts
	}
	for _, set := range []string{"roles=random", "roles=alternate"} {
		assert.Len(t, met("dictator", set), 1)
	}
	for name, set := range map[string]string{"dictator": "roles=random", "prisoner": "", "public-goods": "group_size=3"} {
		counts := met(name, "matching=stranger "+set)
		require.Len(t, counts, 5)
		mean := map[bool]float64{true: 800, false: 400}[name == "public-goods"]
		chi := 0.0
		for _, c := range counts {
			chi += (c - mean) * (c - mean) / mean
		}
		assert.Less(t, chi, 23.5, name)
	}
}

func TestRoles(t *testing.T) {
	for _, matching := range []string{"partner", "stranger"} {
		turns := func(roles string, n int) []int {
			r := began(t, "dictator", n, fmt.Sprintf("rounds=100 strategy=generous roles=%s matching=%s", roles, matching))
			counts := make([]int, n)
			for r.Next() {
				for i, d := range r.Decisions() {
					if d.Choice == game.Give {
						counts[i]++
					}
				}
			}
			slices.Sort(counts)
			return counts
		}
		assert.Equal(t, []int{50, 50, 50, 50}, turns("alternate", 4), matching)
		assert.Equal(t, []int{0, 0, 100, 100}, turns("fixed", 4), matching)
		drawn := turns("random", 4)
		assert.Greater(t, drawn[0], 30, matching)
		assert.NotEqual(t, 50, drawn[0])
		// One of five has no turn: of partners always the same.
		odd := turns("alternate", 5)
		assert.Equal(t, 200, odd[0]+odd[1]+odd[2]+odd[3]+odd[4])
		assert.Equal(t, matching == "partner", odd[0] == 0, matching)
	}
}

func TestImpossibleGroups(t *testing.T) {
	for _, c := range []struct{ name, set, says string }{
		{"trust", "network=ring", "network: trust is played with complete, and not with ring"},
		{"dictator", "visible=own", "visible: dictator is played with all"},
		{"prisoner", "donors=no", "donors: prisoner is played with yes"},
		{"trust", "group_size=3", "group_size: trust is played in pairs, and not in groups of 3"},
		{"public-goods", "group_size=11", "groups of 11 need as many players, and there are 10"},
		{"public-goods", "group_size=1", "two players or more"},
		{"public-goods", "strategy=rich-first", "strategy: rich-first cannot play public-goods, only donation"},
		{"dictator", "strategy=selfish:0.5,observed:0.5", "strategy: observed cannot play dictator, only donation"},
		{"dictator", "strategy=noisy base=rich-first", "strategy: rich-first cannot play dictator, only donation"},
		{"dictator", "unit=0", "unit: the smallest amount"},
		{"dictator", "endowment=0.50 unit=1", "endowment: 0.50 is less than 1"},
		{"public-goods", "endowment=0", "endowment: 0 is less than 0.01"},
		{"public-goods", "multiplier=1e12", "multiplier: 1e+12 is too large"},
		{"trust", "multiplier=0.12345678901", "too many decimals"},
		{"trust", "endowment=1000000000 multiplier=1000", "multiplier: 1000 times 1000000000 dollars"},
		{"ultimatum", "offer_step=101", "offer_step: 101 dollars are more"},
		{"prisoner", "temptation=200", "temptation > reward > punishment > sucker, and not 200, 200, 100, 0"},
		{"common-pool", "tokens=0", "tokens: who has none"},
		{"common-pool", "tokens=10000000", "amounts are too large"},
		{"public-goods", "punishment=yes punishment_points=1001", "punishment_points"},
	} {
		_, err := newRun(treated(t, c.name, c.set), make([]int64, 10), 1)
		assert.ErrorContains(t, err, c.says, "%s %s", c.name, c.set)
	}
	_, err := newRun(treated(t, "public-goods", "punishment=yes group_size=0"), make([]int64, 101), 1)
	assert.ErrorContains(t, err, "a group with punishment has 100 players or fewer")
	_, err = newRun(treated(t, "trust", ""), []int64{100, -100}, 1)
	assert.ErrorContains(t, err, "a player owes 1 dollars, and trust is played without debt")
}

// TestTooRich ends a game in which a balance would be too large, whatever the sums.
func TestTooRich(t *testing.T) {
	r := began(t, "public-goods", 1000, "endowment=100000000000 multiplier=1000000000 group_size=0 strategy=generous")
	assert.False(t, r.Next())
	var rich *game.TooRichError
	assert.ErrorAs(t, r.Err(), &rich)
}

// TestRoundsAllocateNoMoreForMorePlayers: what a round allocates does not grow with who
// plays.
func TestRoundsAllocateNoMoreForMorePlayers(t *testing.T) {
	for _, tr := range variants(t) {
		require.NoError(t, tr.Set("rounds", "1000"))
		allocated := func(n int) float64 {
			r, err := newRun(tr, make([]int64, n), 1)
			require.NoError(t, err)
			return testing.AllocsPerRun(5, func() { r.Next() })
		}
		assert.Equal(t, allocated(23), allocated(460), "%s %s", tr.Game.Name, tr)
	}
}
