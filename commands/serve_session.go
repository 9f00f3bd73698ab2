package commands

import (
	"context"
	"fmt"

	"exptool/internal/web"
	"exptool/repo"
)

// choose finds the session to go on with, or makes one.
func (g *dollarGame) choose(ctx context.Context) (web.Play, error) {
	plays, err := g.Serving.Plays(ctx)
	if err != nil {
		return web.Play{}, err
	}
	var found *repo.Play
	for i := range plays {
		p := &plays[i]
		p.State = p.StateAt(g.app.now()) // its time may have gone by while no server ran
		switch {
		case g.o.session == p.Session && p.State == repo.Ended:
			return web.Play{}, refusedf("session %q has ended", p.Session).hint("give a new one another name with --session")
		case g.o.session == p.Session, g.o.session == "" && p.State != repo.Ended:
			found = p
		}
	}
	if found != nil {
		return g.goOn(found)
	}
	name, err := g.freeSession(ctx, plays)
	if err != nil {
		return web.Play{}, err
	}
	play := web.Play{Session: name, State: web.Waiting}
	if !g.o.join {
		play.State, play.Started = web.Running, g.app.now()
		if g.o.until > 0 {
			play.Ends = play.Started.Add(g.o.until)
		}
	}
	return g.SetPlay(ctx, play)
}

// goOn takes up a session where it was. Flags may not change what is played.
func (g *dollarGame) goOn(p *repo.Play) (web.Play, error) {
	if p.Treatment != g.Treatment {
		if g.o.chosen {
			return web.Play{}, refusedf("session %q is played with %s, and not %s", p.Session, orDefaults(p.Treatment), orDefaults(g.Treatment)).
				hint("give the same, or another name with --session")
		}
		was, err := treatmentOf(p.Treatment)
		if err != nil {
			return web.Play{}, refusedf("the treatment of session %q cannot be read: %w", p.Session, err).hint("begin another with --session")
		}
		g.o.played, g.Treatment = was, p.Treatment
	}
	g.app.streams.Talk("session %s goes on where it was", p.Session)
	if g.o.until > 0 && p.State != repo.Waiting {
		g.app.streams.Warn("it began without --until %s, which is for sessions that are started from now on; the host's page ends it", g.o.until)
	}
	return *p, nil
}

// orDefaults is a treatment in words.
func orDefaults(treatment string) string {
	if treatment == "" {
		return "the defaults"
	}
	return treatment
}

// freeSession is the name of a new session: the one given, which must be new, else
// serve-1, serve-2 and so on.
func (g *dollarGame) freeSession(ctx context.Context, plays []repo.Play) (string, error) {
	used := map[string]bool{}
	for _, p := range plays {
		used[p.Session] = true
	}
	ledger := g.app.ledger(g.db, true)
	name := g.o.session
	for n := 1; ; n++ {
		if g.o.session == "" {
			name = fmt.Sprintf("serve-%d", n)
		}
		taken, err := ledger.HasSession(ctx, name)
		switch {
		case err != nil || !taken && !used[name]:
			return name, err
		case g.o.session != "":
			return "", refusedf("there is a session %q in the ledger already, which was not played on pages", name).hint("give another name with --session")
		}
	}
}
