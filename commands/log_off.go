package commands

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"exptool/repo"
)

type logOffOptions struct {
	scope, role string
	force       bool
}

func newLogOff(a *app) *cobra.Command {
	o := &logOffOptions{}
	cmd := &cobra.Command{
		Use:   "off [ROLE]",
		Short: "Turn off what exptool log on has turned on",
		Long: `Bring back what was set before exptool log on, "not set" included. What others have
turned on as well stays on for them, unless with --force. What somebody has set by
other means meanwhile stays, too.

Without --scope it turns off whatever is on: for the server, for this database and
for roles in it.`,
		Example: `  exptool log off
  exptool log off --scope database`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkScope(cmd, o.scope, args); err != nil {
				return err
			}
			if len(args) > 0 {
				o.role = args[0]
			}
			return runLogOff(cmd.Context(), a, o)
		},
	}
	scopeFlag(cmd, &o.scope, "only for `SCOPE` server, database or role")
	cmd.Flags().BoolVar(&o.force, "force", false, "also what others have turned on or set")
	return cmd
}

func runLogOff(ctx context.Context, a *app, o *logOffOptions) (err error) {
	db, err := a.openLogged(ctx)
	if err != nil {
		return err
	}
	defer closeInto(db, &err)
	a.announceTarget(db)
	maintenance, err := a.maintenance(ctx, db)
	if err != nil {
		return err
	}
	defer closeInto(maintenance, &err)
	on, err := a.turnedOn(ctx, db, maintenance, o)
	if err != nil {
		return err
	}
	if len(on) == 0 {
		return a.tellNothingOn(ctx, db)
	}
	var failed error
	for _, l := range on {
		change, err := l.Off(ctx, me(), o.force)
		if err == nil {
			a.tellOff(l, change)
		}
		if !errors.Is(err, repo.ErrNotFound) { // somebody was faster
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// turnedOn lists what exptool has turned on. Who may not look into the record of the
// server can have turned on nothing there.
func (a *app) turnedOn(ctx context.Context, db, maintenance *repo.DB, o *logOffOptions) (on []repo.Logging, err error) {
	var hidden error
	for _, from := range []*repo.DB{maintenance, db} {
		list, err := from.TurnedOn(ctx)
		if from == maintenance && (errors.Is(err, repo.ErrConnect) || errors.Is(err, repo.ErrNotAllowed)) && o.scope != repo.ServerScope {
			hidden = err
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, l := range list {
			if server := l.Scope == repo.ServerScope; server == (from == maintenance) &&
				(o.scope == "" || o.scope == l.Scope && o.role == l.Role) {
				on = append(on, l)
			}
		}
	}
	if len(on) == 0 {
		return nil, hidden
	}
	return on, nil
}

func (a *app) tellNothingOn(ctx context.Context, db *repo.DB) error {
	st, err := db.LogStatus(ctx, nil)
	if err != nil {
		return err
	}
	for _, s := range st.Settings {
		if s.Scope == "session" && s.Name == "log_statement" {
			a.streams.Talk("exptool has turned on nothing; log_statement is %s (%s)", s.Value, s.Source)
		}
	}
	return nil
}
