package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"exptool/internal/cli"
	"exptool/internal/localpg"
	"exptool/internal/schema"
	"exptool/repo"
)

// sampleDatabase is the private database that `exptool demo` leaves.
const sampleDatabase = "demo"

// open opens the database that flags and configuration name, starting the
// private Postgres if it lives there, and announces it unless the command line
// named it.
func (a *app) open(ctx context.Context) (*repo.DB, error) {
	chosen, addr, err := a.address(ctx)
	if err != nil {
		return nil, err
	}
	db, err := repo.Open(ctx, addr, repo.Options{MaxConns: a.conns, ShowSQL: a.showSQL()})
	if err == nil && !chosen.Origin.Named() {
		a.announce(addr)
	}
	return db, err
}

// announce says on which database the command works.
func (a *app) announce(addr repo.Address) { a.streams.Talk("→ %s", addr.Label()) }

// address chooses the database and finds out where it is.
func (a *app) address(ctx context.Context) (cli.Database, repo.Address, error) {
	chosen, err := a.config.Database()
	if err != nil {
		return chosen, repo.Address{}, err
	}
	if chosen.Private != "" {
		addr, err := a.privateAddress(ctx, chosen)
		return chosen, addr, err
	}
	addr, err := repo.ParseAddress(chosen.Address.Reveal())
	if err != nil {
		return chosen, addr, fmt.Errorf("%s: %w", chosen.Origin, err)
	}
	return chosen, addr, nil
}

// privateServer is the private Postgres of this user, there or not.
func (a *app) privateServer() (*localpg.Server, error) {
	return localpg.New(cli.UserPaths().Data, localpg.Options{BinDir: os.Getenv("EXPTOOL_PG_BIN")})
}

// privateDatabase names the private database to use where nothing else is named,
// as far as that is known while the server may not run; see defaultPrivate.
func (a *app) privateDatabase() (string, bool) {
	server, err := a.privateServer()
	return sampleDatabase, err == nil && server.Exists()
}

// privateAddress is where a private database is. It starts the server, but
// makes neither server nor database.
func (a *app) privateAddress(ctx context.Context, chosen cli.Database) (repo.Address, error) {
	server, err := a.privateServer()
	if err != nil {
		return repo.Address{}, err
	}
	if !server.Exists() {
		return repo.Address{}, connectf("there is no private database %q, nor a private Postgres yet", chosen.Private).
			hint("begin with exptool demo, or give a whole address: --db postgres://user@host/database")
	}
	if err := server.Start(ctx, func(step string) { a.streams.Talk("%s", step) }); err != nil {
		return repo.Address{}, err
	}
	names, err := privateNames(ctx, server)
	if err != nil {
		return repo.Address{}, err
	}
	if chosen.Origin.Kind == cli.FromPrivate {
		chosen.Private = defaultPrivate(names)
	}
	if slices.Contains(names, chosen.Private) {
		return server.Address(chosen.Private), nil
	}
	failed := connectf("there is no private database %q (%s)", chosen.Private, chosen.Origin)
	switch near := schema.Suggest(chosen.Private, names); {
	case len(near) > 0:
		failed = failed.hint("did you mean " + near[0] + "?")
	case len(names) == 0:
		return repo.Address{}, failed.hint("there are none; exptool demo makes one")
	}
	return repo.Address{}, failed.with("private databases: " + strings.Join(names, ", "))
}

// showSQL is what prints statements, nil unless --show-sql asks for it.
func (a *app) showSQL() func(repo.Statement) {
	if !a.flags.showSQL {
		return nil
	}
	return func(s repo.Statement) {
		text := strings.TrimSpace(s.SQL)
		if before, _, catalog := strings.Cut(text, repo.CatalogMark); catalog {
			// It would drown the question that the user wants to learn from.
			text = before + "-- reads the catalog: tables, columns, classes"
		}
		if len(s.Args) > 0 {
			var args []string
			for i, arg := range s.Args {
				args = append(args, fmt.Sprintf("$%d = %s", i+1, repo.ShownArgument(arg)))
			}
			text += "\n-- " + strings.Join(args, ", ")
		}
		a.streams.Block(text)
	}
}

// learned is what was learnt of the experiment in a database.
func (a *app) learned(addr repo.Address) (schema.Learned, error) {
	var known schema.Learned
	text, err := cli.NewLearned(cli.UserPaths().Learned()).Load(learnedKey(addr))
	if err != nil || text == nil {
		return known, err
	}
	if err := json.Unmarshal(text, &known); err != nil {
		return known, fmt.Errorf("what was learnt of %s cannot be read (%w); learn it again", addr.Label(), err)
	}
	return known, nil
}

// saveLearned keeps what was learnt of the experiment in a database; nothing
// forgets it.
func (a *app) saveLearned(addr repo.Address, known schema.Learned) error {
	store := cli.NewLearned(cli.UserPaths().Learned())
	if len(known.Classes) == 0 {
		return store.Save(learnedKey(addr), nil)
	}
	text, err := json.Marshal(known)
	if err != nil {
		return fmt.Errorf("keeping what was learnt: %w", err)
	}
	return store.Save(learnedKey(addr), text)
}

// learnedKey names a database in the file of what was learnt: where it is,
// whoever asks.
func learnedKey(addr repo.Address) string {
	if addr.IsPrivate() {
		return "private/" + addr.Database()
	}
	return fmt.Sprintf("%s:%d/%s", addr.Host(), addr.Port(), addr.Database())
}

// dbWords are what a command that is to be typed again says of the database,
// where it was named by --db and is a private one: an address may have a password.
func (a *app) dbWords() string {
	chosen, err := a.config.Database()
	if err != nil || chosen.Private == "" || !chosen.Origin.Named() {
		return ""
	}
	return " --db " + shellQuote(chosen.Private)
}
