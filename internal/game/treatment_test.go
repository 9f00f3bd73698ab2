package game_test

import (
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/game"
)

func find(t *testing.T, name string) *game.Game {
	t.Helper()
	g, err := game.Find(name)
	require.NoError(t, err)
	return g
}

// TestDefaults reads the default of every parameter of every game.
func TestDefaults(t *testing.T) {
	for _, g := range game.Games() {
		seen := map[string]bool{}
		for _, p := range g.AllParameters() {
			assert.False(t, seen[p.Name], "%s: %s is there twice", g.Name, p.Name)
			seen[p.Name] = true
			assert.NoError(t, game.NewTreatment(g).Set(p.Name, p.Default), g.Name)
			assert.NotEmpty(t, p.Meaning, p.Name)
			if p.Also != "" {
				assert.False(t, seen[p.Also], "%s: %s is both a name and another word", g.Name, p.Also)
				assert.Contains(t, p.Meaning, p.Also, "who reads what %s is should find its other word", p.Name)
			}
		}
		for name := range g.Defaults {
			assert.True(t, seen[name], "%s changes the default of %s, which there is not", g.Name, name)
		}
	}
}

// TestSources: whoever reads of a game or a strategy learns where it is from.
func TestSources(t *testing.T) {
	for _, g := range game.Games() {
		assert.NotEmpty(t, g.Source, g.Name)
		assert.NotEmpty(t, g.Meaning, g.Name)
	}
	for _, s := range game.Strategies() {
		assert.NotEmpty(t, s.Source, s.Name)
		assert.NotEmpty(t, s.Meaning, s.Name)
	}
}

// TestSettable: what is listed of a game can be set, and what cannot is not.
func TestSettable(t *testing.T) {
	for _, g := range game.Games() {
		has := func(name string) bool {
			return slices.ContainsFunc(g.Settable(), func(p game.Parameter) bool { return p.Name == name })
		}
		for name, other := range map[string]string{"network": "ring", "visible": "neighbours", "donors": "no"} {
			tr := game.NewTreatment(g)
			require.NoError(t, tr.Set(name, other))
			_, err := game.NewRun(tr, game.Setup{Start: make([]int64, 16)})
			assert.Equal(t, err == nil, has(name), "%s: %s: %v", g.Name, name, err)
		}
		assert.True(t, has("strategy") && has("group_size"), g.Name)
	}
}

func TestDollarsAreDigits(t *testing.T) {
	tr := game.NewTreatment(find(t, "donation"))
	for text, cents := range map[string]int64{"1": 100, "$1.5": 150, "0.05": 5, " 7.25 ": 725} {
		require.NoError(t, tr.Set("amount", text))
		assert.Equal(t, cents, tr.Cents("amount"), text)
	}
	for _, text := range []string{"1.+5", "1.-0", "1.005", "1e3", "NaN", "", "-1", "1,5", "1.5.5"} {
		assert.Error(t, tr.Set("amount", text), text)
	}
}

func TestTreatmentOfAFile(t *testing.T) {
	tr, err := game.ReadTreatment(strings.NewReader("rounds: 7\namount: 0.50\nstrategy: {random: 0.5, selfish: 0.5}\ngame: donation\n"), find(t, "donation"))
	require.NoError(t, err)
	assert.EqualValues(t, 7, tr.Count("rounds"))
	assert.EqualValues(t, 50, tr.Cents("amount"))
	assert.Equal(t, "amount=0.50 rounds=7 strategy=random:0.5,selfish:0.5", tr.String())
	tr, err = game.ReadTreatment(strings.NewReader("\ufeffstart: &some 5\r\ndebt: *some\r\n"), find(t, "donation"))
	require.NoError(t, err)
	assert.Equal(t, "debt=5 start=5", tr.String())
	for _, c := range []struct{ file, says string }{
		{"round: 7", `line 1: there is no parameter "round"`},
		{"game: donatoin", `line 1: there is no game "donatoin"`},
		{"\nrounds: -1", `line 2: rounds: "-1" is no whole number`},
		{"rounds: 1\nrounds: 2", "line 2: rounds is there twice"},
		{"cost: 1\namount: 2", "line 2: amount is there twice"},
		{"strategy: {random: 0.5}", "add up to 0.5"},
		{"- a", "line 1: a treatment is"},
		{"rounds: [1]", "line 1: a value is"},
		{"game: [donation]", "line 1: a value is"},
		{"strategy: {random: {a: 1}}", "line 1: a value is"},
		{"strategy: &a {random: *a}", "line 1: a value is"},
		{"rounds: 1\n---\nrounds: 2", "line 2: a treatment is one document"},
		{"# " + strings.Repeat("x", 2_000_000), "is too long for a treatment"},
	} {
		_, err := game.ReadTreatment(strings.NewReader(c.file), find(t, "donation"))
		assert.ErrorContains(t, err, c.says, c.file)
	}
}

