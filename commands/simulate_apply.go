package commands

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"exptool/internal/cli"
	"exptool/internal/game"
	"exptool/repo"
)

// A stretch of a game that is booked in one transaction ends with the round in which
// it comes to so many transfers, or decisions.
const (
	stretchTransfers = 10_000
	stretchDecisions = 100_000
	mostDry          = 2_000_000 // decisions of a dry run, which has only one: about 3 GB of memory
)

// bookedGame is a game that is booked as it is played.
type bookedGame struct {
	o       *simulateOptions
	ledger  *repo.Ledger
	run     *game.Run
	watch   *game.Watch
	session string

	rounds               int // that are booked
	transfers, decisions int64
}

// applyGame plays a game of the participants and books it.
func (a *app) applyGame(ctx context.Context, o *simulateOptions, from *players) error {
	if err := a.agreeToApply(ctx, o, from); err != nil {
		return err
	}
	if o.dryRun && o.plan.Treatment.Count("rounds") > int64(mostDry/len(o.plan.Start)) {
		return usagef("a dry run is one transaction, in which there are up to %s and not %s of %d participants",
			cli.Count(mostDry, "decisions"), cli.Count(o.plan.Treatment.Count("rounds"), cli.Rounds), len(o.plan.Start)).hint("look at fewer --rounds")
	}
	g := &bookedGame{o: o, ledger: from.ledger}
	var err error
	if g.session, err = o.freeSession(ctx, from.ledger); err != nil {
		return err
	}
	c, run, err := o.plan.Begin(0)
	if err != nil {
		return playError(err)
	}
	g.run = run
	g.run.Record()
	g.watch = game.NewWatch(g.run, nil, o.byRound)
	progress := a.streams.Progress("booking", o.plan.Treatment.Count("rounds"), cli.Rounds)
	defer progress.Stop()
	for more := true; more && ctx.Err() == nil; {
		if more, err = g.stretch(ctx); err != nil {
			return err
		}
		progress.Set(int64(g.rounds))
	}
	progress.Stop()
	if o.dryRun && ctx.Err() != nil {
		return ctx.Err()
	}
	outcome := g.watch.Outcome()
	outcome.Cell, outcome.Start, outcome.End = c, g.run.Start(), g.run.Balances()
	if err := a.writeBooked(ctx, o, outcome); err != nil {
		return fmt.Errorf("%w; but %s", err, g.booked())
	}
	a.tellBooked(g)
	if err := g.compare(ctx); err != nil {
		return err
	}
	return ctx.Err()
}

// agreeToApply asks before anything is written to a database that is not private.
func (a *app) agreeToApply(ctx context.Context, o *simulateOptions, from *players) error {
	a.announceTarget(from.db)
	if o.dryRun || o.yes || from.db.Address().IsPrivate() {
		return nil
	}
	if !a.streams.Interactive() {
		return usagef("%s is not a private database: no game is booked there unasked", from.label).hint("add --yes, or look first with --dry-run")
	}
	yes, err := a.streams.Ask(ctx, fmt.Sprintf("play %s of %s with the dollars of %s in %s?",
		cli.Count(o.plan.Treatment.Count("rounds"), cli.Rounds), o.plan.Treatment.Game.Name, cli.Count(int64(len(o.plan.Start)), "participants"), from.label))
	if err == nil && !yes {
		err = failuref(exitFailure, "nothing was changed", nil)
	}
	return err
}

// freeSession is the name of the session: the one given, which must be new, else that
// of the seed, with a number behind it where it was played before.
func (o *simulateOptions) freeSession(ctx context.Context, ledger *repo.Ledger) (string, error) {
	name := o.sessionOf(o.plan.Seed)
	for n := 2; ; n++ {
		used, err := ledger.HasSession(ctx, name)
		switch {
		case err != nil || !used:
			return name, err
		case o.session != "":
			return "", refusedf("there is a session %q in the ledger already", name).hint("give another name with --session")
		}
		name = fmt.Sprintf("%s-%d", o.sessionOf(o.plan.Seed), n)
	}
}

