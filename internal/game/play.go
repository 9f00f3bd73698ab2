package game

import (
	"context"
	"iter"
	"slices"
	"sync"
)

// Outcome is what a cell came to.
type Outcome struct {
	Cell
	Played    int   // rounds
	Complete  bool  // they are all; false where it was interrupted
	Players   int   // how many
	Transfers int64 // between players

	Before, After    Measures
	Rose, Fell, Same int     // players who have more at the end than at the start, less, as much
	Mobility         float64 // see there
	Series           []Sample
	ByRound          []Measures // of the rounds from First on, where the plan wants every round
	First            int
	Settling         Settling // of the series; From is a round
	Law              Law      // that theory says the balances come to, where Tested
	Tested           bool
	Fit              Fit
	Start, End       []int64 // balances, where the plan keeps them
}

// Sample is a point of a series.
type Sample struct {
	Round int // 0 is the start
	Gini  float64
}

// mostSamples bounds a series, and fewSamples that of a game of many players, in
// which measuring would else take longer than playing.
const (
	mostSamples = 200
	fewSamples  = 50
	manyPlayers = 100_000
)

// Watch measures a run as it is played.
type Watch struct {
	run     *Run
	meter   *Meter
	every   int // rounds from sample to sample
	byRound bool
	middle  []int64 // balances of the first players in the middle of the game
	o       Outcome
}

// A watch remembers what at most so many players had; of fewer than fewest nothing is
// said of settling, because what players do by chance moves their Gini all the time.
const (
	remembered = 1000
	fewest     = 20
)

// NewWatch begins to watch a run that has not begun. The meter may have measured
// another run before; nil makes one.
func NewWatch(r *Run, meter *Meter, byRound bool) *Watch {
	if meter == nil {
		meter = &Meter{}
	}
	samples := int64(mostSamples - 2) // the start and the end come on top
	if len(r.balances) > manyPlayers {
		samples = fewSamples - 2
	}
	w := &Watch{run: r, meter: meter, byRound: byRound, every: int((r.rounds-1)/samples) + 1}
	w.o.Before = meter.Measure(r.start)
	w.sample()
	return w
}

// Round is to be called after each round.
func (w *Watch) Round() {
	if w.byRound || w.run.round%w.every == 0 {
		w.sample()
	}
	if int64(w.run.round) == w.run.rounds/2 {
		w.middle = slices.Clone(w.run.balances[:min(remembered, len(w.run.balances))])
	}
}

// TakeRounds are the measures of the rounds since the last call, and the number of the
// first of them: who writes them as they come takes them away, and the watch does not
// grow.
func (w *Watch) TakeRounds() (first int, all []Measures) {
	first, all = w.o.First, w.o.ByRound
	w.o.First, w.o.ByRound = first+len(all), nil
	return first, all
}

// sample adds what there is to the series.
func (w *Watch) sample() {
	round := w.run.round
	var gini float64
	if w.byRound {
		all := w.meter.Measure(w.run.balances)
		w.o.ByRound, gini = append(w.o.ByRound, all), all.Gini
	} else {
		gini = w.meter.Gini(w.run.balances)
	}
	if round%w.every == 0 {
		w.o.Series = append(w.o.Series, Sample{round, gini})
	}
}

// Outcome is what the rounds so far came to.
func (w *Watch) Outcome() Outcome {
	r, o := w.run, w.o
	o.Played, o.Complete, o.Players, o.Transfers = r.round, r.Over(), len(r.balances), r.moved
	o.After = w.meter.Measure(r.balances)
	o.Rose, o.Fell, o.Same = Moves(r.start, r.balances)
	o.Mobility = w.meter.Mobility(r.start, r.balances)
	o.Settling = w.settling()
	if last := len(o.Series) - 1; o.Series[last].Round != r.round { // not evenly away from the one before
		o.Series = append(o.Series[:last+1:last+1], Sample{r.round, o.After.Gini})
	}
	if law := r.Treatment.Game.law; law != nil {
		o.Law, o.Tested = law(r)
	}
	if o.Tested {
		o.Fit = w.meter.GoodnessOfFit(r.balances, o.Law)
	}
	return o
}

