package game_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/game"
)

func beginWith(t testing.TB, start []int64, seed uint64, settings ...string) *game.Run {
	t.Helper()
	r, err := game.NewRun(treatment(t, settings...), game.Setup{Start: start, Seed: seed, Observed: someObserved()})
	require.NoError(t, err, "%v", settings)
	return r
}

// someObserved are participants of whom one gives often, one seldom, to the rich most.
func someObserved() *game.Observed {
	o := &game.Observed{Gifts: 100, Rates: map[int64]float64{1: 0.04, 2: 0.01}, Mean: 0.02, Back: 0.3}
	for k := range o.Tenths {
		o.Tenths[k] = float64(2*k+1) / 100
	}
	return o
}

// anyTreatment draws the settings of a donation game.
func anyTreatment(rng *rand.Rand) []string {
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	var names []string
	for _, s := range game.Strategies() {
		names = append(names, s.Name)
	}
	one, two := pick(names...), pick(names...)
	strategy := one
	if one != two {
		strategy = one + ":0.4," + two + ":0.6"
	}
	settings := []string{"strategy", strategy, "base", pick(slices.DeleteFunc(names, func(s string) bool { return s == "noisy" })...),
		"schedule", pick("random", "round"), "tax", pick("0", "0", "0.1", "1"), "multiplier", pick("0", "0.29", "1", "1", "1", "1.5", "3"),
		"visible", pick("all", "neighbours"), "alpha", "0.4", "beta", pick("0.6", "3")}
	switch rng.IntN(3) {
	case 0:
		settings = append(settings, "share", pick("0.1", "0.333", "1"))
	case 1:
		settings = append(settings, "amount", pick("1", "2"), "debt", pick("0", "5"), "unit", pick("1", "0.01"))
	case 2:
		settings = append(settings, "debt", pick("0", "2.50"))
	}
	switch rng.IntN(3) {
	case 0:
		settings = append(settings, "network", pick("ring", "grid", "small-world"))
	case 1:
		settings = append(settings, "group_size", pick("2", "5", "20"), "matching", pick("partner", "stranger"))
	}
	return settings
}

// TestAnyTreatment: what the transfers tell is what happened; nothing is made or lost but
// by the bank; nobody goes below the limit; recording changes nothing; a seed gives one
// game.
func TestAnyTreatment(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	differ := 0
	for k := range 600 {
		settings := anyTreatment(rng)
		n := 5 + rng.IntN(40)
		if slices.Contains(settings, "20") {
			n += 20
		}
		start := make([]int64, n)
		for i := range start {
			start[i] = 100 * rng.Int64N(4)
		}
		said := fmt.Sprint(k, n, settings)
		tr := treatment(t, settings...)
		quiet, told := beginWith(t, start, uint64(k), settings...), beginWith(t, start, uint64(k), settings...)
		other := beginWith(t, start, uint64(k)+1000, settings...)
		told.Record()
		replayed, total := slices.Clone(start), int64(0)
		for _, b := range start {
			total += b
		}
		for range 6 {
			require.Equal(t, quiet.Next(), told.Next(), said)
			require.Equal(t, quiet.Balances(), told.Balances(), said)
			require.Equal(t, quiet.Moved(), told.Moved(), said)
			other.Next()
			total += checkTransfers(t, tr, told, replayed, said)
			require.Equal(t, replayed, told.Balances(), said)
			sum := int64(0)
			for i, b := range told.Balances() {
				require.GreaterOrEqual(t, b, min(start[i], -tr.Cents("debt")), said)
				sum += b
			}
			require.Equal(t, total, sum, said)
		}
		if !slices.Equal(other.Balances(), told.Balances()) {
			differ++
		}
	}
	assert.Greater(t, differ, 300, "another seed is another game")
}

