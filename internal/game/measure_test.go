package game_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/game"
)

// TestMeasuresByHand are cases that one can do on paper.
func TestMeasuresByHand(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name     string
		balances []int64
		want     game.Measures
	}{
		{"nobody", nil, game.Measures{
			Mean: nan, Median: nan, Gini: nan, GiniDebt: nan, Hoover: nan, Theil: nan, Palma: nan,
			Entropy: nan, Top1: nan, Top10: nan, Bottom40: nan, Bottom50: nan, Zero: nan, Debt: nan,
		}},
		{"one", []int64{700}, game.Measures{
			Players: 1, Total: 700, Mean: 700, Median: 700, Min: 700, Max: 700,
			Palma: 0.25, Top1: 0.01, Top10: 0.1, Bottom40: 0.4, Bottom50: 0.5,
		}},
		{"all broke", []int64{0, 0, 0}, game.Measures{
			Players: 3, Gini: nan, GiniDebt: nan, Hoover: nan, Theil: nan, Palma: nan,
			Top1: nan, Top10: nan, Bottom40: nan, Bottom50: nan, Zero: 1,
		}},
		{"equal", slices.Repeat([]int64{300}, 10), game.Measures{
			Players: 10, Total: 3000, Mean: 300, Median: 300, Min: 300, Max: 300,
			Palma: 0.25, Top1: 0.01, Top10: 0.1, Bottom40: 0.4, Bottom50: 0.5,
		}},
		{"one has all", []int64{0, 1000, 0, 0}, game.Measures{
			Players: 4, Total: 1000, Mean: 250, Max: 1000,
			Gini: 0.75, GiniDebt: 0.75, Hoover: 0.75, Theil: 1.386294361120, Palma: nan, Entropy: 0.811278124459,
			Top1: 0.04, Top10: 0.4, Zero: 0.75, // a tenth of four players is 0.4 of the richest
		}},
		// Pairs differ by 1, 2, 3, 1, 2, 1: 2·10/(2·16·2.5).
		{"one to four", []int64{400, 100, 300, 200}, game.Measures{
			Players: 4, Total: 1000, Mean: 250, Median: 250, Min: 100, Max: 400,
			Gini: 0.25, GiniDebt: 0.25, Hoover: 0.2, Theil: 0.106440135286, Entropy: 2,
			Palma: 0.16 / 0.22, Top1: 0.016, Top10: 0.16, Bottom40: 0.22, Bottom50: 0.3,
		}},
		// Pairs differ by 1, 5, 4: 2·10/(2·9·1); the sizes 1, 0, 4 have the mean 5/3.
		{"debt", []int64{-100, 0, 400}, game.Measures{
			Players: 3, Total: 300, Mean: 100, Min: -100, Max: 400,
			Gini: 20.0 / 18, GiniDebt: 20.0 / 30, Hoover: 1, Theil: nan, Palma: nan, Entropy: math.Log2(3),
			Top1: 0.04, Top10: 0.4, Bottom40: -1.0 / 3, Bottom50: -1.0 / 3, Zero: 1.0 / 3, Debt: 1.0 / 3,
		}},
		{"debt that cancels", []int64{-100, 100}, game.Measures{
			Players: 2, Min: -100, Max: 100, Gini: nan, GiniDebt: 0.5, Hoover: nan, Theil: nan, Palma: nan,
			Entropy: 1, Top1: nan, Top10: nan, Bottom40: nan, Bottom50: nan, Debt: 0.5,
		}},
		{"more than fits", []int64{math.MaxInt64, math.MaxInt64}, game.Measures{
			Players: 2, Total: math.MaxInt64, Mean: math.MaxInt64, Median: math.MaxInt64, Min: math.MaxInt64, Max: math.MaxInt64,
			Palma: 0.25, Top1: 0.01, Top10: 0.1, Bottom40: 0.4, Bottom50: 0.5,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			given := slices.Clone(c.balances)
			got := measure(c.balances)
			assert.Equal(t, given, c.balances, "balances are not changed")
			assertMeasures(t, c.want, got)
		})
	}
}