// settling judges the series so far; not that of few players, nor of a game that ended
// before its middle.
func (w *Watch) settling() Settling {
	var series []float64
	if len(w.middle) >= fewest {
		for _, s := range w.o.Series {
			series = append(series, s.Gini)
		}
	}
	s := Settled(series)
	if s.From >= 0 {
		s.From = w.o.Series[s.From].Round
		s = s.remember(w.meter.Mobility(w.middle, w.run.balances[:len(w.middle)]), len(w.middle))
	}
	return s
}

// Begin prepares the run of the cell of a place, from 0.
func (p Plan) Begin(i int) (c Cell, r *Run, err error) {
	if c, err = p.Cell(i); err != nil {
		return c, nil, err
	}
	if err := c.Treatment.Check(); err != nil {
		return c, nil, err
	}
	s := Setup{Start: p.Start, IDs: p.IDs, Network: p.Networks[c.Treatment.NetworkFile()], Observed: p.Observed, Seed: c.Seed}
	if s.Start == nil {
		if s.Start, err = c.Treatment.MadeUp(c.Seed); err != nil {
			return c, nil, err
		}
	}
	r, err = NewRun(c.Treatment, s)
	return c, r, err
}

// Play plays the cells [from, to) in so many goroutines, and hands their outcomes
// over in the order of the cells: the same at any number of goroutines. Where ctx
// ends no other cell is begun, and those under way are handed over as far as they
// came. played, which may be nil, is told the rounds as they are played, from
// several goroutines.
func (p Plan) Play(ctx context.Context, from, to, threads int, played func(rounds int)) iter.Seq2[Outcome, error] {
	type answer struct {
		outcome Outcome
		err     error
	}
	type job struct {
		cell int
		done chan answer
	}
	return func(yield func(Outcome, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		var workers sync.WaitGroup
		defer workers.Wait()
		defer stop()
		jobs, order := make(chan job), make(chan job, threads)
		left := make(chan struct{}) // nobody wants more
		defer close(left)
		for range min(threads, max(1, to-from)) {
			workers.Go(func() {
				var meter Meter
				for j := range jobs {
					o, err := p.playCell(ctx, j.cell, &meter, played)
					j.done <- answer{o, err}
				}
			})
		}
		go func() {
			defer close(order)
			defer close(jobs)
			for i := from; i < to && ctx.Err() == nil; i++ {
				j := job{i, make(chan answer, 1)}
				select {
				case jobs <- j:
				case <-ctx.Done():
					return
				}
				select {
				case order <- j:
				case <-left:
					return
				}
			}
		}()
		for j := range order {
			if a := <-j.done; !yield(a.outcome, a.err) || a.err != nil {
				return
			}
		}
	}
}

// pulse is about how many turns pass between two looks at whether to stop.
const pulse = 200_000

// playCell plays a cell to its end, or until ctx ends.
func (p Plan) playCell(ctx context.Context, i int, meter *Meter, played func(int)) (Outcome, error) {
	c, r, err := p.Begin(i)
	if err != nil {
		return Outcome{}, err
	}
	w := NewWatch(r, meter, p.EveryRound)
	every, told := max(1, pulse/len(r.balances)), 0
	for r.Next() {
		w.Round()
		if r.round%every == 0 || r.Over() {
			if played != nil {
				played(r.round - told)
				told = r.round
			}
			if ctx.Err() != nil {
				break
			}
		}
	}
	if r.Err() != nil {
		return Outcome{}, r.Err()
	}
	o := w.Outcome()
	o.Cell = c
	if p.KeepBalances {
		o.Start, o.End = r.start, r.balances
	}
	return o, nil
}
