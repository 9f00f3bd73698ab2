package commands

import (
	"context"
	"errors"
	"slices"

	"exptool/internal/cli"
	"exptool/internal/localpg"
	"exptool/repo"
)

// playDatabase is the private database that is made where nothing names one. It
// is not the sample's: exptool demo takes a database of that name for its own.
const playDatabase = "play"

// defaultPrivate is which of the private databases is asked where nothing names
// another: the user's own before the sample.
func defaultPrivate(names []string) string {
	if slices.Contains(names, playDatabase) {
		return playDatabase
	}
	return sampleDatabase
}

// openOrCreate is open for a command that can begin with nothing. A private
// database that is not there is made, the one named or play, and where a private
// database is empty it gets the tables of an empty PsyNet experiment: created says
// so. Elsewhere nothing is made.
func (a *app) openOrCreate(ctx context.Context) (db *repo.DB, created bool, err error) {
	if err := a.createMissing(ctx); err != nil {
		return nil, false, err
	}
	if db, err = a.open(ctx); err != nil || !db.Address().IsPrivate() {
		return db, false, err
	}
	switch err := db.CreatePsyNetTables(ctx); {
	case errors.Is(err, repo.ErrRefused): // it has tables
		return db, false, nil
	case err != nil:
		return nil, false, errors.Join(err, db.Close())
	}
	a.streams.Talk("made the tables of an empty PsyNet experiment in %s", db.Address().Label())
	return db, true, nil
}

// createMissing makes the private database to work on where it is not there.
func (a *app) createMissing(ctx context.Context) (err error) {
	chosen, err := a.config.Database()
	named := chosen.Origin.Kind != cli.FromPrivate
	switch {
	case errors.Is(err, cli.ErrNoDatabase):
		named = false
	case err != nil || chosen.Private == "":
		return err
	case named && !mayBeDatabase(chosen.Private):
		return usagef("%q cannot be the name of a private database (%s)", chosen.Private, chosen.Origin).
			hint("a database of another server has a whole address: postgres://user@host/database")
	}
	server, err := a.startPrivate(ctx)
	if err != nil {
		return err
	}
	names, err := privateNames(ctx, server)
	if err != nil {
		return err
	}
	name := chosen.Private
	if !named {
		if name = defaultPrivate(names); name == sampleDatabase && !slices.Contains(names, name) {
			name = playDatabase
		}
	}
	switch {
	case slices.Contains(names, name):
		return nil
	case name == sampleDatabase:
		return usagef("%s is the name of the sample experiment", name).hint("exptool demo makes it; give another name with --db")
	}
	return a.createDatabase(ctx, server, name)
}

// createDatabase makes an empty private database, unless another exptool was
// faster.
func (a *app) createDatabase(ctx context.Context, server *localpg.Server, name string) (err error) {
	admin, err := server.Admin(ctx)
	if err != nil {
		return err
	}
	defer closeInto(admin, &err)
	return admin.Alone(ctx, name, func() error {
		err := admin.CreateDatabase(ctx, name, "")
		if errors.Is(err, repo.ErrConflict) {
			return nil
		}
		if err == nil {
			a.streams.Talk("made the private database %s", name)
		}
		return err
	})
}