// stretch plays some whole rounds and books them. A dry run is one stretch, because
// the next one would not see what was taken back. What is under way is finished where
// ctx ends.
func (g *bookedGame) stretch(ctx context.Context) (more bool, err error) {
	p := repo.Played{Session: g.session, Game: g.run.Treatment.Game.Name, Treatment: treatmentText(g.run.Treatment), First: g.rounds == 0, Before: g.balances()}
	for (g.o.dryRun || len(p.Transfers) < stretchTransfers && len(p.Decisions) < stretchDecisions) && ctx.Err() == nil && g.run.Next() {
		g.watch.Round()
		g.addRound(&p)
	}
	if g.run.Err() != nil {
		return false, playError(g.run.Err())
	}
	if g.run.Round() == g.rounds || g.o.dryRun && ctx.Err() != nil {
		return false, nil
	}
	p.After = g.balances()
	finish := context.WithoutCancel(ctx)
	if g.o.dryRun { // it would be taken back anyway
		finish = ctx
	}
	if err := g.ledger.ApplyPlayed(finish, p); err != nil {
		return false, g.stopped(err)
	}
	g.rounds = g.run.Round()
	g.transfers += int64(len(p.Transfers))
	g.decisions += int64(len(p.Decisions))
	return !g.run.Over(), nil
}

// balances are what everybody has now.
func (g *bookedGame) balances() []repo.Balance {
	all := make([]repo.Balance, len(g.run.Balances()))
	for place, cents := range g.run.Balances() {
		all[place] = repo.Balance{ID: g.run.ID(place), Cents: repo.Cents(cents)}
	}
	return all
}

// id is the participant at a place, or the bank.
func (g *bookedGame) id(place int32) int64 {
	if place < 0 {
		return repo.Bank
	}
	return g.run.ID(int(place))
}

// addRound adds the round played last to a stretch.
func (g *bookedGame) addRound(p *repo.Played) {
	for _, t := range g.run.Transfers() {
		p.Transfers = append(p.Transfers, repo.Transfer{
			Kind: repo.TransferKind(t.Kind), Payer: g.id(t.From), Payee: g.id(t.To), Sent: repo.Cents(t.Cents),
			Session: g.session, Round: g.run.Round(),
		})
	}
	for place, d := range g.run.Decisions() {
		p.Decisions = append(p.Decisions, repo.Decision{
			Group: int(d.Group) + 1, Round: g.run.Round(), Donor: g.run.ID(place), Choice: d.Choice, Recipient: g.id(d.Recipient),
			Gifts: int(d.Gifts), Cost: repo.Cents(d.Cost), Benefit: repo.Cents(d.Benefit),
			BalanceBefore: repo.Cents(d.Before), BalanceAfter: repo.Cents(d.After), RankBefore: int(d.RankBefore), RankAfter: int(d.RankAfter),
		})
	}
}

// booked says what is in the ledger.
func (g *bookedGame) booked() string {
	switch g.rounds {
	case 0:
		return "no round is booked"
	case 1:
		return "round 1 is booked, as session " + g.session
	}
	return fmt.Sprintf("rounds 1 to %d are booked, as session %s", g.rounds, g.session)
}

// stopped is the error of a stretch that was not booked.
func (g *bookedGame) stopped(err error) error {
	e := failuref(codeOf(err), "%w", []any{err}).with(g.booked())
	if errors.Is(err, repo.ErrConnect) {
		e = e.with(fmt.Sprintf("of rounds %d to %d it is not known whether they are", g.rounds+1, g.run.Round()))
	}
	return e
}

// compare compares what everybody has in the database with what the game ended with.
func (g *bookedGame) compare(ctx context.Context) error {
	if g.o.dryRun {
		return nil
	}
	there, _, err := g.ledger.Balances(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	has := make(map[int64]repo.Cents, len(there))
	for _, b := range there {
		has[b.ID] = b.Cents
	}
	for _, b := range g.balances() {
		switch now, ok := has[b.ID]; {
		case !ok:
			return failuref(exitTryAgain, "participant %d has no dollars any more, and not the %s of the simulation", []any{b.ID, b.Cents}).with(g.booked())
		case now != b.Cents:
			return failuref(exitTryAgain, "participant %d has %s and not the %s of the simulation: somebody gave meanwhile", []any{b.ID, now, b.Cents}).with(g.booked())
		}
	}
	return nil
}

// writeBooked writes what came of the game, as simulate does without --apply.
func (a *app) writeBooked(ctx context.Context, o *simulateOptions, outcome game.Outcome) error {
	next, stop := iter.Pull2(func(yield func(game.Outcome, error) bool) { yield(outcome, nil) })
	return a.writeMeasures(ctx, o, a.outcomeRows(o, next, stop))
}

// tellBooked says what was booked.
func (a *app) tellBooked(g *bookedGame) {
	what := cli.Count(g.transfers, "transfers") + " and " + cli.Count(g.decisions, "decisions")
	if g.o.dryRun {
		a.streams.Talk("dry run: %s would be booked; nothing was changed", what)
		return
	}
	a.streams.Talk("booked %s as session %s: exptool%s query decisions session=%s", what, g.session, a.dbWords(), shellQuote(g.session))
}
