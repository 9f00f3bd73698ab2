package pyjson_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pyjson"
)

// generated is a line of jsonpickle_oracle.py --generate.
type generated struct{ Text, Plain string }

// oracle runs scripts/jsonpickle_oracle.py with a Python that has jsonpickle.
func oracle(t *testing.T, stdin []byte, args ...string) []byte {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: the real jsonpickle is not asked")
	}
	python := os.Getenv("EXPTOOL_TEST_PYTHON")
	require.NotEmpty(t, python, "EXPTOOL_TEST_PYTHON must name a Python that has jsonpickle (scripts/test makes one); -short does without")
	cmd := exec.CommandContext(t.Context(), python, append([]string{"../../scripts/jsonpickle_oracle.py"}, args...)...)
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	return out
}

func generate(t *testing.T, count, seed string) []generated {
	t.Helper()
	var all []generated
	for line := range bytes.Lines(oracle(t, nil, "--generate", count, "--seed", seed)) {
		var g generated
		require.NoError(t, json.Unmarshal(line, &g))
		all = append(all, g)
	}
	return all
}

// TestOracleWriting compares values that the real jsonpickle wrote with what
// they were before.
func TestOracleWriting(t *testing.T) {
	all := generate(t, "3000", "1")
	require.Len(t, all, 3000)
	shared := 0
	for _, g := range all {
		got, err := pyjson.AppendJSON(nil, []byte(g.Text), pyjson.NaNBare)
		require.NoError(t, err, g.Text)
		require.Equal(t, g.Plain, string(got), g.Text)
		if strings.Contains(g.Text, "py/id") {
			shared++
		}
	}
	assert.Greater(t, shared, 300, "documents with back-references")
}

// TestOracleReading compares what the real jsonpickle reads from a text with
// what we read.
func TestOracleReading(t *testing.T) {
	all := generate(t, "1500", "2")
	var stdin bytes.Buffer
	for _, g := range all {
		require.NoError(t, json.NewEncoder(&stdin).Encode(g.Text))
	}
	i := 0
	for line := range bytes.Lines(oracle(t, stdin.Bytes())) {
		got, err := pyjson.AppendJSON(nil, []byte(all[i].Text), pyjson.NaNBare)
		require.NoError(t, err)
		require.Equal(t, string(bytes.TrimSuffix(line, []byte("\n"))), string(got), all[i].Text)
		i++
	}
	require.Equal(t, len(all), i)
}

// TestOraclePaths navigates the values by every path there is.
func TestOraclePaths(t *testing.T) {
	for _, g := range generate(t, "500", "3") {
		checkPaths(t, []byte(g.Text))
	}
}
