package commands

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"exptool/internal/localpg"
	"exptool/repo"
)

func newLog(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "log",
		Short: "See the SQL that runs: turn its logging on and off, follow it, add it up",
		Long: `See the SQL that an experiment runs, in the log of its server: what the tutorial
chapter does by hand in postgresql.conf. No restart is needed.`,
	}, newLogOn(a), newLogOff(a), newLogStatus(a), newLogTail(a), newLogTop(a))
}

// maintenanceDatabase keeps the record of what was set for a whole server.
const maintenanceDatabase = "postgres"

// openLogged is open for the commands about the log: in the private Postgres as its
// superuser, who alone may change what is logged.
func (a *app) openLogged(ctx context.Context) (*repo.DB, error) {
	chosen, addr, err := a.address(ctx)
	if err != nil {
		return nil, err
	}
	if addr.IsPrivate() {
		addr = addr.WithUser(localpg.Superuser)
	}
	db, err := repo.Open(ctx, addr, repo.Options{ShowSQL: a.showSQL()})
	if err == nil && !chosen.Origin.Named() {
		a.announce(addr)
	}
	return db, err
}

// maintenance opens the database that keeps the server's record.
func (a *app) maintenance(ctx context.Context, db *repo.DB) (*repo.DB, error) {
	return repo.Open(ctx, db.Address().WithDatabase(maintenanceDatabase), repo.Options{ShowSQL: a.showSQL()})
}

// logStatus reads what is logged, with the record of the server where it can be
// reached.
func (a *app) logStatus(ctx context.Context, db *repo.DB) (repo.LogStatus, error) {
	maintenance, err := a.maintenance(ctx, db)
	if err != nil {
		return repo.LogStatus{}, err
	}
	defer maintenance.Close()
	if maintenance.Ping(ctx) != nil {
		return db.LogStatus(ctx, nil) // who it was is told without it, too
	}
	return db.LogStatus(ctx, maintenance)
}

// warnStale says that somebody's time is over and the settings are still there:
// exptool was killed together with its guardian.
func (a *app) warnStale(st repo.LogStatus) {
	for _, h := range st.Stale {
		a.streams.Warn("%s wanted statements logged until %s, and they still are; exptool log off restores what was set before",
			h.Who, h.Ends().Format(time.DateTime))
	}
}

// me names who turns logging on: two people of one name sit at two computers.
func me() string {
	name := who()
	if host, err := os.Hostname(); err == nil && name != "" {
		name += "@" + host
	}
	return name
}

// logScopes are the values of --scope.
var logScopes = []string{repo.ServerScope, repo.DatabaseScope, repo.RoleScope}

// checkScope checks --scope, and the name of a role that belongs to it.
func checkScope(cmd *cobra.Command, scope string, args []string) error {
	switch {
	case scope != "" && !slices.Contains(logScopes, scope):
		return usagef("--scope takes server, database or role").about(scope)
	case scope == repo.RoleScope && (len(args) == 0 || args[0] == ""):
		return usagef("--scope role lacks the name of a role").hint("write " + cmd.CommandPath() + " --scope role NAME")
	case scope != repo.RoleScope && len(args) > 0:
		return usagef("the word %q belongs to --scope role", args[0]).hint("write " + cmd.CommandPath() + " --scope role " + args[0])
	}
	return nil
}

// scopeFlag adds --scope.
func scopeFlag(cmd *cobra.Command, scope *string, usage string) {
	cmd.Flags().StringVar(scope, "scope", "", usage)
	_ = cmd.RegisterFlagCompletionFunc("scope", cobra.FixedCompletions(logScopes, cobra.ShellCompDirectiveNoFileComp))
	cmd.Args = cobra.MaximumNArgs(1)
	cmd.ValidArgsFunction = cobra.NoFileCompletions
}

// scopeName names a scope for people.
func scopeName(l repo.Logging) string {
	switch l.Scope {
	case repo.DatabaseScope:
		return "the database " + l.DB.Address().Database()
	case repo.RoleScope:
		return fmt.Sprintf("the role %s in %s", l.Role, l.DB.Address().Database())
	}
	return "the server"
}

// tellValues says what became of the two settings.
func (a *app) tellValues(l repo.Logging, from, to repo.LogValues) {
	text := func(v *string) string {
		if v == nil {
			return "not set"
		}
		return *v
	}
	for _, s := range []struct {
		name     string
		from, to *string
	}{{"log_statement", from.Statement, to.Statement}, {"log_min_duration_statement", from.Duration, to.Duration}} {
		if text(s.from) != text(s.to) {
			a.streams.Talk("%s of %s: %s → %s", s.name, scopeName(l), text(s.from), text(s.to))
		}
	}
}