// checkTransfers replays a round and returns what the bank added.
func checkTransfers(t *testing.T, tr game.Treatment, r *game.Run, replayed []int64, said string) (added int64) {
	t.Helper()
	gifts, cost, benefit, bank := int32(0), int64(0), int64(0), int64(0)
	for _, m := range r.Transfers() {
		require.Positive(t, m.Cents, said)
		require.Zero(t, m.Cents%tr.Cents("unit"), said)
		require.NotEqual(t, m.From, m.To, said)
		if m.From != game.Bank {
			replayed[m.From] -= m.Cents
		} else {
			added += m.Cents
		}
		if m.To != game.Bank {
			replayed[m.To] += m.Cents
		} else {
			added -= m.Cents
		}
		if m.Kind == game.Donation {
			gifts++
			cost += m.Cents
		}
		switch {
		case m.Kind == game.Share:
			bank += m.Cents
		case m.Kind == game.Tax && tr.Number("tax") > 0 && tr.Number("multiplier") >= 1:
			bank -= m.Cents
		}
	}
	if tr.Number("multiplier") >= 1 {
		require.Zero(t, bank, "%s: taxes are paid out again", said)
	}
	if tr.Number("multiplier") == 1 {
		require.Zero(t, added, "%s: money is conserved", said)
	}
	for i, d := range r.Decisions() {
		gifts -= d.Gifts
		cost -= d.Cost
		benefit += d.Benefit
		require.Equal(t, replayed[i], d.After, said)
		require.Equal(t, d.Gifts > 0, d.Choice == game.Give, said)
	}
	require.Zero(t, gifts, said)
	require.Zero(t, cost, said)
	return added
}

func TestMultiplier(t *testing.T) {
	for _, c := range []struct {
		multiplier string
		kind       game.TransferKind
		cents      int64
	}{{"1.5", game.Benefit, 50}, {"0.29", game.Tax, 71}, {"0", game.Tax, 100}, {"1.299", game.Benefit, 29}} {
		r := beginWith(t, equal(10, 1000), 3, "multiplier", c.multiplier)
		r.Record()
		r.Next()
		gifts := 0
		for i, m := range r.Transfers() {
			if m.Kind == game.Donation {
				gifts++
				receipt := r.Transfers()[i+1]
				assert.Equal(t, c.kind, receipt.Kind)
				assert.Equal(t, c.cents, receipt.Cents, c.multiplier)
				assert.Contains(t, []int32{receipt.From, receipt.To}, m.To, "it is the receiver's")
			}
		}
		assert.Equal(t, 10, gifts)
	}
}

// TestBenefitAndCost: a gift costs c, and b arrives (Nowak & Sigmund 1998): the same game
// as an amount and its multiple.
func TestBenefitAndCost(t *testing.T) {
	r := beginWith(t, equal(10, 1000), 3, "cost", "2", "benefit", "3")
	same := beginWith(t, equal(10, 1000), 3, "amount", "2", "multiplier", "1.5")
	r.Record()
	for range 5 {
		r.Next()
		same.Next()
		assert.Equal(t, same.Balances(), r.Balances())
		for _, d := range r.Decisions() {
			assert.EqualValues(t, 200*d.Gifts, d.Cost)
			assert.EqualValues(t, 300*d.Gifts, d.Benefit)
		}
	}
	assert.Equal(t, 10_000+100*r.Moved(), total(r.Balances()))
}

func total(balances []int64) (sum int64) {
	for _, b := range balances {
		sum += b
	}
	return sum
}

func TestTaxIsPaidOutAgain(t *testing.T) {
	r := beginWith(t, []int64{1000, 250, 99, -500}, 1, "strategy", "selfish", "tax", "0.1", "unit", "0.10")
	r.Record()
	r.Next()
	// 100 + 20 + 0: 30 each; at 10 % of a balance of 99 there is nothing that moves.
	assert.Equal(t, []int64{930, 260, 129, -470}, r.Balances())
	assert.EqualValues(t, 0, r.Moved(), "nobody gave")
	r.Next() // 90 + 20 + 10: again 30 each
	assert.Equal(t, []int64{870, 270, 149, -440}, r.Balances())
	r.Next() // 80 + 20 + 10: 20 each, and 10 each to three in a row
	var more []int
	for i, d := range r.Decisions() {
		taxed := map[int]int64{0: 80, 1: 20, 2: 10}[i]
		switch d.After - d.Before + taxed {
		case 30:
			more = append(more, i)
		default:
			assert.EqualValues(t, 20, d.After-d.Before+taxed)
		}
	}
	assert.Len(t, more, 3)
}

