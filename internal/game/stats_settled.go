package game

import "math"

// Settling says whether a series over rounds, of Ginis most often, has come to where
// it stays.
type Settling struct {
	Settled bool
	From    int     // the index from which on it has settled or would have; -1 where that cannot be said
	Z       float64 // Geweke's diagnostic from there on; NaN where it cannot be computed

	// Remembers says that the series shows no trend, but players still are where they
	// were in the middle of the game: it has not settled, only slowed down.
	Remembers bool
	Memory    float64 // Mobility from the middle to the end; NaN where there is none
}

// shortest is of how many rounds something can be said.
const shortest = 40

// Settled judges a series in two steps. MSER-5 (White 1997, "An effective truncation
// heuristic for bias reduction in simulation output") says where the beginning
// ends: at the index in the first half from which on the mean of what follows has
// the least standard error, in batches of five rounds. From there on Geweke's
// diagnostic (1992, "Evaluating the accuracy of sampling-based approaches to the
// calculation of posterior moments") compares the mean of the first tenth with that
// of the last half, in standard errors that count how much a round is like the one
// before it; of series that have settled, Student's 95 % are within. The errors come
// from batch means of the last half (Schmeiser 1982, "Batch size effects in the
// analysis of simulation output"), which has settled if anything has. A slow noise
// looks like a movement in a short series: more rounds tell.
//
// Of fewer than 40 rounds, and where a value is NaN, nothing is said.
func Settled(series []float64) Settling {
	unknown := Settling{From: -1, Z: math.NaN()}
	if len(series) < shortest {
		return unknown
	}
	for _, x := range series {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return unknown
		}
	}
	s := Settling{From: truncation(series)}
	rest := series[s.From:]
	z, freedom := geweke(rest)
	s.Z = z
	s.Settled = math.Abs(z) <= student(freedom)
	return s
}

// mserBatch is the five of MSER-5.
const mserBatch = 5

// remember judges by players as well what their Ginis alone would say has settled. A
// game of few rounds moves so slowly beside its own noise that no trend is seen; but
// whoever is where the game stays is no longer where it was. memory is Mobility from
// the middle of the game to its end, of so many players.
func (s Settling) remember(memory float64, players int) Settling {
	s.Memory = memory
	moves := s.Z != 0 // a series that stands still has settled, and so have its players
	if s.Settled && moves && memory > forgotten(players) {
		s.Settled, s.Remembers = false, true
	}
	return s
}

// forgotten is the most that ranks of players may correlate by chance, at 5 %; of many
// players as much as leaves no trace in a Gini.
func forgotten(players int) float64 {
	return max(0.1, 1.96/math.Sqrt(float64(players-1)))
}

// truncation is where MSER-5 ends the beginning.
func truncation(series []float64) int {
	means := batchMeans(series, mserBatch) // from the first on, which is the start of a game
	at, least := 0, math.Inf(1)
	// From the end: mean and sum of squares around it (Welford 1962).
	mean, squares := 0.0, 0.0
	for i := len(means) - 1; i >= 0; i-- {
		n := float64(len(means) - i)
		away := means[i] - mean
		mean += away / n
		squares += away * (means[i] - mean)
		if i <= len(means)/2 { // beyond, few values can be alike by chance
			if mser := squares / (n * n); mser <= least {
				at, least = i, mser
			}
		}
	}
	return at * mserBatch
}

// geweke is the difference between the means of the first tenth and of the last
// half, in standard errors, and the degrees of freedom of these.
func geweke(series []float64) (z, freedom float64) {
	first, last := series[:max(1, len(series)/10)], series[len(series)/2:]
	before, _ := moments(first)
	after, _ := moments(last)
	batches := max(2, int(math.Sqrt(float64(len(last)))))
	size := len(last) / batches
	means := batchMeans(last[len(last)%size:], size)
	_, variance := moments(means)
	density := float64(size) * variance // the spectral density at zero
	deviation := math.Sqrt(density/float64(len(first)) + density/float64(len(last)))
	freedom = float64(len(means) - 1)
	if math.Abs(before-after) <= 1e-12*math.Abs(after) { // a series that stands still
		return 0, freedom
	}
	return (before - after) / deviation, freedom
}

// batchMeans are the means of so many values each, which divide the series.
func batchMeans(series []float64, size int) []float64 {
	means := make([]float64, len(series)/size)
	for i := range means {
		means[i], _ = moments(series[i*size : (i+1)*size])
	}
	return means
}
