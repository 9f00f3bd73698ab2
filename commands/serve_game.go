package commands

import (
	"context"
	cryptorand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"exptool/internal/cli"
	"exptool/internal/filter"
	"exptool/internal/schema"
	"exptool/internal/web"
	"exptool/repo"
	"exptool/report"
)

// dollarGame is a database in which people play on pages.
type dollarGame struct {
	*session
	*web.Store
	o      *serveOptions
	signer web.Signer
	labels *filter.Plan // id and what --label names; nil without it
	joined int64
	seed   uint64 // of what those get who join
}

// openGame opens the database, and reads what pages need of it.
func (a *app) openGame(ctx context.Context, o *serveOptions) (g *dollarGame, err error) {
	db, err := a.openServed(ctx, o)
	if err != nil {
		return nil, err
	}
	s, err := a.connectTo(ctx, db, "participants")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.closeInto(&err)
		}
	}()
	g = &dollarGame{session: s, o: o, seed: rand.Uint64N(1_000_000_000), Store: &web.Store{
		DB: db, Serving: repo.NewServing(db, a.ledgerOptions(false)),
		Game: o.played.Game.Name, Treatment: o.played.String(),
	}}
	g.Enter, g.Rows, g.Lost = g.enter, g.transfers, g.lost
	if err = g.readLabels(ctx); err != nil {
		return nil, err
	}
	s.tx.End(ctx) // it would stay open as long as the server runs
	s.tx = nil
	a.announceTarget(db)
	key, err := g.Serving.Key(ctx)
	if err != nil {
		return nil, err
	}
	g.signer, err = web.NewSigner(key)
	return g, err
}