// TestDocumentedTreatment: docs/treatment.yaml is a treatment, each line that it proposes
// can be one of it, and what an experimenter decides about is there.
func TestDocumentedTreatment(t *testing.T) {
	text, err := os.ReadFile("../../docs/treatment.yaml")
	require.NoError(t, err)
	donation := find(t, "donation")
	all, err := game.ReadTreatment(strings.NewReader(string(text)), donation)
	require.NoError(t, err)
	proposed := regexp.MustCompile(`(?m)^# (([a-z_]+): \S.*)$`)
	names := strings.Fields("start players visible donors network group_size matching end continuation debt multiplier share")
	for _, line := range proposed.FindAllStringSubmatch(string(text), -1) {
		tr, err := game.ReadTreatment(strings.NewReader(line[1]), donation)
		require.NoError(t, err, line[1])
		assert.True(t, tr.IsSet(line[2]), line[1])
		names = slices.DeleteFunc(names, func(name string) bool { return name == line[2] })
	}
	assert.Empty(t, names, "not proposed")
	for _, name := range []string{"amount", "benefit", "strategy", "schedule", "rounds", "tax"} {
		assert.True(t, all.IsSet(name), name)
	}
}

func TestCellsAreTheSameAnywhere(t *testing.T) {
	tr := game.NewTreatment(find(t, "donation"))
	amounts, err := game.ReadSweep("amount=1:3:0.5")
	require.NoError(t, err)
	assert.Equal(t, []string{"1.0", "1.5", "2.0", "2.5", "3.0"}, amounts.Values)
	players, err := game.ReadSweep("players=10,20")
	require.NoError(t, err)
	p := game.Plan{Treatment: tr, Sweeps: []game.Sweep{amounts, players}, Reps: 3, Seed: 42}
	require.Equal(t, 30, p.Len())
	seeds := map[uint64]bool{}
	for i := range p.Len() {
		c, err := p.Cell(i)
		require.NoError(t, err)
		seeds[c.Seed] = true
	}
	assert.Len(t, seeds, 30, "every cell has a seed of its own")

	// A sweep over less has the same cells.
	p.Sweeps[0].Values = []string{"2.0"}
	c, err := p.Cell(5)
	require.NoError(t, err)
	assert.Equal(t, []string{"2.0", "20"}, c.Point)
	assert.Equal(t, 3, c.Rep)
	assert.True(t, seeds[c.Seed])
	for n := range 40 {
		at := 0
		for i := range 7 {
			from, to := game.Part(n, i+1, 7)
			assert.Equal(t, at, from)
			at = to
		}
		assert.Equal(t, n, at)
	}
}

// TestPartsOfAnySize: products beyond 64 bits lose no cell.
func TestPartsOfAnySize(t *testing.T) {
	for _, c := range []struct{ n, of int }{{5, math.MaxInt}, {math.MaxInt, 3}, {math.MaxInt, math.MaxInt}} {
		for _, i := range []int{1, 2, c.of/2 + 1, c.of - 1} {
			_, to := game.Part(c.n, i, c.of)
			from, _ := game.Part(c.n, i+1, c.of)
			assert.Equal(t, to, from, "part %d of %d", i, c.of)
			assert.LessOrEqual(t, 0, to)
		}
		_, to := game.Part(c.n, c.of, c.of)
		assert.Equal(t, c.n, to)
	}
}

func TestRanges(t *testing.T) {
	for text, values := range map[string][]string{
		"tax=0:1:0.25":       {"0.00", "0.25", "0.50", "0.75", "1.00"},
		"tax=0:0.3:0.1":      {"0.0", "0.1", "0.2", "0.3"},
		"tax=0:2e-3:1e-3":    {"0.000", "0.001", "0.002"},
		"tax=0:0.01:5e-3":    {"0.000", "0.005", "0.010"},
		"players=1e1:30:1e1": {"10", "20", "30"},
	} {
		s, err := game.ReadSweep(text)
		require.NoError(t, err)
		assert.Equal(t, values, s.Values, text)
	}
}

func TestImpossibleSweeps(t *testing.T) {
	for _, text := range []string{"amount", "=1", "amount=", "amount=1:2:0", "amount=2:1:1", "amount=1:a:1", "amount=0:1:0.0000001"} {
		_, err := game.ReadSweep(text)
		assert.Error(t, err, text)
	}
}