// measure is Measure of a meter of its own.
func measure(balances []int64) game.Measures { return new(game.Meter).Measure(balances) }

// assertMeasures compares; what is from logarithms to 10⁻¹¹, all else exactly.
func assertMeasures(t *testing.T, want, got game.Measures) {
	t.Helper()
	assert.Equal(t,
		[]int64{int64(want.Players), want.Total, want.Min, want.Max},
		[]int64{int64(got.Players), got.Total, got.Min, got.Max}, "players, total, min, max")
	within := map[string]float64{
		"Theil": 1e-11, "Entropy": 1e-11,
		"Palma": 1e-15, // the case's own quotient is of rounded shares
	}
	w, g := reflect.ValueOf(want), reflect.ValueOf(got)
	for i := range w.NumField() {
		if name := w.Type().Field(i).Name; w.Field(i).CanFloat() {
			assertFloat(t, w.Field(i).Float(), g.Field(i).Float(), within[name], name)
		}
	}
}

func assertFloat(t *testing.T, want, got, within float64, name string) {
	t.Helper()
	if math.IsNaN(want) || math.IsNaN(got) {
		assert.True(t, math.IsNaN(want) && math.IsNaN(got), "%s: want %v, got %v", name, want, got)
		return
	}
	assert.InDelta(t, want, got, within, name)
}

// slowly measures by the definitions, in fractions.
func slowly(balances []int64) game.Measures {
	n := int64(len(balances))
	sum, size, pairs, away := new(big.Rat), new(big.Rat), new(big.Rat), new(big.Rat)
	num := func(x int64) *big.Rat { return new(big.Rat).SetInt64(x) }
	for _, x := range balances {
		sum.Add(sum, num(x))
		size.Add(size, new(big.Rat).Abs(num(x)))
	}
	mean := new(big.Rat).Quo(sum, num(n))
	for _, x := range balances {
		d := new(big.Rat).Sub(num(x), mean)
		away.Add(away, d.Abs(d))
		for _, y := range balances {
			d := new(big.Rat).Sub(num(x), num(y))
			pairs.Add(pairs, d.Abs(d))
		}
	}
	over := func(a, b *big.Rat) float64 {
		if b.Sign() <= 0 {
			return math.NaN()
		}
		f, _ := new(big.Rat).Quo(a, b).Float64()
		return f
	}
	twice := func(r *big.Rat) *big.Rat { return new(big.Rat).Mul(r, num(2)) }
	s := game.Measures{
		Players: len(balances), Mean: over(sum, num(n)),
		Gini: over(pairs, twice(new(big.Rat).Mul(sum, num(n)))), GiniDebt: over(pairs, twice(new(big.Rat).Mul(size, num(n)))),
		Hoover: over(away, twice(sum)),
	}
	ascending := slices.Sorted(slices.Values(balances))
	s.Min, s.Max = ascending[0], ascending[n-1]
	// In hundredths of a player k hundredths of all are k·n.
	poorest := func(k int64) *big.Rat {
		have := new(big.Rat)
		for i, x := range ascending {
			part := max(0, min(100, k*n-100*int64(i)))
			have.Add(have, new(big.Rat).Mul(num(x), num(part)))
		}
		return have.Quo(have, num(100))
	}
	s.Bottom40, s.Bottom50 = over(poorest(40), sum), over(poorest(50), sum)
	s.Top10, s.Top1 = over(new(big.Rat).Sub(sum, poorest(90)), sum), over(new(big.Rat).Sub(sum, poorest(99)), sum)
	s.Palma = math.NaN()
	if sum.Sign() > 0 {
		s.Palma = over(new(big.Rat).Sub(sum, poorest(90)), poorest(40))
	}
	return s
}

// exact are the measures that have to be right in the last bit.
func exact(s game.Measures) []any {
	var all []any
	for _, x := range []float64{s.Mean, s.Gini, s.GiniDebt, s.Hoover, s.Palma, s.Top1, s.Top10, s.Bottom40, s.Bottom50} {
		if x == 0 {
			x = 0 // -0
		}
		all = append(all, math.Float64bits(x))
	}
	return append(all, s.Players, s.Min, s.Max)
}

