package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"exptool/internal/cli"
	"exptool/internal/filter"
	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

// seedAtOnce is how many participants get their dollars in one transaction: each is
// locked until it ends.
const seedAtOnce = 2000

// seeded is what a seeding did.
type seeded struct {
	granted      []repo.Result
	total        repo.Cents
	opened, held int   // participants who had dollars, opened now; locked by others
	first        error // why the first of the others was refused
	others       int
}

// give books the endowments, and opens those who had dollars before.
func (o *seedOptions) give(ctx context.Context, s *session, t *schema.Table, poor []int64) error {
	ledger := s.app.ledger(s.db, o.dryRun)
	missing, err := ledger.AddDollars(ctx)
	if err != nil {
		return err
	}
	done := &seeded{}
	switch {
	case missing && o.dryRun:
		s.app.streams.Talk("dry run: the column participant.dollars (integer, never negative) would be added")
		for _, id := range poor {
			done.add(repo.Result{Transfer: o.endowment(id)})
		}
		return o.tell(ctx, s, done)
	case missing:
		s.app.streams.Talk("added the column participant.dollars (integer, never negative)")
	}
	transfers := make([]repo.Transfer, 0, len(poor))
	if t.Column("dollars") != nil {
		holders, err := s.ids(ctx, filter.Query{Entity: schema.Entity{Name: "participants", Table: t}, Where: []string{"dollars is not null"}})
		if err != nil {
			return err
		}
		for _, id := range holders {
			transfers = append(transfers, repo.Transfer{Kind: repo.Opening, Payee: id})
		}
	}
	for _, id := range poor {
		transfers = append(transfers, o.endowment(id))
	}
	progress := s.app.streams.Progress("giving dollars", int64(len(transfers)), cli.Rows)
	defer progress.Stop()
	for part := range slices.Chunk(transfers, seedAtOnce) {
		results, err := ledger.Apply(ctx, part)
		if err != nil {
			return err
		}
		for _, r := range results {
			done.add(r)
		}
		progress.Add(int64(len(part)))
	}
	progress.Stop()
	return o.tell(ctx, s, done)
}

func (o *seedOptions) endowment(id int64) repo.Transfer {
	cents := repo.Cents(o.Draw(o.seed, id) * 100)
	return repo.Transfer{Kind: repo.Endowment, Payee: id, Sent: cents, Received: cents, Memo: fmt.Sprintf("random seed %d", o.seed)}
}

func (d *seeded) add(r repo.Result) {
	switch {
	case errors.Is(r.Err, repo.ErrTryAgain):
		d.held++
	case r.Err != nil:
		d.others++
		if d.first == nil {
			d.first = r.Err
		}
	case r.Kind == repo.Opening:
		if !r.Replayed {
			d.opened++
		}
	default:
		d.granted = append(d.granted, r)
		d.total += r.Received
	}
}

// seedColumns are the columns of what seed prints.
var seedColumns = []schema.Column{{Name: "participant_id", Kind: schema.Int}, {Name: "dollars", Kind: schema.Numeric}}

// tell says who got what.
func (o *seedOptions) tell(ctx context.Context, s *session, done *seeded) error {
	talk := s.app.streams.Talk
	shown := done.granted
	if s.app.fitted() {
		shown = shown[:min(len(shown), maxShown)]
	}
	if len(shown) > 0 || s.app.machine() {
		rows := make([][]string, len(shown))
		for i, r := range shown {
			rows[i] = []string{number(r.Payee), r.Received.Decimal()}
		}
		if _, err := s.app.writeRows(ctx, report.Texts(seedColumns, rows), writeOptions{}); err != nil {
			return err
		}
	}
	if n := len(done.granted) - len(shown); n > 0 {
		talk("and %d more; exptool board shows them all", n)
	}
	got := "got"
	if o.dryRun {
		got = "would get"
	}
	switch n := len(done.granted); {
	case n > 0:
		talk("%s %s %s: %s in all; random seed %d", cli.Count(int64(n), "participants"), got, o.each(), done.total, o.seed)
	case done.held == 0 && done.others == 0:
		talk("nobody is without dollars; nothing was given")
	}
	if done.opened > 0 {
		talk("%s had dollars already: opened in the ledger at their balances", cli.Count(int64(done.opened), "participants"))
	}
	if done.others > 0 {
		talk("%s passed over: %v", plural(done.others, "participant was", "participants were"), done.first)
	}
	if done.held > 0 {
		return failuref(exitTryAgain, "%s locked by the experiment and got nothing", []any{plural(done.held, "participant was", "participants were")}).
			hint("run it again: nobody is given twice")
	}
	return nil
}
