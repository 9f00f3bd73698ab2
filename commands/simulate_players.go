package commands

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"exptool/internal/cli"
	"exptool/internal/game"
	"exptool/repo"
)

// players are where a game's players come from.
type players struct {
	db     *repo.DB // nil where no database is needed
	ledger *repo.Ledger
	label  string // of the database that the participants are of; empty: they are made up
}

// Close closes the database, if there is one.
func (p *players) Close() error {
	if p.db == nil {
		return nil
	}
	return p.db.Close()
}

// playersOf finds the players of a plan: made up, or those of the database who have
// dollars. Where nothing names a database and the private one has no dollars, they
// are made up, too.
func (a *app) playersOf(ctx context.Context, o *simulateOptions) (p *players, err error) {
	p = &players{}
	defer func() {
		if err == nil {
			err = o.readNetworks()
		}
		if err != nil {
			closeInto(p, &err)
		}
	}()
	if o.madeUp() && !o.plays("observed") {
		return p, nil
	}
	must := o.apply || o.plays("observed")
	why, err := a.openPlayers(ctx, p, o, must)
	if err != nil {
		return p, err
	}
	if p.label != "" && o.plays("observed") {
		err = p.observe(ctx, o)
	}
	switch {
	case err != nil:
	case o.madeUp():
		p.label = ""
	case p.label == "":
		a.streams.Talk("%s; %d made-up players play", why, o.plan.Treatment.Count("players"))
	}
	return p, err
}

// openPlayers opens the database and reads what participants have. Without one that
// was named and with nothing in the private one it says why there are none, unless
// there must be.
func (a *app) openPlayers(ctx context.Context, p *players, o *simulateOptions, must bool) (why string, err error) {
	chosen, err := a.config.Database()
	switch {
	case errors.Is(err, cli.ErrNoDatabase) && !must:
		return "no database is named", nil
	case err != nil:
		return "", err
	case chosen.Origin.Kind == cli.FromPrivate && !must:
		if has, err := a.hasPrivate(ctx); err != nil || !has {
			return "there is no private database yet", err
		}
	}
	if p.db, err = a.open(ctx); err != nil {
		return "", err
	}
	p.ledger = a.ledger(p.db, o.dryRun)
	err = p.read(ctx, o)
	if e := (*repo.Error)(nil); errors.As(err, &e) && chosen.Origin.Kind == cli.FromPrivate && !must &&
		(errors.Is(err, repo.ErrNotFound) || errors.Is(err, repo.ErrRefused)) {
		return e.Message, nil
	}
	return "", err
}

// readNetworks reads the files that the plan names as networks of its players.
func (o *simulateOptions) readNetworks() error {
	names := []string{o.plan.Treatment.Text("network")}
	for _, s := range o.plan.Sweeps {
		if s.Name == "network" {
			names = s.Values
		}
	}
	ids := o.plan.IDs
	for _, name := range names {
		t := o.plan.Treatment.Clone()
		if err := wrongGame(t.Set("network", name)); err != nil {
			return err
		}
		if name = t.NetworkFile(); name == "" {
			continue
		}
		switch {
		case o.sweeps("players"):
			return usagef("the network in %s is of certain players", name).hint("do not sweep players")
		case ids == nil:
			ids = game.MadeUpIDs(int(t.Count("players")))
		}
		network, err := readNetwork(name, ids)
		if err != nil {
			return err
		}
		if o.plan.Networks == nil {
			o.plan.Networks = map[string]*game.Network{}
		}
		o.plan.Networks[name] = network
	}
	return nil
}

func readNetwork(name string, ids []int64) (*game.Network, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("there is no network and no file %s", name).hint(didYouMean(name, game.Networks(), "the networks are "+strings.Join(game.Networks(), ", ")))
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	network, err := game.ReadNetwork(f, ids)
	if err != nil {
		return nil, usagef("%s: %w", name, err)
	}
	return network, nil
}

// sweeps reports whether a parameter is swept.
func (o *simulateOptions) sweeps(name string) bool {
	return slices.ContainsFunc(o.plan.Sweeps, func(s game.Sweep) bool { return s.Name == name })
}

// hasPrivate reports whether the private database is there that is used where
// nothing is named.
func (a *app) hasPrivate(ctx context.Context) (bool, error) {
	server, err := a.startPrivate(ctx)
	if err != nil {
		return false, err
	}
	names, err := privateNames(ctx, server)
	return slices.Contains(names, defaultPrivate(names)), err
}

// read makes a plan of what participants have.
func (p *players) read(ctx context.Context, o *simulateOptions) error {
	balances, whole, err := p.ledger.Balances(ctx)
	switch {
	case err != nil:
		return err
	case len(balances) < 2:
		return &repo.Error{Kind: repo.ErrRefused, Hint: "exptool seed gives everybody some", Message: "a game needs two players or more, and " +
			plural(len(balances), "participant has dollars", "participants have dollars")}
	}
	p.label = p.db.Address().Label()
	if o.madeUp() {
		return nil
	}
	for _, b := range balances {
		o.plan.IDs = append(o.plan.IDs, b.ID)
		o.plan.Start = append(o.plan.Start, int64(b.Cents))
	}
	if whole && !o.plan.Treatment.IsSet("unit") {
		err = o.plan.Treatment.Set("unit", "1")
	}
	return err
}

// plays reports whether anybody may play a strategy.
func (o *simulateOptions) plays(strategy string) bool {
	var named []string
	for _, name := range []string{"strategy", "base"} {
		named = append(named, o.plan.Treatment.Text(name))
		for _, s := range o.plan.Sweeps {
			if s.Name == name {
				named = append(named, s.Values...)
			}
		}
	}
	return slices.ContainsFunc(named, func(text string) bool { return strings.Contains(text, strategy) })
}