// openServed opens the database. For people who join, a private one is prepared as seed
// does it.
func (a *app) openServed(ctx context.Context, o *serveOptions) (db *repo.DB, err error) {
	if !o.join {
		return a.open(ctx)
	}
	if db, _, err = a.openOrCreate(ctx); err != nil || !db.Address().IsPrivate() {
		return db, err
	}
	added, err := a.ledger(db, false).AddDollars(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if added {
		a.streams.Talk("added the column participant.dollars (integer, never negative)")
	}
	return db, nil
}

// readLabels prepares the question for what --label names.
func (g *dollarGame) readLabels(ctx context.Context) (err error) {
	field := g.app.config.Label
	if field == "" {
		return nil
	}
	q := filter.Query{Columns: []string{"id", "label=" + field}}
	if q.Entity, err = g.entity(ctx, "participants", false); err == nil {
		g.labels, err = g.compile(ctx, q)
	}
	return err
}

// begin reads who plays, and makes the session or finds the one to go on with.
func (g *dollarGame) begin(ctx context.Context) (play web.Play, err error) {
	people, at, err := g.DB.People(ctx)
	if err != nil {
		return play, err
	}
	g.From = at
	playing := g.playing(people)
	if err := g.checkPlayers(len(people), len(playing)); err != nil {
		return play, err
	}
	if err := g.checkAmount(ctx); err != nil {
		return play, err
	}
	if play, err = g.choose(ctx); err != nil {
		return play, err
	}
	if len(playing) > 0 {
		_, err = g.Serving.Players(ctx, playing...)
	}
	return play, err
}

// playing are the ids of those who play.
func (g *dollarGame) playing(people []repo.Person) (ids []int64) {
	for _, p := range people {
		if p.HasDollars && !p.Failed && !(g.o.people && p.Bot) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// checkPlayers refuses a game that nobody can play, unless somebody may join.
func (g *dollarGame) checkPlayers(all, playing int) error {
	where := g.db.Address().Label()
	switch {
	case g.o.join || playing > 1:
		return nil
	case all == 0:
		return notFoundf("there are no participants in %s", where).hint("exptool seed --participants 20 makes some in a private database; with --join whoever comes is one")
	case playing == 0:
		return refusedf("of %s in %s nobody has dollars and has not failed", cli.Count(int64(all), "participants"), where).hint("exptool seed gives everybody some")
	}
	return refusedf("a game needs two players or more, and one participant in %s has dollars", where).hint("exptool seed gives everybody some")
}

// checkAmount refuses to give cents where dollars are whole.
func (g *dollarGame) checkAmount(ctx context.Context) error {
	if g.o.amount()%100 == 0 {
		return nil
	}
	_, whole, err := g.app.ledger(g.db, true).Balances(ctx)
	if err == nil && whole {
		err = refusedf("participant.dollars takes whole dollars, and a press would give %s", g.o.amount()).hint("choose another --amount")
	}
	return err
}

// People is web.People's: without those who do not play, called as --label says.
func (g *dollarGame) People(ctx context.Context) (kept []web.Person, at int64, err error) {
	all, at, err := g.Store.People(ctx)
	if err != nil {
		return nil, 0, err
	}
	labels, err := g.labelled(ctx)
	if err != nil {
		return nil, 0, err
	}
	kept = all[:0]
	for _, p := range all {
		if g.o.people && p.Bot {
			continue
		}
		if label := labels[p.ID]; label != "" {
			p.Name = label
		}
		kept = append(kept, p)
	}
	return kept, at, nil
}

// labelled asks what everybody is called.
func (g *dollarGame) labelled(ctx context.Context) (map[int64]string, error) {
	if g.labels == nil {
		return nil, nil
	}
	labels := map[int64]string{}
	err := g.ask(ctx, g.labels, func(answer *repo.Answer) error {
		rows, err := answer.Rows(ctx)
		if err != nil {
			return err
		}
		found, err := report.Buffer(rows)
		if err != nil {
			return err
		}
		decode := report.NewDecoder(found.Columns(), false)
		for r := range found.Len() {
			values := found.Row(r)
			id, err := ledgerID(values[0])
			if err != nil {
				return err
			}
			labels[id] = strings.TrimSpace(decode.Text(1, values[1]))
		}
		return nil
	})
	return labels, err
}

// enter makes a participant of whoever typed a nickname.
func (g *dollarGame) enter(ctx context.Context, nickname, visit string, most int) (repo.Player, repo.Result, error) {
	g.joined++
	dollars := repo.Cents(g.o.dollars.Draw(g.seed, g.joined) * 100)
	p, r, err := g.Serving.Join(ctx, g.schema, repo.Joining{
		Nickname: nickname, Visit: visit, Most: most, Dollars: dollars, Zone: g.zone, Token: cryptorand.Text,
		Memo: fmt.Sprintf("random seed %d, as number %d to join", g.seed, g.joined),
	})
	if err == nil {
		g.app.streams.Talk("%s joined as participant %d, with %s", nickname, p.ID, r.PayeeBalance)
	}
	return p, r, err
}

// transfers reads the ledger for a download. The views may be younger than the server.
func (g *dollarGame) transfers(ctx context.Context, write func(schema.Rows) error) (err error) {
	s := &session{app: g.app, db: g.db, zone: g.zone}
	defer func() {
		if s.tx != nil {
			s.tx.End(context.WithoutCancel(ctx))
		}
	}()
	if err = s.begin(ctx, []string{"transfers"}); err != nil {
		return err
	}
	q := filter.Query{Columns: []string{"*"}, Sort: []string{"id"}}
	if q.Entity, err = s.entity(ctx, "transfers", false); err != nil {
		return err
	}
	plan, err := s.compile(ctx, q)
	if err != nil {
		return err
	}
	return s.ask(ctx, plan, func(answer *repo.Answer) error {
		rows, err := answer.Rows(ctx)
		if err != nil {
			return err
		}
		return errors.Join(write(rows), rows.Close())
	})
}

// Follow is web.Follower's. It says that an outage is over.
func (g *dollarGame) Follow(ctx context.Context, after int64, each func([]web.Entry) error, outage func(away bool)) error {
	return g.Store.Follow(ctx, after, each, func(away bool) {
		if outage(away); !away {
			g.app.streams.Talk("the database is back")
		}
	})
}

// lost says why the database does not answer.
func (g *dollarGame) lost(err error) {
	g.app.streams.Talk("%s; who presses is told to try again until it is back", firstLine(err))
}

// hostGeneration is that which the host's address names, the next one with renew.
func (g *dollarGame) hostGeneration(ctx context.Context, renew bool) (int, error) {
	if renew {
		return g.Serving.RenewHost(ctx)
	}
	players, err := g.Serving.Players(ctx)
	for _, p := range players {
		if p.ID == repo.Bank {
			return p.Generation, err
		}
	}
	return 0, err
}
