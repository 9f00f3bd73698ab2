package game

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func multiplier(t *testing.T, text string) factor {
	t.Helper()
	g := &Game{Name: "test", Parameters: []Parameter{{Name: "by", Kind: Number, Default: text}}}
	f, err := readFactor(NewTreatment(g), "by")
	require.NoError(t, err, text)
	return f
}

// TestFactorsAreExact: 0.1 × 3 × 10 is 3 and not a cent less, as it is with floats for
// many others.
func TestFactorsAreExact(t *testing.T) {
	assert.EqualValues(t, 18000, multiplier(t, "1.8").of(10000, 1))
	assert.EqualValues(t, 57, multiplier(t, "0.57").of(100, 1)) // 56.99999999999999 with floats
	assert.EqualValues(t, 33, multiplier(t, "1e-2").of(10000, 3))
	assert.EqualValues(t, MaxCents+1, multiplier(t, "1000000000").of(maxTotal, 1), "not wrapped")
}

// FuzzFactor holds products against those of rational numbers.
func FuzzFactor(f *testing.F) {
	f.Add(int64(10000), uint64(18), uint64(10), 3)
	f.Add(int64(maxTotal), uint64(maxFactor), uint64(1), 1)
	f.Add(int64(maxTotal), uint64(1), uint64(maxFactor), maxPlayers)
	f.Fuzz(func(t *testing.T, cents int64, up, down uint64, among int) {
		if cents < 0 || cents > maxTotal || up > maxFactor || down == 0 || down > maxFactor || among < 1 || among > maxPlayers {
			return
		}
		want := new(big.Int).Mul(big.NewInt(cents), new(big.Int).SetUint64(up))
		want.Div(want, new(big.Int).Mul(new(big.Int).SetUint64(down), big.NewInt(int64(among))))
		if most := big.NewInt(MaxCents + 1); want.Cmp(most) > 0 {
			want = most
		}
		assert.Equal(t, want.Int64(), factor{up, down}.of(cents, among))
	})
}

// TestWholeNumbersOfLevels: a level that was a whole number is that again.
func TestWholeNumbersOfLevels(t *testing.T) {
	for _, most := range []int64{1, 2, 3, 10, 997, 10000} {
		for k := range most + 1 {
			assert.Equal(t, k, whole(float64(k)/float64(most), most))
		}
	}
	for _, most := range []int64{1_000_000_007, MaxCents} {
		for k := int64(0); k <= most; k += most / 1000 {
			assert.Equal(t, k, whole(float64(k)/float64(most), most))
		}
	}
}
