package commands

import (
	"context"
	"fmt"
	"strconv"

	"exptool/internal/game"
	"exptool/internal/schema"
)

// decisionRows are the rows of what each player did in each round, as the games are
// played one after another.
type decisionRows struct {
	ctx      context.Context
	o        *simulateOptions
	cell, to int
	run      *game.Run
	same     [3][]byte // session, game and treatment of the run
	at       int       // the place of the player who comes next
	values   [][]byte
	err      error
}

// decisionColumns are those of `exptool query decisions`, without what the database
// adds.
var decisionColumns = []schema.Column{
	{Name: "session", Kind: schema.Text}, {Name: "game", Kind: schema.Text}, {Name: "treatment", Kind: schema.Text},
	{Name: "group_number", Kind: schema.Int}, {Name: "round", Kind: schema.Int}, {Name: "donor", Kind: schema.Int},
	{Name: "choice", Kind: schema.Text}, {Name: "recipient", Kind: schema.Int}, {Name: "gifts", Kind: schema.Int},
	{Name: "cost", Kind: schema.Numeric}, {Name: "benefit", Kind: schema.Numeric},
	{Name: "balance_before", Kind: schema.Numeric}, {Name: "balance_after", Kind: schema.Numeric},
	{Name: "rank_before", Kind: schema.Int}, {Name: "rank_after", Kind: schema.Int},
}

// writeDecisions plays the games of the part and writes what everybody did.
func (a *app) writeDecisions(ctx context.Context, o *simulateOptions) error {
	from, to := o.cells()
	rows := &decisionRows{ctx: ctx, o: o, cell: from, to: to, values: make([][]byte, len(decisionColumns))}
	if _, err := a.writeRows(context.WithoutCancel(ctx), rows, writeOptions{noHeader: o.part.i > 1}); err != nil {
		return err
	}
	return ctx.Err()
}

// Columns is schema.Rows'.
func (r *decisionRows) Columns() []schema.Column { return decisionColumns }

// Values is schema.Rows'.
func (r *decisionRows) Values() [][]byte { return r.values }

// Err is schema.Rows'.
func (r *decisionRows) Err() error { return r.err }

// Close is schema.Rows'.
func (r *decisionRows) Close() error { return nil }

// Next is schema.Rows'. It plays a round where all of the last one is told, and ends
// between rounds.
func (r *decisionRows) Next() bool {
	for r.run == nil || r.at == len(r.run.Decisions()) {
		if r.ctx.Err() != nil || !r.round() {
			return false
		}
	}
	r.tell(&r.run.Decisions()[r.at])
	r.at++
	return true
}

// round plays the next round, of the next game where this one is over.
func (r *decisionRows) round() bool {
	for r.run == nil || !r.run.Next() {
		if r.run != nil && r.run.Err() != nil {
			r.err = playError(r.run.Err())
		}
		if r.err != nil || r.cell == r.to {
			return false
		}
		c, run, err := r.o.plan.Begin(r.cell)
		if err != nil {
			r.err = playError(err)
			return false
		}
		r.run = run
		r.run.Record()
		r.cell++
		r.same = [3][]byte{[]byte(r.o.sessionOf(c.Seed)), []byte(c.Treatment.Game.Name), orNull(treatmentText(c.Treatment))}
	}
	r.at = 0
	return true
}

// treatmentText is the treatment of a session in a word: what is set, and the schedule
// even where it is the default, because another author's default is the other one.
func treatmentText(t game.Treatment) string {
	if t.Game.Parameter("schedule") != nil {
		t = t.Clone()
		_ = t.Set("schedule", t.Text("schedule")) // which it has
	}
	return t.String()
}

// sessionOf is what a game is called: what --session says, else its seed.
func (o *simulateOptions) sessionOf(seed uint64) string {
	if o.session != "" {
		return o.session
	}
	return fmt.Sprintf("sim-%d", seed)
}

// tell makes the row of a decision.
func (r *decisionRows) tell(d *game.Decision) {
	v := append(r.values[:0], r.same[:]...)
	v = append(v, integer(int64(d.Group)+1), strconv.AppendInt(nil, int64(r.run.Round()), 10), integer(r.run.ID(r.at)), []byte(d.Choice))
	if d.Recipient == game.None {
		v = append(v, nil)
	} else {
		v = append(v, integer(r.run.ID(int(d.Recipient))))
	}
	v = append(v, strconv.AppendInt(nil, int64(d.Gifts), 10))
	for _, cents := range [...]int64{d.Cost, d.Benefit, d.Before, d.After} {
		v = append(v, twoDecimals(cents))
	}
	r.values = append(v, integer(int64(d.RankBefore)), integer(int64(d.RankAfter)))
}

// twoDecimals are dollars as the ledger's views print them.
func twoDecimals(cents int64) []byte {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return fmt.Appendf(nil, "%s%d.%02d", sign, cents/100, cents%100)
}
