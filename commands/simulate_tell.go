package commands

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"exptool/internal/cli"
	"exptool/internal/game"
	"exptool/internal/schema"
	"exptool/report"
)

// writeOutcomes plays, and writes what comes of it.
func (a *app) writeOutcomes(ctx context.Context, o *simulateOptions) error {
	o.plan.EveryRound, o.plan.KeepBalances = o.byRound, o.plot != ""
	rows := a.outcomes
	if from, to := o.cells(); o.byRound && o.plan.Len() == 1 && from < to { // else another part has the game
		rows = a.roundsOf
	}
	if err := a.writeMeasures(ctx, o, rows(ctx, o)); err != nil {
		return err
	}
	return ctx.Err()
}

// writeMeasures writes rows of measures, or for people who look at one game a table
// of them. What was played is written whatever ends the playing.
func (a *app) writeMeasures(ctx context.Context, o *simulateOptions, rows *outcomeRows) (err error) {
	ctx = context.WithoutCancel(ctx)
	if a.machine() || len(o.plan.Sweeps) > 0 || o.byRep || o.byRound {
		_, err = a.writeRows(ctx, rows, writeOptions{noHeader: o.part.i > 1})
	} else {
		if point, ok := rows.point(); ok {
			_, err = a.writeRows(ctx, measureTable(point), writeOptions{})
		}
		err = errors.Join(err, rows.err, rows.Close())
	}
	if err != nil {
		return err
	}
	a.tellOutcome(o, rows)
	if o.plot == "" || len(rows.last) == 0 {
		return nil
	}
	return a.writePlot(o.plot, &rows.last[0])
}

// playError is the error of a game that could not begin or go on.
func playError(err error) error {
	if rich := (*game.TooRichError)(nil); errors.As(err, &rich) {
		return refusedf("%w", err)
	}
	return wrongGame(err)
}

// tellPlan says what is played, and by which seed, before it is.
func (a *app) tellPlan(o *simulateOptions, from *players) {
	t := o.plan.Treatment
	var played []string
	switch {
	case from.label != "":
		played = append(played, cli.Count(int64(len(o.plan.Start)), "participants")+" of "+from.label)
	case o.sweeps("players"):
		played = append(played, "made-up players")
	default:
		played = append(played, cli.Count(t.Count("players"), "made-up players"))
	}
	if !o.sweeps("strategy") {
		played = append(played, "strategy "+t.Text("strategy"))
	}
	if !o.sweeps("rounds") {
		played = append(played, cli.Count(t.Count("rounds"), cli.Rounds))
	}
	if o.plan.Reps > 1 {
		played = append(played, cli.Count(int64(o.plan.Reps), "repetitions"))
	}
	if o.part.of > 1 {
		played = append(played, fmt.Sprintf("part %d of %d", o.part.i, o.part.of))
	}
	a.streams.Talk("%s: %s; random seed %d", strings.Join(o.treatment(), ", "), strings.Join(played, ", "), o.plan.Seed)
}

// treatment are the words for what is played: the game, who meets whom, what is set
// and what is swept.
func (o *simulateOptions) treatment() []string {
	t := o.plan.Treatment
	said := []string{t.Game.Name}
	told := []string{"schedule", "network", "strategy", "players", "rounds"} // in words
	say := func(name, words string) {
		if !o.sweeps(name) {
			said = append(said, words)
		}
	}
	if t.Game.Parameter("schedule") != nil {
		say("schedule", t.Text("schedule")+" schedule")
	}
	if slices.ContainsFunc(t.Game.Settable(), func(p game.Parameter) bool { return p.Name == "network" }) {
		say("network", t.Text("network")+" network")
	} else {
		told = append(told, "group_size", "matching")
		groups := "groups of " + t.Text("group_size")
		if t.Count("group_size") == 0 {
			groups = "all in one group"
		}
		say("group_size", groups)
		say("matching", t.Text("matching")+" matching")
	}
	for _, p := range t.Game.AllParameters() {
		if t.IsSet(p.Name) && !slices.Contains(told, p.Name) {
			say(p.Name, p.Name+"="+t.Text(p.Name))
		}
	}
	for _, s := range o.plan.Sweeps {
		shown := strings.Join(s.Values[:min(len(s.Values), maxShown)], ",")
		if len(s.Values) > maxShown {
			shown += ",…," + s.Values[len(s.Values)-1]
		}
		said = append(said, s.Name+"="+shown)
	}
	return said
}