func TestBrokePlayersPass(t *testing.T) {
	r := beginWith(t, []int64{100, 99, 0}, 1, "schedule", "round", "strategy", "generous")
	r.Record()
	r.Next()
	assert.Equal(t, []string{game.Give, game.Broke, game.Broke}, choices(r))
	assert.Equal(t, []int64{0, 199, 0}, r.Balances())
	assert.EqualValues(t, 1, r.Decisions()[0].Recipient)
	assert.Equal(t, []int32{1, 2, 3}, []int32{r.Decisions()[0].RankBefore, r.Decisions()[1].RankBefore, r.Decisions()[2].RankBefore})
	assert.Equal(t, []int32{2, 1, 2}, []int32{r.Decisions()[0].RankAfter, r.Decisions()[1].RankAfter, r.Decisions()[2].RankAfter})
}

func choices(r *game.Run) (all []string) {
	for _, d := range r.Decisions() {
		all = append(all, d.Choice)
	}
	return all
}

// TestGroupsKeepTogether: gifts stay within groups, partners together, strangers not.
func TestGroupsKeepTogether(t *testing.T) {
	for _, matching := range []string{"partner", "stranger"} {
		r := beginWith(t, equal(11, 10_000), 5, "group_size", "3", "matching", matching)
		r.Record()
		groups := map[string]bool{}
		for range 20 {
			r.Next()
			said, alone := "", 0
			for _, d := range r.Decisions() {
				said += fmt.Sprint(d.Group, " ")
				if d.Group == game.None {
					alone++
					assert.Zero(t, d.Gifts)
				}
			}
			assert.Equal(t, 2, alone, "too few for a group")
			groups[said] = true
			for _, m := range r.Transfers() {
				assert.Equal(t, r.Decisions()[m.From].Group, r.Decisions()[m.To].Group)
			}
		}
		assert.Equal(t, matching == "stranger", len(groups) > 1)
	}
}

func TestImpossibleDonationGames(t *testing.T) {
	for _, c := range []struct{ settings, says string }{
		{"amount=0", "amount: a gift is of 0.01 dollars or more"},
		{"amount=0.50 unit=1", "amount: 0.50 is no multiple of unit, 1"},
		{"unit=0", "unit: "},
		{"amount=1 share=0.5", "share: either a share or an amount"},
		{"benefit=3 multiplier=2", "benefit: either a benefit or a multiplier"},
		{"benefit=3 share=0.5", "benefit: of a share"},
		{"benefit=0.50 unit=1", "benefit: 0.50 is no multiple of unit, 1"},
		{"share=0", "share: it is more than 0"},
		{"share=0.5 debt=1", "debt: who gives a share"},
		{"multiplier=1000000001", "multiplier: 1.000000001e+09 is too large"},
		{"multiplier=1000000 amount=1000000", "multiplier: 1e+06 times 1000000 dollars"},
		{"group_size=1", "group_size: a group has two"},
		{"group_size=11", "group_size: groups of 11"},
		{"group_size=5 network=ring", "group_size: players give either"},
		{"network=small-world network_degree=3", "network_degree: it is even"},
		{"network=small-world network_degree=10", "network_degree: it is even"},
		{"network=friends.csv", "network: friends.csv has not been read"},
		{"strategy=egalitarian visible=own", "strategy: egalitarian looks at"},
		{"strategy=noisy base=rich-first visible=own", "strategy: rich-first looks at"},
		{"strategy=random:0.5,tit-for-tat:0.5 donors=no", "strategy: tit-for-tat asks who gave"},
		{"strategy=observed", "strategy: observed needs donations"},
		{"rounds=0", "a game needs one round or more"},
	} {
		var settings []string
		for part := range strings.FieldsSeq(c.settings) {
			name, value, _ := strings.Cut(part, "=")
			settings = append(settings, name, value)
		}
		_, err := game.NewRun(treatment(t, settings...), game.Setup{Start: equal(10, 100)})
		assert.ErrorContains(t, err, c.says, c.settings)
	}
	for _, s := range []game.Setup{
		{}, {Start: equal(1, 100)}, {Start: []int64{0, game.MaxCents + 1}}, {Start: []int64{0, -game.MaxCents - 1}},
		{Start: equal(230_600, game.MaxCents)}, {Start: equal(3, 100), IDs: []int64{1, 2}},
	} {
		_, err := game.NewRun(treatment(t), s)
		assert.Error(t, err)
	}
	assert.ErrorContains(t, treatment(t).Set("multiplier", "-1"), "-1 is negative")
}

