package commands

import (
	"context"
	"iter"
	"slices"
	"strconv"

	"exptool/internal/cli"
	"exptool/internal/game"
	"exptool/internal/schema"
)

// playedColumn is a column that says what was played.
type playedColumn struct {
	schema.Column
	value func(*game.Outcome) []byte
}

// playedColumns say what was played; of people, who have read it, what is swept.
func (o *simulateOptions) playedColumns(people bool) (all []playedColumn) {
	g := o.plan.Treatment.Game
	add := func(name string, kind schema.Kind, value func(*game.Outcome) []byte) {
		all = append(all, playedColumn{schema.Column{Name: name, Kind: kind}, value})
	}
	parameter := func(name string) {
		p := g.Parameter(name)
		if p == nil {
			add(name, schema.Text, func(*game.Outcome) []byte { return nil })
			return
		}
		add(name, parameterKind(p), func(c *game.Outcome) []byte { return []byte(c.Treatment.Text(name)) })
	}
	if !people {
		add("game", schema.Text, func(*game.Outcome) []byte { return []byte(g.Name) })
		parameter("schedule")
		parameter("strategy")
		parameter("network")
		add("players", schema.Int, func(c *game.Outcome) []byte { return strconv.AppendInt(nil, int64(c.Players), 10) })
		parameter("rounds")
	}
	for _, s := range o.plan.Sweeps {
		if !slices.ContainsFunc(all, func(c playedColumn) bool { return c.Name == s.Name }) {
			parameter(s.Name)
		}
	}
	return all
}

func parameterKind(p *game.Parameter) schema.Kind {
	switch p.Kind {
	case game.Count:
		return schema.Int
	case game.Dollars:
		return schema.Numeric
	case game.Fraction, game.Number:
		return schema.Float
	}
	return schema.Text
}

// outcomeRows are the rows of the games of a plan, as they are played: one a point,
// a repetition or a round.
type outcomeRows struct {
	o       *simulateOptions
	next    func() (game.Outcome, error, bool)
	stop    func()
	played  []playedColumn
	shown   []measure
	columns []schema.Column
	waiting [][][]byte
	later   func() [][][]byte // the rows behind those that wait; nil where the next point has them
	values  [][]byte
	err     error
	games   int            // that were played to their end
	last    []game.Outcome // of the last point, without their series but for the last
}

// outcomeRows are the rows of outcomes that next hands over.
func (a *app) outcomeRows(o *simulateOptions, next func() (game.Outcome, error, bool), stop func()) *outcomeRows {
	r := &outcomeRows{o: o, next: next, stop: stop, played: o.playedColumns(!a.machine()), shown: measures()}
	if !a.machine() {
		r.shown = forPeople()
	}
	r.columns = r.head()
	return r
}

// outcomes plays the cells of the options' part.
func (a *app) outcomes(ctx context.Context, o *simulateOptions) *outcomeRows {
	from, to := o.cells()
	progress := a.gamesProgress(o, to-from)
	var rounds func(int)
	if to-from == 1 {
		rounds = func(n int) { progress.Add(int64(n)) }
	}
	next, stop := iter.Pull2(o.plan.Play(ctx, from, to, o.threads, rounds))
	return a.outcomeRows(o, func() (game.Outcome, error, bool) {
		one, err, ok := next()
		if ok && rounds == nil {
			progress.Add(1)
		}
		if !ok || err != nil {
			progress.Stop() // before the rows that a table has kept
		}
		return one, err, ok
	}, func() { stop(); progress.Stop() })
}

// roundsAtOnce is how many rounds of one game are measured before they are written.
const roundsAtOnce = 500

// roundsOf plays one game and hands it over in pieces, with the measures of some of
// its rounds each: a game of any length takes no more memory.
func (a *app) roundsOf(ctx context.Context, o *simulateOptions) *outcomeRows {
	var watch *game.Watch
	from, _ := o.cells()
	c, run, err := o.plan.Begin(from)
	if err == nil {
		watch = game.NewWatch(run, nil, true)
	}
	progress := a.gamesProgress(o, 1)
	over := false
	return a.outcomeRows(o, func() (piece game.Outcome, _ error, ok bool) {
		if err != nil || over {
			progress.Stop()
			return piece, err, false
		}
		for range roundsAtOnce {
			if over = ctx.Err() != nil || !run.Next(); over {
				break
			}
			watch.Round()
			progress.Add(1)
		}
		first, all := watch.TakeRounds()
		if piece, err = (game.Outcome{Players: len(run.Start())}), run.Err(); over && err == nil {
			piece = watch.Outcome()
			piece.Start, piece.End = run.Start(), run.Balances()
		}
		piece.Cell, piece.First, piece.ByRound = c, first, all
		return piece, err, err == nil
	}, progress.Stop)
}

// gamesProgress counts the rounds of one game, and of several the games.
func (a *app) gamesProgress(o *simulateOptions, games int) *cli.Progress {
	if games == 1 {
		return a.streams.Progress("playing", o.plan.Treatment.Count("rounds"), cli.Rounds)
	}
	return a.streams.Progress("playing", int64(games), "games")
}

// mean reports whether rows are means of repetitions.
func (o *simulateOptions) mean() bool { return o.plan.Reps > 1 && !o.byRep && !o.byRound }