// tellOutcome says in a line or two what came of it.
func (a *app) tellOutcome(o *simulateOptions, r *outcomeRows) {
	switch from, to := o.cells(); {
	case to-from > 1 && r.games < to-from:
		a.streams.Talk("%d of %s played", r.games, plural(to-from, "game was", "games were"))
	case len(o.plan.Sweeps) > 0 || len(r.last) == 0:
	case o.mean():
		before, _, _ := interval(r.last, func(c *game.Outcome) float64 { return c.Before.Gini })
		after, low, high := interval(r.last, func(c *game.Outcome) float64 { return c.After.Gini })
		a.streams.Talk("Gini %s → %s (95 %% interval %s to %s)", giniText(before), giniText(after), plain.short(low), plain.short(high))
	case o.plan.Reps == 1:
		a.tellGame(&r.last[0])
	}
}

// tellGame says what came of one game.
func (a *app) tellGame(c *game.Outcome) {
	if !c.Complete {
		a.streams.Talk("stopped after %s", cli.Count(int64(c.Played), cli.Rounds))
	}
	a.streams.Talk("%s; Gini %s → %s%s; %s rose, %s fell", cli.Count(c.Transfers, "transfers"),
		giniText(c.Before.Gini), giniText(c.After.Gini), a.sparkline(c.Series), cli.Count(int64(c.Rose), "players"), grouped(int64(c.Fell)))
	a.tellSettling(&c.Settling)
	a.tellTheory(c)
}

// tellSettling says whether the game has come to where it stays, where that can be said.
func (a *app) tellSettling(s *game.Settling) {
	switch {
	case s.From < 0:
	case s.Settled && s.From == 0:
		a.streams.Talk("the Gini has been settled from the start")
	case s.Settled:
		a.streams.Talk("the Gini has settled, from round %d on", s.From)
	case s.Remembers:
		a.streams.Talk("the Gini shows no trend, but players still rank as in the middle of the game (correlation %s): too early to say that it has settled", plain.short(s.Memory))
	default:
		a.streams.Talk("the Gini has not settled yet")
	}
}

// fewPlayers is of how many players a test of fit rejects little but what is far off.
const fewPlayers = 100

// tellTheory says what theory expects, and what a test says of it: of few players it
// can say that their balances are otherwise, and hardly that they are not.
func (a *app) tellTheory(c *game.Outcome) {
	if !c.Tested || math.IsNaN(c.Fit.P) {
		return
	}
	follow := "balances are in keeping with it"
	switch {
	case c.Fit.Rejected():
		follow = fmt.Sprintf("after %s balances do not follow it", cli.Count(int64(c.Played), cli.Rounds))
	case c.Players < fewPlayers:
		follow = fmt.Sprintf("%d players are too few to tell whether balances follow it", c.Players)
	}
	p := fmt.Sprintf("p = %.2g", c.Fit.P)
	if c.Fit.P < 0.0001 {
		p = "p < 0.0001"
	}
	a.streams.Talk("in the long run theory expects the %s law, of Gini %s: %s (χ² test, %s)", c.Law.Name, plain.short(c.Law.Gini()), follow, p)
}

// sparkWidth is how many cells a line of Ginis has.
const sparkWidth = 24

// sparkline draws a series of Ginis behind a space, on a terminal.
func (a *app) sparkline(series []game.Sample) string {
	if !a.streams.ErrTTY {
		return ""
	}
	ginis := make([]float64, len(series))
	for i, s := range series {
		ginis[i] = s.Gini
	}
	return " " + report.Sparkline(ginis, sparkWidth)
}

// giniText is a Gini in a sentence: where nobody has anything there is none.
func giniText(gini float64) string {
	if math.IsNaN(gini) {
		return "none"
	}
	return plain.short(gini)
}

// measureTable is the table of a point's measures for people.
func measureTable(point []game.Outcome) *report.Buffered {
	columns := []schema.Column{{Name: "measure", Kind: schema.Text}, {Name: "before", Kind: schema.Float}, {Name: "after", Kind: schema.Float}}
	if len(point) > 1 {
		columns = append(columns, schema.Column{Name: "low", Kind: schema.Float}, schema.Column{Name: "high", Kind: schema.Float})
	}
	columns = append(columns, schema.Column{Name: "meaning", Kind: schema.Text})
	debt, _, _ := interval(point, func(c *game.Outcome) float64 { return max(c.Before.Debt, c.After.Debt) })
	var rows [][]string
	for _, m := range measures() {
		if len(point) > 1 && m.scale == yesNo {
			m.scale, m.meaning = plain, "share of games: "+m.meaning
		}
		if debt == 0 && strings.HasSuffix(m.name, "debt") || m.single && len(point) > 1 {
			continue
		}
		mean, low, high := interval(point, m.after)
		row := []string{m.name, "", m.scale.short(mean)}
		if m.before != nil {
			before, _, _ := interval(point, m.before)
			row[1] = m.scale.short(before)
		}
		if len(point) > 1 {
			row = append(row, m.scale.short(low), m.scale.short(high))
		}
		if row[1] != "" || row[2] != "" {
			rows = append(rows, append(row, m.meaning))
		}
	}
	return report.Texts(columns, rows)
}
