package game

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Sweep is a parameter and the values that it takes in turn.
type Sweep struct {
	Name   string
	Values []string
}

// ReadSweep reads "name=v1,v2" or "name=from:to:step". Values that have commas
// themselves, as mixtures of strategies, are divided by semicolons.
func ReadSweep(text string) (Sweep, error) {
	name, list, ok := strings.Cut(text, "=")
	if !ok || name == "" || list == "" {
		return Sweep{}, fmt.Errorf("a sweep is written name=v1,v2,… or name=from:to:step")
	}
	s := Sweep{Name: name}
	if parts := strings.Split(list, ":"); len(parts) == 3 && !strings.ContainsAny(list, ",;") {
		var err error
		s.Values, err = steps(parts)
		return s, err
	}
	by := ","
	if strings.Contains(list, ";") {
		by = ";"
	}
	s.Values = strings.Split(list, by)
	return s, nil
}

// maxSteps is how many values a range may have.
const maxSteps = 100_000

// steps are the numbers from:to:step, the end included where a step meets it.
func steps(parts []string) (all []string, err error) {
	var n [3]float64
	decimals := 0
	for i, p := range parts {
		if n[i], err = strconv.ParseFloat(p, 64); err != nil || math.IsInf(n[i], 0) || math.IsNaN(n[i]) {
			return nil, fmt.Errorf("%q is no number", p)
		}
		_, after, _ := strings.Cut(strconv.FormatFloat(n[i], 'f', -1, 64), ".") // 1e-3 has some, too
		decimals = max(decimals, len(after))
	}
	from, to, step := n[0], n[1], n[2]
	count := math.Floor((to-from)/step+1e-9) + 1
	switch {
	case step <= 0:
		return nil, fmt.Errorf("the step of a range is more than 0")
	case to < from:
		return nil, fmt.Errorf("the range ends before it begins")
	case count > maxSteps:
		return nil, fmt.Errorf("the range has more than %d values", maxSteps)
	}
	for i := range int(count) {
		all = append(all, strconv.FormatFloat(from+float64(i)*step, 'f', decimals, 64))
	}
	return all, nil
}

// Plan is a list of cells: each point of the sweeps, each repeated.
type Plan struct {
	Treatment Treatment
	Sweeps    []Sweep
	Reps      int
	Seed      uint64

	Start    []int64             // what the players of every cell begin with, in cents; nil: they are made up
	IDs      []int64             // those players' ids
	Observed *Observed           // what the strategy observed plays
	Networks map[string]*Network // those of files, by name

	EveryRound   bool // outcomes have the measures of every round
	KeepBalances bool // outcomes have the balances of the start and of the end
}

// Cell is one game of a plan.
type Cell struct {
	Treatment Treatment
	Point     []string // the values of the sweeps, in their order
	Rep       int      // from 1
	Seed      uint64
}

// Len is how many cells there are. It is negative where they are too many to count.
func (p Plan) Len() int {
	n := p.Reps
	for _, s := range p.Sweeps {
		if n > math.MaxInt32/max(1, len(s.Values)) {
			return -1
		}
		n *= len(s.Values)
	}
	return n
}

// Cell is the cell of a place, from 0: points in the order of the sweeps, the last
// one fastest, and within a point the repetitions. Nothing but its own parameters
// make its seed, so that it can be played anywhere. The one cell of a plan without
// sweeps and repetitions has the plan's own seed.
func (p Plan) Cell(i int) (Cell, error) {
	c := Cell{Treatment: p.Treatment, Rep: i%p.Reps + 1, Seed: p.Seed, Point: make([]string, len(p.Sweeps))}
	if len(p.Sweeps) > 0 {
		c.Treatment = p.Treatment.Clone()
	}
	at := i / p.Reps
	for k := len(p.Sweeps) - 1; k >= 0; k-- {
		s := p.Sweeps[k]
		c.Point[k] = s.Values[at%len(s.Values)]
		at /= len(s.Values)
		if err := c.Treatment.Set(s.Name, c.Point[k]); err != nil {
			return c, err
		}
	}
	if len(p.Sweeps) > 0 || p.Reps > 1 {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d\n%s %s\n%d", p.Seed, c.Treatment.Game.Name, c.Treatment, c.Rep))
		c.Seed = binary.LittleEndian.Uint64(sum[:]) >> 11 // 53 bits, which R and JSON keep
	}
	return c, nil
}

// Part is the range [from, to) of n cells that the shard i of count has, i from 1.
// The parts are contiguous, and together all cells.
func Part(n, i, count int) (from, to int) {
	edge := func(i int) int { // n·i may take more than 64 bits
		high, low := bits.Mul64(uint64(n), uint64(i))
		at, _ := bits.Div64(high, low, uint64(count))
		return int(at)
	}
	return edge(i - 1), edge(i)
}