// TestOverflowIsRefused: more dollars than can be summed are refused before anything is
// made, and a game that makes them stops where a player has more than can be kept.
func TestOverflowIsRefused(t *testing.T) {
	tr := treatment(t, "players", "1000000000", "start", "100000000000")
	_, err := tr.MadeUp(1)
	assert.ErrorContains(t, err, "too many dollars")
	assert.Error(t, tr.Set("start", "1000000000000"))

	for _, settings := range [][]string{
		{"amount", "1000000", "multiplier", "1000"}, {"amount", "1000000", "multiplier", "1000", "schedule", "round"},
		{"share", "0.9", "multiplier", "1000000000"},
	} {
		quiet, told := beginWith(t, equal(10, 1e9), 1, settings...), beginWith(t, equal(10, 1e9), 1, settings...)
		told.Record()
		for quiet.Next() {
			require.True(t, told.Next())
			require.Equal(t, quiet.Balances(), told.Balances())
			require.LessOrEqual(t, slices.Max(quiet.Balances()), int64(game.MaxCents))
		}
		require.False(t, told.Next())
		var tooRich *game.TooRichError
		require.ErrorAs(t, quiet.Err(), &tooRich)
		assert.Equal(t, quiet.Err(), told.Err())
		assert.Equal(t, quiet.Balances(), told.Balances())
		assert.False(t, quiet.Next())
	}
}

// TestTenMillionPlayers: balances, those of the start and what a round needs are at most
// 24 bytes a player, and nothing is allocated beside them.
func TestTenMillionPlayers(t *testing.T) {
	const n = 10_000_000
	for _, schedule := range []string{"random", "round"} {
		tr := treatment(t, "players", fmt.Sprint(n), "schedule", schedule)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start, err := tr.MadeUp(1)
		require.NoError(t, err)
		r, err := game.NewRun(tr, game.Setup{Start: start, Seed: 1})
		require.NoError(t, err)
		require.True(t, r.Next())
		runtime.ReadMemStats(&after)
		assert.LessOrEqual(t, (after.TotalAlloc-before.TotalAlloc)/n, uint64(24))
		assert.Greater(t, r.Moved(), int64(n/2))
	}
}

func TestMovesAllocateNothing(t *testing.T) {
	for _, s := range game.Strategies() {
		r := beginWith(t, equal(1000, 1000), 1, "strategy", s.Name, "tax", "0.01")
		r.Next()
		assert.Zero(t, testing.AllocsPerRun(5, func() { r.Next() }), s.Name)
	}
}

// TestContinuation: with δ = 0.9 a game has ten rounds in the mean.
func TestContinuation(t *testing.T) {
	rounds := 0
	for seed := range uint64(2000) {
		r := begin(t, 2, seed, "end", "continuation", "continuation", "0.9")
		for r.Next() {
		}
		rounds += r.Round()
	}
	assert.InDelta(t, 10, float64(rounds)/2000, 0.7)
}