// random balances: few values and many, on a grid and off it, small and large, with
// debt and without.
func random(r *rand.Rand, n int) []int64 {
	steps := []int64{1, 1, 100, 25, 12345, 1 << 40}
	step, most := steps[r.IntN(len(steps))], []int64{1, 3, 20, 1000, 1 << 20}[r.IntN(5)]
	least := []int64{0, 0, 1, -most / 3, 7}[r.IntN(5)]
	all := make([]int64, n)
	for i := range all {
		all[i] = (least + r.Int64N(most+1)) * step
	}
	if r.IntN(4) == 0 {
		all[r.IntN(n)] += 1 + r.Int64N(1<<50) // one off the grid, and far away
	}
	return all
}

// TestMeasuresAreExact compares with the definitions in the last bit.
func TestMeasuresAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var m game.Meter
	for range 1500 {
		balances := random(r, 1+r.IntN(40))
		require.Equal(t, exact(slowly(balances)), exact(m.Measure(balances)), "%v", balances)
	}
}

// TestTheilAndEntropy compares with their definitions, in float64.
func TestTheilAndEntropy(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 300 {
		balances := random(r, 2+r.IntN(200))
		n, sum := float64(len(balances)), 0.0
		counts := map[int64]float64{}
		for _, x := range balances {
			sum += float64(x)
			counts[x]++
		}
		theil, entropy := 0.0, 0.0
		for _, x := range balances {
			if share := float64(x) * n / sum; share > 0 {
				theil += share * math.Log(share) / n
			}
		}
		for _, c := range counts {
			entropy -= c / n * math.Log2(c/n)
		}
		got := measure(balances)
		assert.InDelta(t, entropy, got.Entropy, 1e-9)
		if slices.Min(balances) < 0 || sum == 0 {
			assert.True(t, math.IsNaN(got.Theil))
		} else {
			assert.InDelta(t, theil, got.Theil, 1e-9)
		}
	}
}

// TestInvariance: an index of inequality does not change with the unit of money, nor
// where each player is there several times, nor with their order; more for the
// richest from the poorest is more of it (Dalton 1920).
func TestInvariance(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	indices := func(b []int64) []any { return exact(measure(b))[1:9] }
	for range 300 {
		balances := random(r, 2+r.IntN(60))
		want := indices(balances)
		scaled := slices.Clone(balances)
		for i := range scaled {
			scaled[i] *= 7
		}
		assert.Equal(t, want, indices(scaled), "of another unit")
		assert.Equal(t, want, indices(slices.Repeat(balances, 3)), "replicated")
		r.Shuffle(len(scaled), func(i, j int) { scaled[i], scaled[j] = scaled[j], scaled[i] })
		assert.Equal(t, want, indices(scaled), "shuffled")

		before := measure(balances)
		slices.Sort(balances)
		amount := 1 + balances[len(balances)-1]/1000
		balances[0] -= amount
		balances[len(balances)-1] += amount
		if after := measure(balances); before.Total > 0 {
			assert.Greater(t, after.Gini, before.Gini)
		}
	}
}

// FuzzMeasure compares all of the exact measures with the definitions.
func FuzzMeasure(f *testing.F) {
	f.Add([]byte{}, int64(100), int64(0))
	f.Add([]byte{0, 0, 1, 5, 255}, int64(100), int64(-200))
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, int64(1<<50), int64(3))
	f.Fuzz(func(t *testing.T, units []byte, unit, floor int64) {
		if len(units) == 0 || len(units) > 60 {
			return
		}
		balances := make([]int64, len(units))
		for i, u := range units {
			balances[i] = int64(u)*unit + floor // wraps around: any int64 will do
		}
		assert.Equal(t, exact(slowly(balances)), exact(measure(balances)), "%v", balances)
		curve := lorenz(balances, 11)
		if curve != nil {
			assert.Equal(t, game.Point{X: 1, Y: 1}, curve[10])
			assertFloat(t, slowly(balances).Bottom40, curve[4].Y, 0, "Lorenz at 0.4")
		}
	})
}