// head are the columns.
func (r *outcomeRows) head() (all []schema.Column) {
	for _, p := range r.played {
		all = append(all, p.Column)
	}
	number := func(name string) { all = append(all, schema.Column{Name: name, Kind: schema.Int}) }
	if r.o.plan.Reps > 1 && !r.o.mean() {
		number("rep")
	}
	number("seed")
	switch {
	case r.o.byRound:
		number("round")
		r.shown = distributions()
	case r.o.mean():
		number("reps")
		r.shown = slices.DeleteFunc(r.shown, func(m measure) bool { return m.single })
	}
	float := func(name string) { all = append(all, schema.Column{Name: name, Kind: schema.Float}) }
	for _, m := range r.shown {
		if m.name == "gini" && !r.o.byRound {
			float("gini_before")
		}
		float(m.name)
		if r.o.mean() {
			float(m.name + "_low")
			float(m.name + "_high")
		}
	}
	return all
}

// Columns is schema.Rows'.
func (r *outcomeRows) Columns() []schema.Column { return r.columns }

// Values is schema.Rows'.
func (r *outcomeRows) Values() [][]byte { return r.values }

// Err is schema.Rows'.
func (r *outcomeRows) Err() error { return r.err }

// Close is schema.Rows'.
func (r *outcomeRows) Close() error {
	r.stop()
	return nil
}

// Next is schema.Rows'.
func (r *outcomeRows) Next() bool {
	for len(r.waiting) == 0 {
		if r.later != nil {
			r.waiting = r.later()
			continue
		}
		point, ok := r.point()
		if !ok {
			return false
		}
		r.waiting = r.rows(point)
	}
	r.values, r.waiting = r.waiting[0], r.waiting[1:]
	return true
}

// point plays what the next rows are of: a cell, or all repetitions of a point. Of a
// game that was interrupted something is told only where it is the only one.
func (r *outcomeRows) point() (point []game.Outcome, ok bool) {
	want := 1
	if r.o.mean() {
		want = r.o.plan.Reps
	}
	for len(point) < want {
		one, err, ok := r.next()
		if err != nil {
			r.err = playError(err)
		}
		if !ok || err != nil || !one.Complete && r.o.plan.Len() > 1 {
			break
		}
		if len(point) > 0 {
			point[len(point)-1].Series = nil // nobody asks for those of all
		}
		point = append(point, one)
		r.games++
	}
	if r.err != nil || len(point) == 0 {
		return nil, false
	}
	r.last = point
	return point, true
}

// rows are the rows of a point.
func (r *outcomeRows) rows(point []game.Outcome) [][][]byte {
	first := &point[0]
	lead := make([][]byte, 0, len(r.columns))
	for _, p := range r.played {
		lead = append(lead, p.value(first))
	}
	switch {
	case r.o.mean():
		lead = append(lead, seedValue(r.o.plan.Seed), strconv.AppendInt(nil, int64(len(point)), 10))
		return [][][]byte{r.means(lead, point)}
	case r.o.plan.Reps > 1:
		lead = append(lead, strconv.AppendInt(nil, int64(first.Rep), 10))
	}
	lead = append(lead, seedValue(first.Seed))
	if r.o.byRound {
		return r.rounds(lead, first)
	}
	for _, m := range r.shown {
		if m.name == "gini" {
			lead = append(lead, m.scale.decimal(m.before(first)))
		}
		lead = append(lead, m.scale.decimal(m.after(first)))
	}
	return [][][]byte{lead}
}

// rounds are the rows of a game's rounds: some of them, because as text they take many
// times the memory, and r.later makes the next.
func (r *outcomeRows) rounds(lead [][]byte, one *game.Outcome) (all [][][]byte) {
	some := min(len(one.ByRound), roundsAtOnce)
	r.later = nil
	if rest := one.ByRound[some:]; len(rest) > 0 {
		others := game.Outcome{First: one.First + some, ByRound: rest}
		r.later = func() [][][]byte { return r.rounds(lead, &others) }
	}
	for n := range some {
		row := append(slices.Clone(lead), strconv.AppendInt(nil, int64(one.First+n), 10))
		at := game.Outcome{After: one.ByRound[n]}
		for _, m := range r.shown {
			row = append(row, m.scale.decimal(m.after(&at)))
		}
		all = append(all, row)
	}
	return all
}

// means is the row of a point's means and their intervals.
func (r *outcomeRows) means(row [][]byte, point []game.Outcome) [][]byte {
	for _, m := range r.shown {
		if m.name == "gini" {
			before, _, _ := interval(point, m.before)
			row = append(row, m.scale.decimal(before))
		}
		mean, low, high := interval(point, m.after)
		row = append(row, m.scale.decimal(mean), m.scale.decimal(low), m.scale.decimal(high))
	}
	return row
}

// interval is the mean of a measure over repetitions, and its 95 % interval.
func interval(point []game.Outcome, of func(*game.Outcome) float64) (mean, low, high float64) {
	samples := make([]float64, len(point))
	for i := range point {
		samples[i] = of(&point[i])
	}
	return game.Interval(samples)
}

func seedValue(seed uint64) []byte { return strconv.AppendUint(nil, seed, 10) }
