package repo

import (
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRoundCentsIsPythons compares 20,000 rewards with Python's own round, many of them
// where the decimal that people see lies halfway.
func TestRoundCentsIsPythons(t *testing.T) {
	python := os.Getenv("EXPTOOL_TEST_PYTHON")
	require.NotEmpty(t, python, "EXPTOOL_TEST_PYTHON: scripts/test sets it")
	random := rand.New(rand.NewPCG(9, 9))
	values := []float64{0, 2.675, 0.125, -0.125, 1.005, 0.345, 1e-9, -1e-9, 1e9 + 0.005}
	for range 10000 {
		values = append(values, float64(random.IntN(100000))/1000, random.NormFloat64()*30)
	}
	var in strings.Builder
	for _, v := range values {
		in.WriteString(strconv.FormatFloat(v, 'g', -1, 64) + "\n")
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", "import sys\nfor l in sys.stdin: print(round(float(l), 2))")
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	require.NoError(t, err)
	lines := strings.Fields(string(out))
	require.Len(t, lines, len(values))
	for i, v := range values {
		theirs, err := strconv.ParseFloat(lines[i], 64)
		require.NoError(t, err)
		ours, ok := roundCents(v)
		assert.True(t, ok)
		assert.Equal(t, Cents(math.Round(theirs*100)), ours, "%v", v)
	}
}

func TestRoundCentsHasBounds(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e12, -1e300} {
		_, ok := roundCents(v)
		assert.False(t, ok, "%v", v)
	}
}
